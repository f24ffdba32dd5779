#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_prepare
short_description: Make a compute host fit for a ZBS vhost target
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Sees to it that enough hugepages are available to the target, that a hugetlbfs of their size is mounted, and that a
    Docker Engine runs which leaves the firewall alone. C(zbsadm) checks all of this and installs nothing.
  - A pool only ever grows, by what is missing. Pages that the running target holds count as available to it, so that a
    second run grows nothing.
  - Installing a Docker Engine is the work of the role P(zstack.zbs.zbs_docker#role); the module starts an installed one.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  host_ip:
    description: Address of the compute host as zbsadm knows it; tells which container's pages count as the target's.
    type: str
  container_name:
    description: Name of the target's container. Without it, C(zbsvhost-) and O(host_ip).
    type: str
  admin_socket:
    description: The target's SPDK JSON-RPC socket; who listens on it holds the target's pages, also under a dead dockerd.
    type: path
    default: /var/zbsvhost/sockets/admin.sock
  hugepages:
    description: V(require) wants pages and their mount, V(ignore) does not look at them.
    type: str
    choices: [require, ignore]
    default: require
  hugepage_size:
    description: Size of the pages.
    type: str
    choices: [2M, 1G]
    default: 2M
  hugepage_count:
    description: Pages that must be available to the target, free ones plus those that it holds already.
    type: int
    default: 1024
  guest_memory:
    description:
      - Further memory for guests in the same pool, such as V(16G). Pages that running guests use already count towards it.
    type: str
    default: "0"
  compact:
    description: Whether caches may be dropped and memory compacted when the pool can't grow as asked. Costs page cache.
    type: str
    choices: [when_short, never]
    default: when_short
  hugetlbfs_dir:
    description: Where to mount a hugetlbfs; used only where none of this page size is mounted yet.
    type: path
    default: /dev/hugepages2m
  docker:
    description: V(require) wants a running Docker Engine, V(ignore) does not look at it.
    type: str
    choices: [require, ignore]
    default: require
  best_effort:
    description: Whether what is missing comes back as RV(missing) and warnings instead of failing the task.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Pages for a target and for 64 GiB of guests
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
    guest_memory: 64G

- name: What is this host short of? Look, change nothing, don't fail
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
    best_effort: true
  check_mode: true
  register: fitness
"""

RETURN = r"""
ready:
  description: Whether nothing is missing.
  type: bool
  returned: success
  sample: true
missing:
  description: What is missing, each with C(what), C(detail) and C(remedy).
  type: list
  elements: dict
  returned: success
  sample:
    - what: docker
      detail: no Docker Engine is installed
      remedy: run the role zstack.zbs.zbs_docker
actions:
  description: What was done, or would be in check mode, in sentences.
  type: list
  elements: str
  returned: success
  sample: [grew the pool of 2048 KiB pages by 512]
hugepages:
  description:
    - The pool before and after, in pages; C(held_by_target) of them are the running target's.
    - Null with O(hugepages=ignore).
  type: dict
  returned: success
  sample:
    size: 2M
    before: {total: 0, free: 0, reserved: 0}
    after: {total: 1024, free: 1024, reserved: 0}
    held_by_target: 0
    short_by: 0
hugetlbfs:
  description: The mount of that page size; C(dir) is null when there is none.
  type: dict
  returned: success
  sample: {dir: /dev/hugepages2m, mounted_by_us: true}
docker:
  description: The Docker Engine; null with O(docker=ignore).
  type: dict
  returned: success
  sample: {installed: true, active: true, version: 28.2.2, iptables: false, live_restore: true}
cpuset:
  description: The CPUs that a target on this host should run on, their NUMA node, and why these.
  type: dict
  returned: success
  sample: {cpus: [4, 5, 6, 7], node: 0, reason: node 0 has most online CPUs (8 on 8 cores)}
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments, _hugepages, _module, _prepare
from ansible_collections.zstack.zbs.plugins.module_utils._errors import ZbsError


def wish_of(params):
    """The Wish in the module's parameters."""
    if params["hugepage_count"] < 0:
        raise ZbsError("hugepage_count is %d; give 0 or more pages" % params["hugepage_count"], "bad_option")
    page_kib = _hugepages.size_kib(params["hugepage_size"])
    guests = _hugepages.pages_for(_hugepages.parse_memory_kib(params["guest_memory"]), page_kib)
    return _prepare.Wish(
        page_kib,
        params["hugepage_count"],
        guests,
        params["compact"] == "when_short",
        params["hugetlbfs_dir"],
        params["docker"],
        params["hugepages"] == "require",
        _arguments.container_name(params),
        params["admin_socket"],
    )


def main(module):
    """Look, refuse what can't be, prepare, report."""
    params = module.params
    wish = wish_of(params)
    before = _prepare.look(wish)
    if wish.hugepages:
        _prepare.refuse_bad(wish, before, _prepare.memory_kib())
    after, actions, missing = _prepare.prepare(wish, before, module.check_mode)
    result = report(params["hugepage_size"], wish, before, after)
    result.update(changed=bool(actions), actions=actions, missing=missing, ready=not missing)
    sentences = ["%(what)s: %(detail)s; %(remedy)s" % item for item in missing]
    if missing and not params["best_effort"]:
        raise ZbsError("the host is not fit for a target: %s" % "; ".join(sentences), "not_ready", result)
    return dict(result, warn=sentences)


def report(size, wish, before, after):
    """The numbers of the return and of the diff."""
    return {
        "hugepages": hugepages_of(size, wish, before, after),
        "hugetlbfs": {"dir": after.mount, "mounted_by_us": before.mount is None and after.mount is not None},
        "docker": after.engine.as_dict() if after.engine else None,
        "cpuset": {"cpus": after.cpus[0], "node": after.cpus[1], "reason": after.cpus[2]},
        "diff": {
            "before": {"hugepages_total": before.pool.total if before.pool else None, "hugetlbfs": before.mount},
            "after": {"hugepages_total": after.pool.total if after.pool else None, "hugetlbfs": after.mount},
        },
    }


def hugepages_of(size, wish, before, after):
    """The pool's part of the return; None where it was not looked at."""
    if before.pool is None:
        return None
    short = _hugepages.Demand(wish.target_pages, wish.guest_pages, before.held).short(after.pool)
    return {
        "size": size,
        "before": before.pool.as_dict(),
        "after": after.pool.as_dict(),
        "held_by_target": before.held,
        "short_by": max(0, short),
    }


if __name__ == "__main__":
    _module.run(
        {
            "host_ip": {"type": "str"},
            "container_name": {"type": "str"},
            "admin_socket": {"type": "path", "default": _arguments.ADMIN_SOCKET},
            "hugepages": {"type": "str", "choices": ["require", "ignore"], "default": "require"},
            "hugepage_size": {"type": "str", "choices": ["2M", "1G"], "default": "2M"},
            "hugepage_count": {"type": "int", "default": 1024},
            "guest_memory": {"type": "str", "default": "0"},
            "compact": {"type": "str", "choices": ["when_short", "never"], "default": "when_short"},
            "hugetlbfs_dir": {"type": "path", "default": "/dev/hugepages2m"},
            "docker": {"type": "str", "choices": ["require", "ignore"], "default": "require"},
            "best_effort": {"type": "bool", "default": False},
        },
        main,
        required_one_of=[("host_ip", "container_name")],
    )

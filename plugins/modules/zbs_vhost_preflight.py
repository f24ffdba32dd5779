#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_preflight
short_description: Check whether a ZBS vhost target can be deployed on a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Answers in rows, before anything changes. A row is fit (V(true)), unfit (V(false)) or not known (V(null)), and says what was
    seen and what to do.
  - Has two parts, one on the admin node and one on the compute host. The second takes the rows of the first and judges them all.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.read_only
  - zstack.zbs.pages
options:
  part:
    description:
      - V(admin) runs on the admin node and returns the rows C(admin_host), C(zbsadm) and C(compute_host).
      - V(host) runs on the compute host and returns the rows C(client), C(image), C(compatibility), C(hugepages), C(hugetlbfs),
        C(docker) and C(cores). What a prepare would do or miss is found as M(zstack.zbs.zbs_vhost_prepare) finds it in check mode.
    type: str
    choices: [admin, host]
    required: true
  host_ip:
    description: The compute host as zbsadm knows it.
    type: str
    required: true
  zbsadm:
    description: The zbsadm program, for O(part=admin).
    type: path
    default: /usr/local/bin/zbsadm
  ssh_port:
    description: SSH port of the compute host, for O(part=admin). With it, zbsadm is taken to be given a login.
    type: int
  client_login:
    description:
      - Whether a login for C(zbsadm client deploy) is given, with which a heal deploys the ZBS client where its configuration
        is missing; for O(part=host).
    type: bool
    default: false
  rows:
    description: Rows of the other part, to be judged together with the new ones.
    type: list
    elements: dict
    default: []
  enforce:
    description: Whether the task fails if a row is unfit. A row that is not known does not fail it.
    type: bool
    default: false
  image:
    description: The image that the target should run, for O(part=host).
    type: str
  zbsadm_version:
    description: RV(zbsadm_version) of the other part.
    type: str
  compatibility:
    description:
      - Rules on which image fits which zbsadm. Each has two patterns, C(zbsadm) for its version and C(image) for the image's
        name, its tag or a version label, with C(*) and C(?) as in a shell.
    type: list
    elements: dict
    default: []
  cpuset:
    description: CPUs of the target, as M(zstack.zbs.zbs_vhost_deploy) takes them.
    type: raw
    default: auto
  container_name:
    description: Name of the target's container. Without it, C(zbsvhost-) and O(host_ip).
    type: str
  admin_socket:
    description: The target's SPDK JSON-RPC socket. The CPUs of a target that already runs there do not count as taken.
    type: path
    default: /var/zbsvhost/sockets/admin.sock
  timeout:
    description: Seconds for all checks together, beside those of a prepare, which have limits of their own.
    type: float
    default: 20.0
"""

EXAMPLES = r"""
- name: Ask the admin node
  zstack.zbs.zbs_vhost_preflight:
    part: admin
    host_ip: "{{ ansible_host }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"
  register: admin

- name: Ask the host, and fail if a target can't be deployed
  zstack.zbs.zbs_vhost_preflight:
    part: host
    host_ip: "{{ ansible_host }}"
    image: registry.example.com/zbs/vhost:1.6.1
    zbsadm_version: "{{ admin.zbsadm_version }}"
    compatibility:
      - {zbsadm: 1.6.*, image: 1.6.*}
      - {zbsadm: 1.5.*, image: 1.5.*}
    rows: "{{ admin.rows }}"
    enforce: true
"""

RETURN = r"""
rows:
  description: Every row, those of O(rows) first.
  type: list
  elements: dict
  returned: success
  sample:
    - {check: zbsadm, ok: true, detail: zbsadm 1.6.1 answers and knows its clusters, remedy: null}
    - check: cores
      ok: false
      detail: CPU 4 is claimed by process 827 (reactor_4)
      remedy: declare other CPUs (zbs_vhost_target_cpuset), or move that process
fit:
  description: Whether no row is unfit.
  type: bool
  returned: success
  sample: false
lines:
  description: The rows as text to read, one line each.
  type: list
  elements: str
  returned: success
  sample: ["ok  zbsadm  zbsadm 1.6.1 answers and knows its clusters"]
zbsadm_version:
  description: The version of zbsadm, null if it does not report one.
  type: str
  returned: success
  sample: 1.6.1
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments, _module
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import options
from ansible_collections.zstack.zbs.plugins.module_utils._observe import client
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import container_name
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import admin, host, judge
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import whole
from ansible_collections.zstack.zbs.plugins.module_utils._target import deploy
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline, check_seconds
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def main(module):
    """Ask, judge, report."""
    params = module.params
    check_seconds(params, "timeout", 1.0)
    judge.check_rules(params["compatibility"])
    version = params["zbsadm_version"] or None
    if params["part"] == "admin":
        rows, version = admin.look(
            params["host_ip"],
            params["zbsadm"],
            params["ssh_port"],
            params["ssh_port"] is not None,
            Deadline(params["timeout"]),
        )
    else:
        rows = host_rows(params, version)
    rows = params["rows"] + rows
    failing = judge.failing(rows)
    if failing and params["enforce"]:
        raise ZbsError(
            "no target can be deployed on %s: %s" % (params["host_ip"], " | ".join(failing)), "unfit", {"rows": rows}
        )
    return {
        "changed": False,
        "rows": rows,
        "fit": not failing,
        "lines": judge.lines(rows),
        "zbsadm_version": version,
        "diff": {"before": {}, "after": {}},
    }


def host_rows(params, version):
    """The rows of a compute host. What a prepare would find missing is found by the prepare itself, which changes nothing here."""
    prepared = whole.run(whole.for_a_deploy(params), True)
    deadline = Deadline(params["timeout"])
    image = params["image"] or None
    _declared, cpus = deploy.choose_cpus(params["cpuset"], prepared["cpuset"])
    present, labels, registry = None, {}, None
    if image:
        present, labels = host.look_for_image(image, deadline.share(deadline.seconds / 4))
        if not present:
            registry = host.ask_registry(image, deadline.share(deadline.seconds / 4))
    own = host.family(host.owner(container_name(params), params["admin_socket"], deadline))
    pinned, truncated = host.bound_processes(cpus, own, deadline)
    return (
        [judge.judge_client(client.state(), params["client_login"])]
        + [judge.judge_image(image, present, registry)]
        + [judge.judge_compatibility(version, image, labels, params["compatibility"])]
        + judge.judge_prepared(prepared)
        + [judge.judge_cores(cpus, host.claimed_cores(cpus, own), pinned, truncated)]
    )


if __name__ == "__main__":
    _module.run(
        {
            "part": {"type": "str", "choices": ["admin", "host"], "required": True},
            "host_ip": {"type": "str", "required": True},
            "zbsadm": {"type": "path", "default": "/usr/local/bin/zbsadm"},
            "ssh_port": {"type": "int"},
            "client_login": {"type": "bool", "default": False},
            "rows": {"type": "list", "elements": "dict", "default": []},
            "enforce": {"type": "bool", "default": False},
            "image": {"type": "str"},
            "zbsadm_version": {"type": "str"},
            "compatibility": {"type": "list", "elements": "dict", "default": []},
            "cpuset": {"type": "raw", "default": "auto"},
            "container_name": {"type": "str"},
            "admin_socket": {"type": "path", "default": _arguments.ADMIN_SOCKET},
            "timeout": {"type": "float", "default": 20.0},
            **options.PAGES,
        },
        main,
    )

#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_prepare
short_description: Prepare a compute host for a ZBS vhost target
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Makes sure that enough hugepages are available to the target, that a hugetlbfs of their size is mounted, and that a Docker
    Engine runs that leaves the firewall alone. C(zbsadm) checks all of this and installs nothing.
  - A pool only grows, by what is missing. Pages that the running target holds count as available to it, so a second run grows
    nothing. Memory of guests that the target maps is theirs.
  - O(guest_memory) counts in the pool that guests use, which may have another page size than the target's.
  - A hugetlbfs of a container, a pod or libvirt, one that is read-only, and one whose limits are too small is not used.
  - With O(state=absent) it gives back its own mount and unused pages.
  - The module starts an installed Docker Engine; the role P(zstack.zbs.zbs_docker#role) installs one.
    M(zstack.zbs.zbs_vhost_hugepages_boot) makes pages and mount survive a boot.
extends_documentation_fragment:
  - zstack.zbs.pages
  - zstack.zbs.pages.guests
  - zstack.zbs.pages.compact
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  state:
    description:
      - V(present) provides what is missing.
      - V(absent) gives back unused pages, down to O(keep_free), and unmounts a hugetlbfs that this module mounted and that is
        not in use. Of O(numa) only the nodes count then; the Docker Engine is not checked.
      - If guests use another pool, V(absent) gives back its pages only with O(guest_memory), or if this collection's unit reserves
        pages there at boot.
    type: str
    choices: [present, absent]
    default: present
  keep_free:
    description: Free pages that O(state=absent) leaves in each pool, or on each node that O(numa) names.
    type: int
    default: 0
  host_ip:
    description: Address of the compute host as zbsadm knows it. It names the container whose pages count as the target's.
    type: str
  container_name:
    description: Name of the target's container. Without it, C(zbsvhost-) and O(host_ip).
    type: str
  admin_socket:
    description: The target's SPDK JSON-RPC socket. The process that listens on it holds the target's pages, even under a dead dockerd.
    type: path
    default: /var/zbsvhost/sockets/admin.sock
  hugepages:
    description: V(require) provides pages and their mount, V(ignore) does not check them.
    type: str
    choices: [require, ignore]
    default: require
  docker:
    description: V(require) requires a running Docker Engine, V(ignore) does not check it.
    type: str
    choices: [require, ignore]
    default: require
  best_effort:
    description: Whether what is missing is returned in RV(missing) and as warnings instead of failing the task.
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

- name: Pages for the target on the node of its CPUs
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
    numa: target

- name: Pages on two nodes, without checking Docker
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
    numa: {0: 512, 1: 512}
    docker: ignore

- name: The target is gone; give its memory back, except for 128 pages
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
    state: absent
    keep_free: 128
"""

RETURN = r"""
ready:
  description: Whether nothing is missing; with O(state=absent), whether nothing failed.
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
kept:
  description: What O(state=absent) kept because it is in use, each with C(what) and C(detail).
  type: list
  elements: dict
  returned: success
  sample:
    - what: hugetlbfs
      detail: "/dev/hugepages2m stays mounted: the container zbsvhost-10.0.0.11 exists (running)"
actions:
  description: What was done, or would be in check mode, in sentences.
  type: list
  elements: str
  returned: success
  sample: [grow the pool of 2048 KiB pages by 512]
hugepages:
  description:
    - The pool before and after, in pages. The running target holds C(held_by_target) of them.
    - C(nodes) has what was asked of each NUMA node (null if the kernel chooses) and what came. If the kernel chooses among
      several nodes, check mode can't predict C(came) and C(after), and they are null.
    - Null with O(hugepages=ignore).
  type: dict
  returned: success
  sample:
    size: 2M
    before: {total: 0, free: 0, reserved: 0}
    after: {total: 1024, free: 1024, reserved: 0}
    nodes:
      - {node: 0, asked: 1024, came: 1024, before: {total: 0, free: 0}, after: {total: 1024, free: 1024}, held_by_target: 0}
    held_by_target: 0
    short_by: 0
guest_hugepages:
  description:
    - The pool that guests use, in pages. That is the kernel's default page size if a hugetlbfs of that size is mounted, else the
      size of the first hugetlbfs. C(dir) is that mount.
    - C(wanted) pages hold O(guest_memory). If the pool is also the target's (C(same_as_target)), its numbers are the same as those
      of RV(hugepages); if not, C(difference) says so in a sentence.
    - C(unknown_to) names running programs of libvirt that are older than a mount made by this module. They don't find it until
      they restart, and this module never restarts them.
    - Null with O(hugepages=ignore), and if guests find no hugetlbfs.
  type: dict
  returned: success
  sample:
    size: 512M
    dir: /dev/hugepages
    same_as_target: false
    before: {total: 0, free: 0, reserved: 0}
    after: {total: 128, free: 128, reserved: 0}
    wanted: 128
    short_by: 0
    difference: >-
      VMs take pages of 512M (of the hugetlbfs on /dev/hugepages) and the target takes pages of 2M, so guest_memory counts in the pool
      of 512M pages
    unknown_to: []
operator_entries:
  description:
    - Entries of an operator or of the manager's hugepage switch for the pages of the target and the guests, each with C(where)
      and C(says), as in M(zstack.zbs.zbs_vhost_hugepages_boot).
    - Empty with O(hugepages=ignore).
  type: list
  elements: dict
  returned: success
  sample:
    - where: /etc/default/grub
      says: default_hugepagesz=1G
hugetlbfs:
  description:
    - The target's mount; C(dir) is null when there is none.
    - C(mounted_by_us) is true for a mount made by this collection, in this run, an earlier run, or by its unit at boot.
  type: dict
  returned: success
  sample: {dir: /dev/hugepages2m, mounted_by_us: true}
docker:
  description: The Docker Engine; null with O(docker=ignore) and with O(state=absent).
  type: dict
  returned: success
  sample: {installed: true, active: true, version: 28.2.2, iptables: false, live_restore: true}
cpuset:
  description: The CPUs that a target on this host should run on, their NUMA node, and why these.
  type: dict
  returned: success
  sample: {cpus: [4, 5, 6, 7], node: 0, reason: node 0 has the most online CPUs (8 on 8 cores)}
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments, _module
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import options
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import whole

if __name__ == "__main__":
    _module.run(
        dict(
            options.PAGES,
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            keep_free={"type": "int", "default": 0},
            host_ip={"type": "str"},
            container_name={"type": "str"},
            admin_socket={"type": "path", "default": _arguments.ADMIN_SOCKET},
            hugepages={"type": "str", "choices": ["require", "ignore"], "default": "require"},
            docker={"type": "str", "choices": ["require", "ignore"], "default": "require"},
            best_effort={"type": "bool", "default": False},
            **options.GUESTS,
            **options.COMPACT,
        ),
        lambda module: whole.run(module.params, module.check_mode),
        required_one_of=[("host_ip", "container_name")],
    )

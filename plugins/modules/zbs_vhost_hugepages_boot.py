#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_hugepages_boot
short_description: Restore hugepages and their mount at every boot
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Writes a systemd unit that reserves the pages before Docker starts, per NUMA node and page size, and a unit that mounts
    their hugetlbfs. A pool that is larger at boot is left as it is.
  - The unit also reserves the pages of O(guest_memory), in the pool that guests use, if that is another one.
  - This module neither starts nor stops a unit, so a run touches neither pages nor mounts. Use M(zstack.zbs.zbs_vhost_prepare)
    for the pages and the mount that are needed now.
  - A mount that an operator's unit or fstab restores is used and gets no unit; a line of fstab that is a comment or C(noauto)
    restores nothing. Entries of an operator or of the manager's hugepage switch for the same pages are reported and left alone.
  - On a host without systemd, the module warns and does nothing.
extends_documentation_fragment:
  - zstack.zbs.pages
  - zstack.zbs.pages.guests
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  state:
    description: V(absent) removes the units of O(hugepage_size); the mount and the pool stay until the next boot.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: zstack.zbs.zbs_vhost_prepare
"""

EXAMPLES = r"""
- name: Pages for a target and for 64 GiB of guests at every boot
  zstack.zbs.zbs_vhost_hugepages_boot:
    guest_memory: 64G

- name: On the node of the target's CPUs
  zstack.zbs.zbs_vhost_hugepages_boot:
    numa: target

- name: Remove the units
  zstack.zbs.zbs_vhost_hugepages_boot:
    state: absent
"""

RETURN = r"""
systemd:
  description: Whether the host runs systemd. Without it, nothing survives a boot.
  type: bool
  returned: success
  sample: true
units:
  description: The units that now exist, or would exist in check mode.
  type: list
  elements: str
  returned: success
  sample: [dev-hugepages2m.mount, zbs-vhost-hugepages-2M.service]
mount:
  description:
    - Where the hugetlbfs is mounted at boot, and by whom, V(unit) or V(operator); null with O(state=absent).
    - If the operator's mount may not come, or does not fit a target, a warning says why.
  type: dict
  returned: success
  sample: {dir: /dev/hugepages2m, by: unit}
operator_entries:
  description:
    - Entries of an operator or of the manager's hugepage switch for the pages of the target and the guests, each with C(where)
      and C(says). They may be on the kernel command line, in the boot entries, in sysctl and tmpfiles files, or in a tuned profile.
  type: list
  elements: dict
  returned: success
  sample:
    - where: /etc/sysctl.d/90-pages.conf
      says: vm.nr_hugepages = 512
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import (
    boot,
    mounts,
    node_pools,
    operator_pages,
    options,
    refusals,
)
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages.numa import wanted_on_nodes
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages.paths import as_kernel
from ansible_collections.zstack.zbs.plugins.module_utils._observe import topology
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import host
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.systemd import has_systemd

RELOAD_TIMEOUT = 60.0


def plan(params, wish):
    """(boot.Plan of the module's parameters, the guests' page size in KiB or None)."""
    size, root = params["hugepage_size"], wish.root
    if params["state"] == "absent":
        return boot.plan_absent(size, root), None
    pool = node_pools.read_pool(wish.page_kib, root)
    nodes = wanted_on_nodes(wish.numa, wish.target_pages, pool, topology.choose(topology.read_cpus(root))[1])
    found = mounts.read_hugetlbfs(root)
    mount = host.choose_mount(wish, found)
    guests = host.look_at_guests(wish, found, mount)
    target = sum(nodes.values()) if nodes else wish.target_pages
    total = target + (wish.guest_pages if guests.page_kib == wish.page_kib else 0)
    apart = (guests.page_kib, guests.pages) if guests.apart and guests.pages else None
    refusals.check_amount(total, nodes, wish.page_kib, root, apart[0] * apart[1] if apart else 0)
    where = mount.path if mount else as_kernel(wish.hugetlbfs_dir, root)
    return boot.plan_present(size, wish.page_kib, nodes, total, where, target, apart, root), guests.page_kib


def main(module):
    """Plan, write, report."""
    root = host.ROOT
    wish = host.Wish(root=root, **options.parse(module.params))
    planned, guests_kib = plan(module.params, wish)
    systemd = has_systemd(root)
    warnings = []
    entries = operator_pages.find(wish.page_kib, root, guests_kib)
    if module.params["state"] == "present":
        warnings = [operator_pages.sentence(entry) for entry in entries] + (planned.doubts if systemd else [])
    if not systemd and module.params["state"] == "present":
        warnings.append("systemd does not run this host, so hugepages and their mount last only until the next boot")
        return {
            "changed": False,
            "systemd": False,
            "units": [],
            "mount": None,
            "operator_entries": entries,
            "warn": warnings,
        }
    changed = planned.changes()
    if not module.check_mode:
        boot.apply(planned, Deadline(RELOAD_TIMEOUT), root)
    return {
        "changed": bool(changed),
        "systemd": systemd,
        "units": planned.units(),
        "mount": {"dir": planned.where, "by": planned.mount_by} if planned.where else None,
        "operator_entries": entries,
        "diff": [
            {
                "before_header": "/" + path,
                "after_header": "/" + path,
                "before": planned.before.get(path) or "",
                "after": planned.after.get(path) or "",
            }
            for path in changed
        ],
        "warn": warnings,
    }


if __name__ == "__main__":
    _module.run(
        dict(
            options.PAGES,
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            **options.GUESTS,
        ),
        main,
    )

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One inventory into another, through the calls that every inventory plugin has."""

_OWN = ("inventory_file", "inventory_dir")


def copy(source, target):
    """Add groups, hosts and variables of `source` (an InventoryData) to `target`, which may hold others."""
    for name, group in source.groups.items():
        target.add_group(name)
        for key, value in group.vars.items():
            target.set_variable(name, key, value)
    for name, host in source.hosts.items():
        target.add_host(name)
        for key, value in host.vars.items():
            if key not in _OWN:
                target.set_variable(name, key, value)
    for name, group in source.groups.items():
        for child in group.child_groups:
            target.add_child(name, child.name)
        for host in group.hosts:
            target.add_child(name, host.name)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepage pools: what is there, and on which NUMA node.

Counted in the pool of the right size in sysfs, never in /proc/meminfo or vm.nr_hugepages, which speak of the kernel's
default size only (512 MiB on an arm64 kernel with 64 KiB pages).
"""

import os
import re

from .._observe.pools import folder, read_counts, read_number
from .._tools.errors import ZbsError


class NodePool:
    """The part of a pool that lies on one NUMA node: `total`, `free` and `surplus` pages."""

    def __init__(self, total, free, surplus=0):
        self.total = total
        self.free = free
        self.surplus = surplus

    def as_dict(self):
        """Plain data for a module's return."""
        return {"total": self.total, "free": self.free}


class Pool:
    """A pool at one moment: `size_kib`, `total`, `free`, `reserved` and `surplus` pages; `nodes` is {number: NodePool}.

    A surplus page is one that the kernel takes back as soon as its user lets go of it.
    """

    def __init__(self, size_kib, total, free, reserved, surplus=0, nodes=None):
        self.size_kib = size_kib
        self.total = total
        self.free = free
        self.reserved = reserved
        self.surplus = surplus
        self.nodes = nodes or {}

    def unclaimed(self):
        """Pages that nobody uses and nobody was promised (a reserved page is free and already somebody's)."""
        return max(0, self.free - self.reserved)

    def unclaimed_on(self, node):
        """The same of one node. The kernel does not tell where a promised page will come from: from elsewhere if it can."""
        elsewhere = self.free - self.nodes[node].free
        return max(0, self.nodes[node].free - max(0, self.reserved - elsewhere))

    def as_dict(self):
        """Plain data for a module's return."""
        return {"total": self.total, "free": self.free, "reserved": self.reserved}


def read_pool(page_kib, root="/"):
    """The machine's pool of that page size; ZbsError `no_such_size` when the kernel has none."""
    path = folder(page_kib, root)
    if not os.path.isdir(path):
        try:
            known = ", ".join(sorted(os.listdir(os.path.dirname(path)))) or "none"
        except OSError:
            known = "none"
        raise ZbsError(
            "this kernel has no hugepages of %d KiB (it has: %s); choose another hugepage_size" % (page_kib, known),
            "no_such_size",
        )
    total, free, reserved = read_counts(path)
    return Pool(page_kib, total, free, reserved, surplus=_read_surplus(path), nodes=_read_nodes(page_kib, root))


def default_kib(root="/"):
    """The kernel's default page size in KiB, by /proc/meminfo; None on a kernel without hugepages."""
    try:
        with open(os.path.join(root, "proc/meminfo"), encoding="ascii", errors="replace") as handle:
            for line in handle:
                match = re.match(r"^Hugepagesize:\s+([0-9]{1,12}) kB", line)
                if match:
                    return int(match.group(1)) or None
    except OSError:
        pass
    return None


def _read_nodes(page_kib, root):
    """{node: NodePool}; {} on a kernel without NUMA."""
    try:
        names = os.listdir(os.path.join(root, "sys/devices/system/node"))
    except OSError:
        return {}
    nodes = {}
    for match in filter(None, (re.match(r"^node([0-9]{1,5})$", name) for name in names)):
        path = folder(page_kib, root, int(match.group(1)))
        if os.path.isdir(path):  # a node without memory has none
            total, free = (read_number(path, name) for name in ("nr_hugepages", "free_hugepages"))
            nodes[int(match.group(1))] = NodePool(total, free, surplus=_read_surplus(path))
    return nodes


def _read_surplus(path):
    """Surplus pages; none on a kernel that does not count them."""
    return read_number(path, "surplus_hugepages") if os.path.exists(os.path.join(path, "surplus_hugepages")) else 0

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepage pools: what is there, on which NUMA node, and how much of it is missing.

Counted in the pool of the right size in sysfs, never in /proc/meminfo or vm.nr_hugepages, which speak of the kernel's
default size only (512 MiB on an arm64 kernel with 64 KiB pages).
"""

import errno
import os
import re

from ._errors import ZbsError, system_words

_SIZES = {"2M": 2048, "1G": 1048576}
_UNITS_KIB = {"K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}


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


class Demand:
    """What must be available: `target` pages for the target and `guests` pages for VMs; `held` the target has already.

    nodes  {node: (pages wanted there, pages the target holds there)} where the target's pages must lie on certain nodes

    Pages in use by others than the target are guests' pages: they count towards `guests`, or every run would ask for the
    guests' memory once more as soon as the VMs use it.
    """

    def __init__(self, target, guests=0, held=0, nodes=None):
        self.target = target
        self.guests = guests
        self.held = held
        self.nodes = nodes or {}

    def short(self, pool):
        """Pages by which the pool must grow. What the running target holds counts as available for it."""
        used_by_guests = max(0, pool.total - pool.unclaimed() - self.held)
        return self._open() + max(0, self.guests - used_by_guests) - pool.unclaimed()

    def lacking(self, pool):
        """({node: pages by which it must grow}, pages that may come on any node): what `short` says, told apart."""
        nodes = {}
        for node, (wanted, held) in self.nodes.items():
            short = wanted - held - pool.unclaimed_on(node)
            if short > 0:
                nodes[node] = short
        return nodes, max(0, self.short(pool) - sum(nodes.values()))

    def lacks(self, pool):
        """How many pages are missing in all."""
        nodes, anywhere = self.lacking(pool)
        return sum(nodes.values()) + anywhere

    def _open(self):
        """Pages that the target does not hold yet."""
        if self.nodes:
            return sum(max(0, wanted - held) for wanted, held in self.nodes.values())
        return max(0, self.target - self.held)


def size_kib(size):
    """KiB of a page size by its name (`2M`, `1G`)."""
    return _SIZES[size]


def parse_memory_kib(text):
    """KiB of an amount such as `16G`, `512M`, or a plain number of bytes; ZbsError when it is none."""
    match = re.match(r"^\s*([0-9]{1,18})\s*(?:([KMGT])(?:i?B)?)?\s*$", str(text), re.I)
    if not match:
        raise ZbsError("guest_memory is %r; give an amount such as 16G" % (text,), "bad_option")
    number, unit = int(match.group(1)), match.group(2)
    return number * _UNITS_KIB[unit.upper()] if unit else -(-number // 1024)


def pages_for(amount_kib, page_kib):
    """Pages that hold `amount_kib`, rounded up."""
    return -(-amount_kib // page_kib)


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
    total, free, reserved = (_read_number(path, name) for name in ("nr_hugepages", "free_hugepages", "resv_hugepages"))
    return Pool(page_kib, total, free, reserved, surplus=_read_surplus(path), nodes=_read_nodes(page_kib, root))


def read_pools(root="/"):
    """Every pool of the machine as plain data, smallest page first; [] where the kernel has none. Never raises.

    [{"size_kib": 2048, "total": 1024, "free": 512, "reserved": 0}, ...]
    """
    pools = []
    try:
        names = os.listdir(os.path.join(root, "sys/kernel/mm/hugepages"))
        sizes = [re.match(r"^hugepages-([0-9]{1,12})kB$", name) for name in names]
    except OSError:
        return []
    for size in sorted(int(match.group(1)) for match in sizes if match):
        try:
            pools.append(dict(read_pool(size, root).as_dict(), size_kib=size))
        except ZbsError:
            continue  # one that can't be read is not told
    return pools


def folder(page_kib, root="/", node=None):
    """The sysfs folder of a pool, or of its part on one NUMA node."""
    base = "sys/kernel/mm/hugepages" if node is None else "sys/devices/system/node/node%d/hugepages" % node
    return os.path.join(root, base, "hugepages-%dkB" % page_kib)


def set_pages(page_kib, number, root="/", node=None):
    """Ask the kernel for a pool of `number` pages. It may give fewer without an error: read the pool afterwards."""
    write(os.path.join(folder(page_kib, root, node), "nr_hugepages"), str(number))


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
            total, free = (_read_number(path, name) for name in ("nr_hugepages", "free_hugepages"))
            nodes[int(match.group(1))] = NodePool(total, free, surplus=_read_surplus(path))
    return nodes


def _read_surplus(path):
    """Surplus pages; none on a kernel that does not count them."""
    return _read_number(path, "surplus_hugepages") if os.path.exists(os.path.join(path, "surplus_hugepages")) else 0


def _read_number(where, name):
    path = os.path.join(where, name)
    try:
        with open(path, encoding="ascii") as handle:
            return int(handle.read())
    except (OSError, ValueError) as exc:
        raise ZbsError("%s can't be read (%s)" % (path, exc), "unreadable")


def write(path, value):
    """Write a kernel file; ZbsError `unwritable` says why not."""
    try:
        with open(path, "w", encoding="ascii") as handle:
            handle.write(value)
    except OSError as exc:
        why = "it is read-only" if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else system_words(exc)
        raise ZbsError("%s can't be set to %s (%s); run as root on the host itself" % (path, value, why), "unwritable")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepage pools: what is there, how much is missing, growing by exactly that.

Counted in the pool of the right size in sysfs, never in /proc/meminfo or vm.nr_hugepages, which speak of the kernel's
default size only (512 MiB on an arm64 kernel with 64 KiB pages).
"""

import errno
import os
import re

from ._errors import ZbsError

_SIZES = {"2M": 2048, "1G": 1048576}
_UNITS_KIB = {"K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}


class Pool:
    """A pool at one moment: `size_kib`, `total`, `free` and `reserved` pages."""

    def __init__(self, size_kib, total, free, reserved):
        self.size_kib = size_kib
        self.total = total
        self.free = free
        self.reserved = reserved

    def unclaimed(self):
        """Pages that nobody uses and nobody was promised (a reserved page is free and already somebody's)."""
        return max(0, self.free - self.reserved)

    def as_dict(self):
        """Plain data for a module's return."""
        return {"total": self.total, "free": self.free, "reserved": self.reserved}


class Demand:
    """What must be available: `target` pages for the target and `guests` pages for VMs; `held` the target has already.

    Pages in use by others than the target are guests' pages: they count towards `guests`, or every run would ask for the
    guests' memory once more as soon as the VMs use it.
    """

    def __init__(self, target, guests=0, held=0):
        self.target = target
        self.guests = guests
        self.held = held

    def short(self, pool):
        """Pages by which the pool must grow. What the running target holds counts as available for it."""
        used_by_guests = max(0, pool.total - pool.unclaimed() - self.held)
        return max(0, self.target - self.held) + max(0, self.guests - used_by_guests) - pool.unclaimed()


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
    folder = _folder(page_kib, root)
    if not os.path.isdir(folder):
        try:
            known = ", ".join(sorted(os.listdir(os.path.dirname(folder)))) or "none"
        except OSError:
            known = "none"
        raise ZbsError(
            "this kernel has no hugepages of %d KiB (it has: %s); choose another hugepage_size" % (page_kib, known),
            "no_such_size",
        )
    return Pool(
        page_kib, *(_read_number(folder, name) for name in ("nr_hugepages", "free_hugepages", "resv_hugepages"))
    )


def read_pools(root="/"):
    """Every pool of the machine as plain data, smallest page first; [] where the kernel has none. Never raises.

    [{"size_kib": 2048, "total": 1024, "free": 512, "reserved": 0}, ...]
    """
    folder = os.path.join(root, "sys/kernel/mm/hugepages")
    pools = []
    try:
        sizes = [re.match(r"^hugepages-([0-9]{1,12})kB$", name) for name in os.listdir(folder)]
    except OSError:
        return []
    for size in sorted(int(match.group(1)) for match in sizes if match):
        try:
            pools.append(dict(read_pool(size, root).as_dict(), size_kib=size))
        except ZbsError:
            continue  # one that can't be read is not told
    return pools


def grow(page_kib, demand, compact, root="/"):
    """Grow the pool until `demand` is met, by the shortage only; returns the Pool that came of it.

    A write that the kernel can't satisfy succeeds and gives fewer pages, so it is read back; then, where `compact`
    allows, caches are dropped and memory is compacted once and the rest is asked for again.
    """
    pool = read_pool(page_kib, root)
    for attempt in ("plain", "compacted"):
        short = demand.short(pool)
        if short <= 0:
            break
        if attempt == "compacted":
            if not compact:
                break
            _write(os.path.join(root, "proc/sys/vm/drop_caches"), "3")
            _write(os.path.join(root, "proc/sys/vm/compact_memory"), "1")
        _write(os.path.join(_folder(page_kib, root), "nr_hugepages"), str(pool.total + short))
        pool = read_pool(page_kib, root)
    return pool


def _folder(page_kib, root):
    return os.path.join(root, "sys/kernel/mm/hugepages", "hugepages-%dkB" % page_kib)


def _read_number(folder, name):
    path = os.path.join(folder, name)
    try:
        with open(path, encoding="ascii") as handle:
            return int(handle.read())
    except (OSError, ValueError) as exc:
        raise ZbsError("%s can't be read (%s)" % (path, exc), "unreadable")


def _write(path, value):
    try:
        with open(path, "w", encoding="ascii") as handle:
            handle.write(value)
    except OSError as exc:
        why = "it is read-only" if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else os.strerror(exc.errno)
        raise ZbsError("%s can't be set to %s (%s); run as root on the host itself" % (path, value, why), "unwritable")

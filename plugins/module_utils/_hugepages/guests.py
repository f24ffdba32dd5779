# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pool that guests use. Their XML says `<hugepages/>` without a size, so libvirt chooses: pages of the kernel's default size
where a hugetlbfs of that size is mounted, else those of the first hugetlbfs; without any, the VM does not start.

libvirt takes every hugetlbfs that it finds, or those that `hugetlbfs_mount` in its qemu.conf names.
"""

import os
import re

from .._tools import sizes
from .._tools.errors import ZbsError
from . import node_pools, paths
from .wanted import pages_for

QEMU_CONF = "etc/libvirt/qemu.conf"
_LINE = re.compile(r"^[ \t]*hugetlbfs_mount[ \t]*=[ \t]*(\[[^\]]*\]|\"[^\"\n]*\"|'[^'\n]*')", re.M)


class Guests:
    """`page_kib` and `path` of the hugetlbfs that guests use (None where they have none), `pool` (node_pools.Pool), `pages` that
    guest_memory wants of it, `apart`: whether it is another pool than the target's, `unknown_to`: programs of libvirt that have
    not seen a mount of ours yet."""

    def __init__(self, page_kib=None, path=None, pool=None, pages=0, apart=False, unknown_to=()):
        self.page_kib = page_kib
        self.path = path
        self.pool = pool
        self.pages = pages
        self.apart = apart
        self.unknown_to = list(unknown_to)

    def after(self, pool):
        """The same with the pool as it is now."""
        return Guests(self.page_kib, self.path, pool, self.pages, self.apart, self.unknown_to)


def choose(mounts, default, only=None):
    """(page size in KiB, path) of the hugetlbfs that guests use; (None, None) where they have none.

    mounts   every hugetlbfs (mounts.Mount) in mount order; one that names no size has the default one
    default  the kernel's default size in KiB, None where it has no hugepages
    only     the paths that libvirt was told to take, None where it looks for itself
    """
    found = [(item.pagesize_kib or default, item.path) for item in mounts if only is None or item.path in only]
    found = [item for item in found if item[0]]
    return next((item for item in found if item[0] == default), found[0] if found else (None, None))


def look(mounts, target_kib, guest_kib, root="/"):
    """The Guests of a host.

    mounts      as they are, and as they are to be
    target_kib  the page size of the target's pool
    guest_kib   KiB that guest_memory wants
    """
    page_kib, path = choose(mounts, node_pools.default_kib(root), told(root))
    if page_kib is None:
        return Guests()
    try:
        pool = node_pools.read_pool(page_kib, root)
    except ZbsError:
        if guest_kib:
            raise
        pool = None  # nobody asked for it: no reason to leave a target without its pages
    return Guests(page_kib, path, pool, pages_for(guest_kib, page_kib), page_kib != target_kib)


def difference(guests, target_kib):
    """A sentence where the guests' pool is not the target's; else None."""
    if not guests.apart:
        return None
    return (
        "VMs take pages of %s (of the hugetlbfs on %s) and the target takes pages of %s, so guest_memory counts in the pool of %s pages"
    ) % (sizes.name(guests.page_kib), guests.path, sizes.name(target_kib), sizes.name(guests.page_kib))


def told(root="/"):
    """The paths in libvirt's qemu.conf, None where it names none; an empty list lets no guest have hugepages."""
    try:
        with open(os.path.join(root, QEMU_CONF), encoding="utf-8", errors="surrogateescape") as handle:
            text = handle.read(1 << 20)
    except OSError:
        return None
    found = _LINE.findall(text)
    if not found:
        return None
    return [paths.as_kernel(name, root) for name in re.findall(r"[\"']([^\"'\n]+)[\"']", found[-1])]

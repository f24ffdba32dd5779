# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes for hugepages that can't be right, refused before anything is touched."""

import os
import re

from .._tools.errors import ZbsError
from . import choice, growth, mounts, numa
from .paths import as_kernel, below


def check_folder_name(path):
    """ZbsError unless `path` can be the place of a mount."""
    if not path.startswith("/") or re.search(r"[\x00-\x1f]", path) or ".." in path.split("/"):
        raise ZbsError("hugetlbfs_dir is %r; give an absolute path" % path, "hugetlbfs_dir")


def check_folder(path, root="/", pages=0):
    """ZbsError unless a hugetlbfs can be mounted on `path` without hiding anything.

    pages  what the target needs, which tells why a hugetlbfs that is there already is not the one to use
    """
    place = as_kernel(path, root)
    there = below(root, place)
    if os.path.lexists(there) and not os.path.isdir(there):
        raise ZbsError("hugetlbfs_dir %s is not a folder; name another one" % path, "hugetlbfs_dir")
    if os.path.ismount(there) or mounts.is_mount_point(path, root):
        raise ZbsError(
            "hugetlbfs_dir %s is already a mount of something else%s; name another folder"
            % (path, _why(place, pages, root)),
            "hugetlbfs_dir",
        )
    if choice.is_foreign(place):
        raise ZbsError(
            "hugetlbfs_dir %s lies where a container engine, kubelet or libvirt keeps its own mounts; name another folder"
            % path,
            "hugetlbfs_dir",
        )
    if os.path.isdir(there) and os.listdir(there) and not _leftovers(path, there):
        raise ZbsError(
            "hugetlbfs_dir %s is not empty, and a mount would hide what is in it; name another folder" % path,
            "hugetlbfs_dir",
        )


def _why(place, pages, root):
    """What is there, where it is a hugetlbfs that a target can't use; else nothing."""
    for item in mounts.read_hugetlbfs(root):
        if item.path == place and item.pagesize_kib:
            return " (%s)" % (choice.unfit(item, pages) or "a hugetlbfs with pages of %d KiB" % item.pagesize_kib)
    return ""


def _leftovers(path, there):
    """Whether all that a folder holds is plain files in /dev: what a target left that was started without the mount.

    To refuse these would keep a host from being healed.
    """
    return path.startswith("/dev/") and all(entry.is_file(follow_symlinks=False) for entry in os.scandir(there))


def check_amount(pages, nodes, page_kib, root="/", further_kib=0):
    """ZbsError for more memory than there is, which can only drive VMs out of memory.

    pages  all that is wanted of that page size; nodes  {node: pages wanted there}; further_kib  what is wanted of another pool
    """
    total_kib = pages * page_kib + further_kib
    asks = [("hugepage_count and guest_memory ask", "the machine", total_kib, growth.memory_kib(root))]
    for node in sorted(nodes):
        wanted_kib = nodes[node] * page_kib
        asks.append(("numa and hugepage_count ask", "node %d" % node, wanted_kib, numa.memory_kib(node, root)[0]))
    for who, where, wanted_kib, memory_kib in asks:
        if memory_kib is not None and wanted_kib > memory_kib:
            raise ZbsError(
                "%s for %d MiB, but %s has %d MiB; ask for less" % (who, wanted_kib // 1024, where, memory_kib // 1024),
                "too_much",
            )

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's hugepage pools in sysfs: where they are, and as much of each as a tick tells. _hugepages/node_pools knows them by NUMA node."""

import os
import re

from .._tools.errors import ZbsError


def read_pools(root="/"):
    """Every pool of the machine as plain data, smallest page first; [] where the kernel has none. Never raises.

    [{"size_kib": 2048, "total": 1024, "free": 512, "reserved": 0}, ...]
    """
    try:
        names = os.listdir(os.path.join(root, "sys/kernel/mm/hugepages"))
    except OSError:
        return []
    sizes = [re.match(r"^hugepages-([0-9]{1,12})kB$", name) for name in names]
    pools = []
    for size in sorted(int(match.group(1)) for match in sizes if match):
        try:
            total, free, reserved = read_counts(folder(size, root))
        except ZbsError:
            continue  # one that can't be read is not told
        pools.append({"size_kib": size, "total": total, "free": free, "reserved": reserved})
    return pools


def folder(page_kib, root="/", node=None):
    """The sysfs folder of a pool, or of its part on one NUMA node."""
    base = "sys/kernel/mm/hugepages" if node is None else "sys/devices/system/node/node%d/hugepages" % node
    return os.path.join(root, base, "hugepages-%dkB" % page_kib)


def read_counts(where):
    """(total, free, reserved) pages of the pool in that folder; ZbsError `unreadable`."""
    return tuple(read_number(where, name) for name in ("nr_hugepages", "free_hugepages", "resv_hugepages"))


def read_number(where, name):
    """The number in a file of the folder `where`; ZbsError `unreadable`."""
    path = os.path.join(where, name)
    try:
        with open(path, encoding="ascii") as handle:
            return int(handle.read())
    except (OSError, ValueError) as exc:
        raise ZbsError("%s can't be read (%s)" % (path, exc), "unreadable")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hugetlbfs mounts, read from /proc/self/mountinfo."""

import os
import re

from . import _command
from ._errors import ZbsError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


class Mount:
    """`path` and `pagesize` (KiB) of a hugetlbfs mount; the size is None where the kernel names none."""

    def __init__(self, path, pagesize_kib):
        self.path = path
        self.pagesize_kib = pagesize_kib


def read_hugetlbfs(root="/"):
    """Every hugetlbfs mount that this process sees, in mount order."""
    with open(os.path.join(root, "proc/self/mountinfo"), encoding="utf-8", errors="surrogateescape") as handle:
        return parse_mountinfo(handle.read())


def parse_mountinfo(text):
    """The hugetlbfs mounts of a mountinfo text that no other mount on the same path hides; see proc(5)."""
    rows = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        fields, rest = left.split(" "), right.split(" ")
        if separator and len(fields) >= 5 and len(rest) >= 3:
            rows.append((fields, rest))
    # What is mounted over a mount names it as its parent and bears its path.
    hidden = {(fields[1], fields[4]) for fields, _rest in rows}
    mounts = []
    for fields, rest in rows:
        if rest[0] != "hugetlbfs" or (fields[0], fields[4]) in hidden:
            continue
        size = re.search(r"(?:^|,)pagesize=(\d+)([KMG]?)", rest[2])
        kib = int(size.group(1)) * _UNITS[size.group(2)] // 1024 if size else None
        mounts.append(Mount(_unescape(fields[4]), kib))
    return mounts


def find(mounts, size_kib):
    """The path to use for pages of `size_kib`: the last such mount; None when there is none."""
    usable = [item for item in mounts if item.pagesize_kib == size_kib]
    return usable[-1].path if usable else None


def mount(path, size_kib, deadline, mount_command="mount"):
    """Mount a hugetlbfs for pages of `size_kib` on `path`, which is made when it isn't there."""
    try:
        os.makedirs(path, mode=0o755, exist_ok=True)
    except OSError as exc:
        raise ZbsError(
            "the folder %s for hugetlbfs can't be made (%s); name another hugetlbfs_dir"
            % (path, os.strerror(exc.errno)),
            "hugetlbfs_dir",
        )
    options = "pagesize=%dK,mode=0755" % size_kib
    result = _command.run([mount_command, "-t", "hugetlbfs", "-o", options, "hugetlbfs", path], deadline)
    if result.rc != 0:
        raise ZbsError(
            "hugetlbfs can't be mounted on %s: %s" % (path, result.sentence() or "mount did not end in time"),
            "hugetlbfs_mount",
        )


def _unescape(text):
    """Mountinfo writes blanks and the like as \\040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)

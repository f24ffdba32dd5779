# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hugetlbfs mounts, read from /proc/self/mountinfo."""

import errno
import os
import re

from .._observe import process
from .._tools import command, folder
from .._tools.errors import ZbsError, system_words

# How another process has a mount of ours: in a root of its own, or in a copy of this system's mounts.
_CONTAINER = "container"
_COPY = "copy"
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


class Mount:
    """`path`, `pagesize_kib` (None where the kernel names none), `device` ("0:47") and `options` of a mount."""

    def __init__(self, path, pagesize_kib, device=None, options=""):
        self.path = path
        self.pagesize_kib = pagesize_kib
        self.device = device
        self.options = options


def read_hugetlbfs(root="/"):
    """Every hugetlbfs mount that this process sees, in mount order."""
    return parse_mountinfo(_mountinfo(root, "self"))


def parse_mountinfo(text):
    """The hugetlbfs mounts of a mountinfo text that no other mount on the same path hides; see proc(5)."""
    rows = _rows(text)
    # What is mounted over a mount names it as its parent and bears its path.
    hidden = {(fields[1], fields[4]) for fields, _rest in rows}
    mounts = []
    for fields, rest in rows:
        if rest[0] != "hugetlbfs" or (fields[0], fields[4]) in hidden:
            continue
        size = re.search(r"(?:^|,)pagesize=(\d+)([KMG]?)", rest[2])
        kib = int(size.group(1)) * _UNITS[size.group(2)] // 1024 if size else None
        mounts.append(Mount(_unescape(fields[4]), kib, fields[2], rest[2]))
    return mounts


def find(mounts, size_kib):
    """The Mount to use for pages of `size_kib`: the last such mount; None when there is none."""
    usable = [item for item in mounts if item.pagesize_kib == size_kib]
    return usable[-1] if usable else None


def is_mount_point(path, root="/"):
    """Whether anything is mounted on `path`."""
    points = {_unescape(fields[4]) for fields, _rest in _rows(_mountinfo(root, "self"))}
    return os.path.normpath(path) in points


def mount(path, size_kib, deadline, root="/"):
    """Mount a hugetlbfs for pages of `size_kib` on `path`, which is made when it isn't there; returns the Mount."""
    there = below(root, path)
    try:
        # mount(8) takes a path, so it is to be one that nobody else can turn meanwhile.
        with folder.opened(there, ours=True, make=0o755) as place:
            if not place.closed:
                raise PermissionError(errno.EPERM, "users other than root can redirect its path")
    except OSError as exc:
        raise ZbsError(
            "the folder %s for hugetlbfs can't be created (%s); name another hugetlbfs_dir" % (path, system_words(exc)),
            "hugetlbfs_dir",
        )
    options = "pagesize=%dK,mode=0755" % size_kib
    result = command.run(["mount", "-t", "hugetlbfs", "-o", options, "hugetlbfs", there], deadline)
    if result.rc != 0:
        raise ZbsError(
            "hugetlbfs can't be mounted on %s: %s" % (path, result.sentence() or "mount did not finish in time"),
            "hugetlbfs_mount",
        )
    made = [item for item in read_hugetlbfs(root) if item.path == os.path.normpath(path)]
    if not made or made[-1].pagesize_kib != size_kib:
        raise ZbsError(
            "mount reported hugetlbfs on %s, but the kernel shows no such mount with pages of %d KiB"
            % (path, size_kib),
            "hugetlbfs_mount",
        )
    return made[-1]


def unmount(path, deadline, root="/"):
    """Unmount `path`; ZbsError `busy` when somebody uses it, `hugetlbfs_unmount` when it can't be done otherwise."""
    result = command.run(["umount", below(root, path)], deadline)
    if result.rc != 0:
        said = result.sentence() or "umount did not finish in time"
        raise ZbsError("%s can't be unmounted: %s" % (path, said), "busy" if "busy" in said else "hugetlbfs_unmount")


def users(mount_, root="/"):
    """What would lose the mount with it, in words; [] when nothing is seen to use it.

    Its files; mounts of it that a container has of its own; files of it that somebody with a copy of this system's mounts has
    mapped, as a guest under libvirt may. That a service has such a copy is no use, and whoever uses the mount itself is found
    by umount.
    """
    found = []
    try:
        files = len(os.listdir(below(root, mount_.path)))
    except OSError as exc:
        return ["it can't be listed (%s)" % system_words(exc)]
    if files:
        found.append("it holds %d file%s" % (files, "" if files == 1 else "s"))
    own = _rows(_mountinfo(root, "self"))
    views: dict = {_namespace(root, "self"): None}
    for pid in sorted(filter(str.isdigit, os.listdir(os.path.join(root, "proc"))), key=int):
        space = _namespace(root, pid)
        if space not in views:
            views[space] = _view(root, pid, mount_.device, own)
            if views[space] == _CONTAINER:
                found.append("process %s has it mounted in a container" % pid)
        if views[space] == _COPY and _maps(root, pid, mount_.device) is not False:
            found.append("process %s has files of it mapped" % pid)
    return found


def _view(root, pid, device, own):
    """How the mounts that a process sees have that device: _CONTAINER, _COPY, or None for not, or as ours goes."""
    try:
        rows = _rows(_mountinfo(root, pid))
    except OSError:
        return None  # it ended meanwhile, or is no process of a kernel that tells
    if not any(fields[2] == device and not _follows(fields) for fields, _rest in rows):
        return None
    return _COPY if _system(rows) == _system(own) else _CONTAINER


def _system(rows):
    """The file system that is the root of these mounts."""
    return [(fields[2], fields[3]) for fields, _rest in rows if fields[4] == "/"][-1:]


def _maps(root, pid, device):
    """Whether a process has files of a device mapped; None when that can't be told in time."""
    return process.in_time(
        lambda path: _read_maps(path, "%02x:%02x" % tuple(int(part) for part in device.split(":"))),
        os.path.join(root, "proc", pid, "maps"),
        process.MAP_SECONDS,
    )


def _read_maps(path, device):
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return any(line.split(None, 4)[3:4] == [device] for line in handle)
    except OSError:
        return False  # it ended meanwhile


def below(root, path):
    """An absolute path as it is called below `root`."""
    return os.path.join(root, path.lstrip("/"))


def _namespace(root, pid):
    try:
        return os.readlink(os.path.join(root, "proc", pid, "ns/mnt"))
    except OSError:
        return "of process " + pid


def _follows(fields):
    return any(field.startswith("master:") for field in fields[6:])


def _mountinfo(root, pid):
    with open(os.path.join(root, "proc", pid, "mountinfo"), encoding="utf-8", errors="surrogateescape") as handle:
        return handle.read()


def _rows(text):
    """[(fields left of the dash, fields right of it)] of a mountinfo text."""
    rows = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        fields, rest = left.split(" "), right.split(" ")
        if separator and len(fields) >= 5 and len(rest) >= 3:
            rows.append((fields, rest))
    return rows


def _unescape(text):
    """Mountinfo writes blanks and the like as \\040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)

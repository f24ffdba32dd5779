# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hugetlbfs mounts, read from /proc/self/mountinfo."""

import collections
import errno
import os

from .._observe import process
from .._tools import command, folder, sizes
from .._tools.errors import ZbsError, system_words
from . import choice, mountinfo
from .paths import as_kernel, below

# How another process has a mount of ours: in a root of its own, or in a copy of this system's mounts.
_CONTAINER = "container"
_COPY = "copy"
# More hugetlbfs than this is nobody's machine.
_MOST = 256


class Mount:
    """`path`, `pagesize_kib` (None where the kernel names none), `device` ("0:47"), `options` of the file system, `flags` (options of
    the mount), `root` (the part of the file system that it shows)."""

    def __init__(self, path, pagesize_kib, device=None, options="", flags="rw", root="/"):
        self.path = path
        self.pagesize_kib = pagesize_kib
        self.device = device
        self.options = options
        self.flags = flags
        self.root = root


def read_hugetlbfs(root="/"):
    """Every hugetlbfs mount of the host, in mount order."""
    return parse_mountinfo(_mountinfo(root, _host_view(root)))


def parse_mountinfo(text):
    """The hugetlbfs mounts of a mountinfo text to which a path leads; see proc(5)."""
    found = collections.deque(mountinfo.rows(text, "hugetlbfs"), _MOST)
    if not found:
        return []
    tree = mountinfo.Tree(text)
    return [_mount_of(row) for row in found if not tree.covered(row.number)]


def _mount_of(row):
    return Mount(row.point, page_kib(row.options), row.device, row.options, row.flags, row.root)


def page_kib(options):
    """The page size in KiB that the options of a hugetlbfs name; None where they name none."""
    size = sizes.kernel(choice.option(options, "pagesize") or "")
    return size // 1024 if size else None


def find(mounts, size_kib, pages=0, earlier=None, named=None):
    """The Mount to use for pages of `size_kib`, None when there is none; see choice."""
    return choice.choose(mounts, size_kib, pages, earlier, named)


def is_mount_point(path, root="/"):
    """Whether anything is mounted on `path`."""
    place = as_kernel(path, root)
    return any(row.point == place for row in mountinfo.rows(_mountinfo(root, _host_view(root))))


def mount(path, size_kib, deadline, root="/"):
    """Mount a hugetlbfs for pages of `size_kib` on `path`, which is made when it isn't there; returns the Mount."""
    there = below(root, as_kernel(path, root))
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
    made = [item for item in read_hugetlbfs(root) if item.path == as_kernel(path, root)]
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
    own = list(mountinfo.rows(_mountinfo(root, "self")))
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
        rows = list(mountinfo.rows(_mountinfo(root, pid)))
    except OSError:
        return None  # it ended meanwhile, or is no process of a kernel that tells
    if not any(row.device == device and not _follows(row) for row in rows):
        return None
    return _COPY if _system(rows) == _system(own) else _CONTAINER


def _system(rows):
    """The file system that is the root of these mounts."""
    return [(row.device, row.root) for row in rows if row.point == "/"][-1:]


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


def _namespace(root, pid):
    try:
        return os.readlink(os.path.join(root, "proc", pid, "ns/mnt"))
    except OSError:
        return "of process " + pid


def _follows(row):
    return any(tag.startswith("master:") for tag in row.tags)


def _host_view(root):
    """Whose mountinfo is the host's: our own, or that of process 1 where we run in mounts of our own, which no target ever sees."""
    ours, first = _namespace(root, "self"), _namespace(root, "1")
    return "1" if ours.startswith("mnt:") and first.startswith("mnt:") and ours != first else "self"


def _mountinfo(root, pid):
    path = os.path.join(root, "proc", pid, "mountinfo")
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as handle:
        return handle.read()

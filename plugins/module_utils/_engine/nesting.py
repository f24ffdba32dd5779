# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a process of this host's /proc is the host's own, or that of a container on it."""

import os
import re

from .._observe.process import read_stat

# A component of a cgroup's path that a container engine made.
_CONTAINER = re.compile(
    r"[0-9a-f]{64}(\.scope)?$|^kubepods|^lxc(\.payload.*)?$|^machine-.*\.scope$|^systemd-nspawn@|^garden$|^ecs$"
)
_SNAP = re.compile(r"^snap\.")
_MOST = 64 * 1024


class Nesting:
    """What tells a container's process, measured at this program's own place and at the first process of this /proc."""

    def __init__(self, root="/"):
        proc = os.path.join(root, "proc")
        self._self = os.path.join(proc, "self")
        self._root = root
        # A host may be a container itself (a lab's is): what its first process has is no sign.
        self._own = set(_components(os.path.join(proc, "1"))) | set(_components(self._self))

    def is_container(self, folder, snap=False):
        """Whether the process with this folder of /proc is a container's; no where nothing tells.

        snap  whether it is known for one of snap's, which has a mount namespace and a root of its own on the host
        """
        pids = self._same(folder, "ns/pid")
        if pids is False or len(_status(folder).get("NSpid", "").split()) > self._depth():
            return True
        if any(_CONTAINER.search(item) for item in _components(folder) if item not in self._own):
            return True
        if snap or self._same(folder, "ns/mnt") is not False:
            return False
        # A service with PrivateTmp or MountFlags has mounts of its own, and still the host's root below them.
        same_root = self._same_root(folder)
        return same_root is False or (same_root is None and pids is not True)

    def user(self, folder):
        """The user that the process runs as; 0 where it is not told."""
        words = _status(folder).get("Uid", "").split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    @staticmethod
    def parent(folder):
        """The parent's process id, None when it is not told."""
        try:
            return int(read_stat(folder)[1][1])
        except (OSError, ValueError, IndexError):
            return None

    @staticmethod
    def service(folder):
        """The systemd service that the process belongs to; `` for one that belongs to none, None when it is not told."""
        parts = _components(folder)
        if not parts:
            return None
        return next((item for item in reversed(parts) if item.endswith(".service")), "")

    @staticmethod
    def of_snap(folder):
        """Whether snapd started it, by its cgroup."""
        return any(_SNAP.match(item) for item in _components(folder))

    def _depth(self):
        return max(1, len(_status(self._self).get("NSpid", "").split()))

    def _same(self, folder, name):
        """Whether it has the same namespace as this program; None when that can't be told."""
        try:
            return os.readlink(os.path.join(folder, name)) == os.readlink(os.path.join(self._self, name))
        except OSError:
            return None

    def _same_root(self, folder):
        try:
            one, other = os.stat(os.path.join(folder, "root") + "/"), os.stat(self._root)
        except OSError:
            return None
        return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _components(folder):
    """The parts of all its cgroups' paths, outermost first."""
    found = []
    for line in _read(os.path.join(folder, "cgroup")).splitlines():
        # No name of a folder is longer.
        found += [part[:255] for part in line.split(":", 2)[-1].split("/") if part]
    return found


def _status(folder):
    pairs = (line.partition(":") for line in _read(os.path.join(folder, "status")).splitlines())
    return {name: value.strip() for name, _colon, value in pairs}


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read(_MOST)
    except OSError:
        return ""

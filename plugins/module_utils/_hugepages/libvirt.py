# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of libvirt that run since before a hugetlbfs came. They read the mounts when they start, and are never restarted here."""

import os

from .._observe.process import read_stat

_NAMES = ("libvirtd", "virtqemud")


def older_than(seconds, root="/"):
    """["libvirtd (process 812)"] of those that started before `seconds` after the boot."""
    found = []
    for pid in sorted(filter(str.isdigit, _list(os.path.join(root, "proc"))), key=int):
        name, started = _start(pid, root)
        if name in _NAMES and started < seconds:
            found.append("%s (process %s)" % (name, pid))
    return found


def sentence(programs, path):
    """What to say of them."""
    they, them = ("they start", "them") if len(programs) > 1 else ("it starts", "it")
    return (
        "%s started before the hugetlbfs on %s was mounted, so VMs that %s get no pages from it; restart %s at a good time, which "
        "leaves running VMs alone"
    ) % (" and ".join(programs), path, they, them)


def _start(pid, root):
    """(name, seconds after the boot) of a process; (None, 0.0) when it ended meanwhile."""
    try:
        name, fields = read_stat(os.path.join(root, "proc", pid))
        return name, int(fields[19]) / float(os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return None, 0.0


def _list(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []

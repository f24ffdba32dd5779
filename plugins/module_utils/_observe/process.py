# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target's process as /proc shows it.

Only files that can't block are read while the process is stuck: `stat` never waits, `numa_maps` takes the process's
memory lock and would hang the probe on a process in state D.
"""

import contextlib
import os
import threading

from .own_pages import read_own_pages

# A read of the memory map takes milliseconds; one that takes longer waits for a lock that somebody holds.
MAP_SECONDS = 1.0

# A target that is started by more shells than this is taken for nobody's.
_GENERATIONS = 8

# State letters of /proc/PID/stat in the words of this collection; see proc(5).
STATE_WORDS = {
    "R": "running",
    "S": "sleeping",
    "D": "unkillable",
    "T": "stopped",
    "t": "traced",
    "Z": "zombie",
    "X": "dead",
    "I": "idle",
}


class ProcessInfo:
    """`pid`, `name`, `state` (letter), `started` (seconds since boot), `age` (seconds), `own_pages` (of read_own_pages, None when not
    read)."""

    def __init__(self, pid, name, state, started, age, own_pages):
        self.pid = pid
        self.name = name
        self.state = state
        self.started = started
        self.age = age
        self.own_pages = own_pages

    @property
    def hugepages_kib(self):
        """KiB of hugepages of every size that the process took for itself; None when that was not read."""
        if self.own_pages is None:
            return None
        return sum(size * sum(nodes.values()) for size, nodes in self.own_pages.items())

    def state_word(self):
        """The state as a word."""
        return STATE_WORDS.get(self.state, self.state)

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "pid": self.pid,
            "name": self.name,
            "state": self.state,
            "state_word": self.state_word(),
            "started_s_after_boot": round(self.started, 2),
            "age_s": round(self.age, 1),
            "hugepages_kib": self.hugepages_kib,
        }


def read_stat(folder):
    """(name, what follows it as words) of `folder`/stat, of a process or a thread: words 0, 1 and 19 are the state, the parent and the
    start in clock ticks after boot (proc(5) counts from 1, with the two before). OSError where it can't be read.

    The name stands in parentheses and may hold anything, also ") R 1": the last ")" ends it.
    """
    with open(os.path.join(folder, "stat"), encoding="utf-8", errors="replace") as handle:
        begin, _parenthesis, rest = handle.read().rpartition(")")
    return begin.partition("(")[2], rest.split()


def read_process(pid, root="/", map_seconds=MAP_SECONDS):
    """Look `pid` up below `root`/proc; None when there is no such process or it can't be read.

    map_seconds  how long the memory map may take before the hugepages count as not told
    """
    folder = os.path.join(root, "proc", str(pid))
    try:
        name, fields = read_stat(folder)
        with open(os.path.join(root, "proc/uptime"), encoding="ascii") as handle:
            uptime = float(handle.read().split()[0])
        state = fields[0]
        started = int(fields[19]) / float(os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return None
    pages = None if state in "DXZ" or _stuck_thread(folder) else in_time(read_own_pages, folder, map_seconds)
    return ProcessInfo(pid, name, state, started, max(0.0, uptime - started), pages)


def descends(pid, ancestor, root="/"):
    """Whether `pid` is `ancestor` or was started by it, directly or by one of its children: a container may begin with a shell."""
    for _generation in range(_GENERATIONS):
        if pid == ancestor:
            return True
        try:
            pid = int(read_stat(os.path.join(root, "proc", str(pid)))[1][1])
        except (OSError, ValueError, IndexError):
            return False
        if pid <= 1:
            return False
    return False


def _stuck_thread(folder):
    """Whether any thread is in state D: a reactor that waits for the disk may hold the memory lock of all of them."""
    tasks = os.path.join(folder, "task")
    try:
        threads = os.listdir(tasks)
    except OSError:
        return False  # a process without the folder
    for thread in threads:
        # One that ended meanwhile says nothing of those after it.
        with contextlib.suppress(OSError):
            if read_stat(os.path.join(tasks, thread))[1][:1] == ["D"]:
                return True
    return False


def in_time(function, argument, seconds):
    """`function(argument)` when it returns within `seconds`, else None; whoever hangs is left behind in a daemon thread."""
    found = []
    worker = threading.Thread(target=lambda: found.append(function(argument)))
    worker.daemon = True
    worker.start()
    worker.join(seconds)
    return found[0] if found else None

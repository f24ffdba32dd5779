# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small look, once a second: does the target list its controllers, and do the VMs' processes still live?

A fraction of the whole look's cost (_observe/probe): one call to the target, and one read for each VM that is known.
"""

import errno
import os
import select

from .._observe import spdk
from .._observe.process import read_stat
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .._tools.outside import shaped

# Seconds for the call. SPDK answers in milliseconds; a reactor that is busy longer is not asked again at once, see _guard/loop.
CALL_SECONDS = 1.0

ANSWERS, NOBODY, UNREADY, SILENT = "answers", "nobody", "unready", "silent"
# What kind of answer a problem of the call is; of all others nobody knows what a further question would do.
_KINDS = {"nobody": NOBODY, "rpc_error": UNREADY, "closed": UNREADY}


class Small:
    """What a small look found.

    state        ANSWERS, NOBODY (nobody listens), UNREADY (it refuses, as while it starts, or closes, as while it ends), or SILENT for
                 whatever else: no answer, another one than a list
    pid          of the process that answers; None where it is not told
    served       names of the controllers that have a bdev
    connections  number of VMs' sessions on them: when it changes, a VM came or went
    """

    def __init__(self, state, pid=None, served=(), connections=0):
        self.state = state
        self.pid = pid
        self.served = set(served)
        self.connections = connections


def small(admin_socket, call=spdk.call):
    """Ask the target for its controllers: a Small."""
    try:
        answer = call(admin_socket, "vhost_get_controllers", Deadline(CALL_SECONDS))
    except ZbsError as exc:
        return Small(_KINDS.get(exc.code, SILENT))
    if not isinstance(answer.result, list):
        return Small(SILENT, answer.pid)
    rows = [row for row in answer.result if isinstance(row, dict)]
    used = [row for row in rows if row.get("sessions") and _bdev(row)]
    return Small(
        ANSWERS,
        answer.pid,
        [row["ctrlr"] for row in used if isinstance(row.get("ctrlr"), str)],
        sum(_count(row) for row in used),
    )


def _bdev(row):
    return bool(shaped(shaped(row.get("backend_specific"), dict).get("block"), dict).get("bdev"))


def _count(row):
    return len(row["sessions"]) if isinstance(row["sessions"], list) else 1


def living(known, root="/"):
    """Those of `known` {(pid, started_ticks)} that still are the same process."""
    return {(pid, started) for pid, started in known if _started(pid, root) == started}


def _started(pid, root):
    """When the process began, in clock ticks after boot; None for none and for one that has ended."""
    try:
        _name, fields = read_stat(os.path.join(root, "proc", str(pid)))
        return None if fields[0] in "ZX" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


class Sleeper:
    """Waits until the next look is due, until a signal comes, or until the target's process has ended.

    wake  a descriptor that can be read when a signal came
    """

    def __init__(self, wake):
        self._wake = wake
        self._pid = None
        self._handle = None

    def watch(self, pid):
        """Wake up when the process `pid` ends, where kernel and Python can tell (Linux 5.3, Python 3.9)."""
        if pid == self._pid:
            return
        self.forget()
        self._pid = pid
        opened = getattr(os, "pidfd_open", None)
        if pid is not None and opened is not None:
            try:
                self._handle = opened(pid)
            except OSError as exc:
                if exc.errno not in (errno.ESRCH, errno.ENOSYS, errno.EPERM, errno.EINVAL):
                    raise

    def forget(self):
        """No process is watched any more."""
        if self._handle is not None:
            os.close(self._handle)
        self._pid = self._handle = None

    def sleep(self, seconds):
        """Wait for at most `seconds`."""
        waiting = select.poll()
        for handle in (self._wake, self._handle):
            if handle is not None:
                waiting.register(handle, select.POLLIN)
        waiting.poll(max(0, int(seconds * 1000)))

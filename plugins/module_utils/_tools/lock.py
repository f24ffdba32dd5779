# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time on this machine: a lock file that the kernel frees when its holder dies."""

import contextlib
import errno
import fcntl
import os
import stat
import time

from . import folder, trust
from .errors import ZbsError, system_words

# Short beside what is locked (milliseconds to minutes), long beside what a poll costs.
_POLL = 0.02


@contextlib.contextmanager
def hold(path, deadline, purpose):
    """Hold the lock `path` while the block runs, waiting for it until `deadline`.

    purpose  what the lock is for, in the words of the error that tells who holds it
    ZbsError `locked` when another process holds it past the deadline, `lock_unusable` when the file can't be made.
    The file is made, never removed: removing a lock file lets two holders in.
    """
    try:
        handle = _open(path)
    except OSError as exc:
        raise ZbsError(
            "the lock file %s can't be opened (%s); make its folder writable, for root alone"
            % (path, system_words(exc)),
            "lock_unusable",
        )
    try:
        while not _try(handle, path):
            if deadline.spent():
                raise ZbsError(
                    "%s is under way: %s holds %s; wait for it or end it" % (purpose, _holder(handle), path),
                    "locked",
                )
            time.sleep(_POLL)
        _sign(handle)
        yield
    finally:
        os.close(handle)


def _open(path):
    with folder.holding(path, ours=True) as place:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        handle = os.open(place.name, flags, 0o600, dir_fd=place.handle)
    info = os.fstat(handle)
    # Whoever signs the lock writes to the file: it must be no other one under a second name.
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1 or not trust.is_trusted(info):
        os.close(handle)
        raise PermissionError(errno.EPERM, "it is not a lock file of root; remove it")
    return handle


def _try(handle, path):
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError as exc:
        if exc.errno in (errno.EAGAIN, errno.EACCES, errno.EINTR):
            return False
        raise ZbsError("%s can't be locked (%s)" % (path, system_words(exc)), "lock_unusable")


def _sign(handle):
    """Write who holds the lock, for the sentence of whoever waits; a full disk must not stop us."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, b"process %d" % os.getpid(), 0)


def _holder(handle):
    with contextlib.suppress(OSError):
        text = os.pread(handle, 64, 0).decode("ascii", "replace").strip()
        if text:
            return text
    return "another process"

"""What a process says of itself to the kernel."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def set_name(name: str) -> None:
    """The name that ``ps`` and /proc/PID/comm show (15 bytes at most)."""
    with open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name)


def die_unless_child_of(parent: int) -> None:
    """Have the kernel kill this process when its parent ``parent`` dies; end at once if that has happened already
    (between the fork and this call)."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) or os.getppid() != parent:
        os._exit(1)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that the checks start: none outlives the run, whether Ctrl-C, SIGTERM or a time limit ends it.

Each leads a session of its own, so that what it started ends with it: molecule alone would leave its ansible-playbook behind.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Seconds that a program has to clean up after SIGINT before SIGKILL: one that takes a lab down needs some ten.
GRACE = 60.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The niceness of what yields: a third of the share of what it runs beside. Less, and tests that watch the clock would wait too long.
NICE = 5

_living: set["subprocess.Popen[Any]"] = set()
_lock = threading.RLock()  # a signal may arrive while the thread that handles it starts a program
_ended = threading.Event()
_lane = threading.local()


class Ended(Exception):
    """The run was ended, so no further program begins."""


def ended() -> bool:
    """Whether the run was ended by a signal."""
    return _ended.is_set()


def run(argv: list[str], *, limit: float, cleaning: bool = False, **how: Any) -> "subprocess.CompletedProcess[Any]":
    """Run `argv` as subprocess.run does, with `how` of Popen.

    limit     seconds; then everything it started is ended too, and subprocess.TimeoutExpired is raised
    cleaning  run it also when the run was ended, and let it finish: it takes away what is left; else Ended is raised
    """
    with _lock:
        if ended() and not cleaning:
            raise Ended
        child = subprocess.Popen(argv, start_new_session=True, **how)
        if not cleaning:
            _living.add(child)
    if yields():
        _nice(child.pid)
    try:
        output, errors = child.communicate(timeout=limit)
    except BaseException:
        _end(child)
        raise
    finally:
        with _lock:
            _living.discard(child)
        if ended():
            _signal(child, signal.SIGKILL)  # a shell's background programs do not hear SIGINT
    return subprocess.CompletedProcess(argv, child.returncode, output, errors)


@contextlib.contextmanager
def yielding() -> Iterator[None]:
    """What this thread runs in here leaves the cores to what runs beside it, where both want them."""
    _lane.yields = True
    try:
        yield
    finally:
        _lane.yields = False


def yields() -> bool:
    """Whether this thread is in such a block."""
    return getattr(_lane, "yields", False)


def _nice(pid: int) -> None:
    """Make the leader of a session nice, and first the session, where the kernel shares the cores out by sessions (sched(7), autogroup)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE), encoding="ascii")
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICE)


def _end(child: "subprocess.Popen[Any]") -> None:
    """End a program and what it started: SIGINT first, so that it can clean up."""
    for number, patience in ((signal.SIGINT, GRACE), (signal.SIGKILL, 10.0)):
        _signal(child, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.communicate(timeout=patience)
            break
    _signal(child, signal.SIGKILL)  # what it left behind


def _signal(child: "subprocess.Popen[Any]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


@contextlib.contextmanager
def ending_with_signals() -> Iterator[None]:
    """In the main thread: a signal of ENDING ends what runs, and lets nothing begin but what cleans up."""
    before = {number: signal.signal(number, _end_all) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_all(number: int, _frame: object) -> None:
    _ended.set()
    with _lock:
        children = list(_living)
    print(f"   {signal.Signals(number).name}: ending {len(children)} programs and what they started", flush=True)
    for child in children:
        # In threads: the handler may not wait, since a second signal has to find it free.
        threading.Thread(target=_end_quietly, args=(child,), daemon=True).start()


def _end_quietly(child: "subprocess.Popen[Any]") -> None:
    """End a program that another thread waits for, which alone may reap it."""
    _signal(child, signal.SIGINT)
    deadline = threading.Event()
    for _tenth in range(int(GRACE * 10)):
        with _lock:
            if child not in _living:
                return
        deadline.wait(0.1)
    _signal(child, signal.SIGKILL)

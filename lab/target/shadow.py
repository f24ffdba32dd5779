"""Stop the data plane when this process is stopped.

SPDK is one process: SIGSTOP freezes its admin socket and its volumes together. Here they are two, so a small child
watches the state of its parent and passes stop and continue on to the data plane. It is forked before the hugepages
are mapped, or it would hold them too.
"""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

from .process import die_unless_child_of, set_name

_PERIOD = 0.02  # seconds


class Shadow:
    """The parent's end."""

    def __init__(self) -> None:
        parent = os.getpid()
        reading, self._pipe = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.close(self._pipe)
                status = _watch(parent, reading)
            finally:
                os._exit(status)
        os.close(reading)

    def follow(self, pid: int) -> None:
        """Stop and continue ``pid`` with this process from now on."""
        os.write(self._pipe, b"%d\n" % pid)

    def close(self) -> None:
        """End the child."""
        os.close(self._pipe)
        os.waitpid(self._pid, 0)


def _watch(parent: int, reading: int) -> int:
    die_unless_child_of(parent)
    set_name("standin_shadow")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent decides when this ends
    followed, was_stopped = 0, False
    while True:
        if select.select([reading], [], [], _PERIOD)[0]:
            line = os.read(reading, 64)
            if not line:
                return 0
            followed = int(line)
        stopped = _state(parent) in "Tt"
        if followed and stopped != was_stopped:
            os.kill(followed, signal.SIGSTOP if stopped else signal.SIGCONT)
            was_stopped = stopped


def _state(pid: int) -> str:
    """The state letter of /proc/PID/stat; the name before it may hold blanks and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

"""One thread that does everything, as SPDK's reactor: readable descriptors, then pollers, then the next turn.

Unlike SPDK's it sleeps between turns, since the lab's hosts share two cores. A handler that blocks blocks everything,
which is the behaviour wanted.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from typing import Callable

POLL_PERIOD = 0.02  # seconds between two turns of the pollers

Callback = Callable[[], None]


class Reactor:
    """A select loop with pollers. ``stop`` may be called from a signal handler or another thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._pollers: list[Callable[[], bool]] = []
        self._stopped = False
        self._waker, self._wakee = socket.socketpair()
        for end in (self._waker, self._wakee):
            end.setblocking(False)
        self.watch(self._wakee.fileno(), self._drain)

    def _drain(self) -> None:
        try:
            while self._wakee.recv(512):
                pass
        except BlockingIOError:
            pass

    @property
    def wake_fd(self) -> int:
        """A descriptor that wakes the loop when written to (for ``signal.set_wakeup_fd``)."""
        return self._waker.fileno()

    def watch(self, fd: int, readable: Callback | None, writable: Callback | None = None) -> None:
        """Call back when ``fd`` is readable or writable; both None forgets it. Replaces an earlier call."""
        events = (selectors.EVENT_READ if readable else 0) | (selectors.EVENT_WRITE if writable else 0)
        known = fd in self._selector.get_map()
        if not events:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, events, (readable, writable))
        else:
            self._selector.register(fd, events, (readable, writable))

    def add_poller(self, poller: Callable[[], bool]) -> None:
        """Call ``poller`` again and again until it returns False."""
        self._pollers.append(poller)

    def stop(self) -> None:
        """Leave ``run`` after the current turn."""
        self._stopped = True
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes the loop as well
            self._waker.send(b"\0")

    @property
    def stopped(self) -> bool:
        return self._stopped

    def run(self, seconds: float | None = None) -> None:
        """Turn until ``stop`` is called or ``seconds`` have passed."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._stopped:
            timeout = POLL_PERIOD if self._pollers else None
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                timeout = left if timeout is None else min(left, timeout)
            self._turn(timeout)

    def _turn(self, timeout: float | None) -> None:
        for key, events in self._selector.select(timeout):
            current = self._selector.get_map().get(key.fd)
            if current is None or current.data is not key.data:
                continue  # forgotten or replaced by an earlier callback of this turn
            readable, writable = key.data
            if events & selectors.EVENT_WRITE and writable:
                writable()
            if events & selectors.EVENT_READ and readable and key.fd in self._selector.get_map():
                readable()
        pollers, self._pollers = self._pollers, []
        still = [poller for poller in pollers if poller()]
        self._pollers = still + self._pollers  # a poller may have added another one

    def close(self) -> None:
        self._selector.close()
        self._waker.close()
        self._wakee.close()

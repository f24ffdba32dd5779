# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are down within some seconds become one run. Pure: the caller brings the time, in seconds of one clock."""

from __future__ import annotations


class Burst:
    """Collects hosts, and hands them on together.

    collect  seconds from the first host of a burst to its run
    again    seconds in which a host that was handed on is not handed on anew, unless its outage was over in between: the same alert comes
             again and again, and the clock's ticks are there for what one attempt did not mend
    most     hosts of one run at most; the others are the next one
    """

    def __init__(self, collect: float, again: float, most: int) -> None:
        self.collect, self.again, self.most = collect, again, most
        self._pending: dict[str, None] = {}
        self._due: float | None = None
        self._started: dict[str, float] = {}

    def down(self, name: str, now: float) -> bool:
        """A host is down; whether that is news."""
        if name in self._pending or now - self._started.get(name, -self.again) < self.again:
            return False
        self._pending[name] = None
        if self._due is None:
            self._due = now + self.collect
        return True

    def over(self, name: str) -> None:
        """An outage of a host is over, by one of its alerts: the next time that it is down is a new one. A run that it is already in
        stays, since another alert may be the reason, and a run over a host that is well costs a look."""
        self._started.pop(name, None)

    def wait(self, now: float) -> float | None:
        """Seconds until there is a run to start; None as long as nobody is down."""
        return None if self._due is None else max(0.0, self._due - now)

    def take(self, now: float) -> list[str]:
        """The hosts of a run that is due, sorted; none where none is."""
        if self._due is None or now < self._due:
            return []
        hosts = sorted(self._pending)[: self.most]
        for name in hosts:
            del self._pending[name]
        self._started = {name: at for name, at in self._started.items() if now - at < self.again}
        self._started.update(dict.fromkeys(hosts, now))
        self._due = now if self._pending else None
        return hosts

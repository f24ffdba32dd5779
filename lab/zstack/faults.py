# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong when a test says so, by kind of fault and by path."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Optional

#: unavailable: HTTP 503 without a word of JSON, as a proxy or a starting manager gives it
#: html: a page of the UI; reset: the connection is cut; cut: it is cut in the middle of the body
#: gone: HTTP 404, as of a manager that is too old; slow: `seconds` pass first; drip: the body comes in small pieces
#: error: HTTP 503 with the manager's own error; later: HTTP 202 and a location to poll; redirect: HTTP 302
KINDS = ("unavailable", "html", "reset", "cut", "gone", "slow", "drip", "error", "later", "redirect")


@dataclass
class Fault:
    """One fault: hits requests whose path starts with `path`, after `skip` of them went well, `left` times."""

    kind: str
    path: str = ""
    left: Optional[int] = None
    skip: int = 0
    seconds: float = 0.0


@dataclass
class Faults:
    """The faults that are switched on."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def switch_on(
        self, kind: str, path: str = "", times: Optional[int] = None, skip: int = 0, seconds: float = 0.0
    ) -> None:
        """Let requests to `path` and below fail: the first `skip` not, then `times`, None for all. Raises ValueError."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; the kinds are {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(kind, path, times, skip, seconds))

    def clear(self) -> None:
        """Switch all of them off."""
        with self._lock:
            self._faults.clear()

    def hit(self, path: str) -> Optional[Fault]:
        """The fault that this request meets, counted down."""
        with self._lock:
            for fault in self._faults:
                if not path.startswith(fault.path) or fault.left == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None

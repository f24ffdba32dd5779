# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask: accounts and their users by session, access keys by signature. Every session is counted."""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

ACCOUNT, USER, PASSWORD = "admin", "operator", "account-Password-5Zk"
KEY_ID, KEY_SECRET = "h3bE9dpvqPMyk5ZnUQtY", "key-Secret-9Wm"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) PRC$")
_SKEW = 15 * 60


class Denied(Exception):
    """Not let in: HTTP status, the manager's error code and what it says."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


@dataclass
class Logins:
    """Accounts, keys and sessions of one manager."""

    opened: int = 0
    closed: int = 0
    signed: int = 0
    most: int = 500
    _sessions: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def open(self) -> int:
        """Sessions that nobody has logged out."""
        return len(self._sessions)

    def log_in(self, action: str, given: Any) -> dict[str, Any]:
        """The session that a login by `logInByAccount` or `logInByUser` opens. Raises Denied."""
        wanted = {"accountName": ACCOUNT, "password": hashlib.sha512(PASSWORD.encode()).hexdigest()}
        if action == "logInByUser":
            wanted["userName"] = USER
        if not isinstance(given, dict) or {name: given.get(name) for name in wanted} != wanted:
            raise Denied(503, "ID.1000", "wrong account name or password")
        with self._lock:
            if len(self._sessions) >= self.most:
                raise Denied(503, "ID.1006", f"the max concurrent session number[{self.most}] is exceeded")
            session = uuid.uuid4().hex
            self._sessions.add(session)
            self.opened += 1
        return {"uuid": session, "accountUuid": "36c27e8ff05c4780bf6d2fa65700f22e", "userUuid": None}

    def log_out(self, session: str) -> None:
        """End a session. Raises Denied when there is none of that name."""
        with self._lock:
            if session not in self._sessions:
                raise Denied(503, "ID.1001", "Session expired")
            self._sessions.remove(session)
            self.closed += 1

    def check(self, method: str, uri: str, headers: Mapping[str, str]) -> None:
        """Let a request in by its Authorization. Raises Denied."""
        given: Optional[str] = headers.get("Authorization")
        if given is None:
            raise Denied(400, "", "missing header 'Authorization'")
        scheme, _, rest = given.strip().partition(" ")
        if scheme == "OAuth":
            if rest.strip() not in self._sessions:
                raise Denied(503, "ID.1001", "Session expired")
        elif scheme == "ZStack":
            self._signature(method, uri, headers.get("Date") or "", rest.strip())
            with self._lock:
                self.signed += 1
        else:
            raise Denied(400, "", "Authorization type must be 'OAuth' or 'ZStack'")

    def _signature(self, method: str, uri: str, date: str, given: str) -> None:
        key, _, signature = given.partition(":")
        match = _DATE.match(date)
        if match is None or match.group(2) not in _MONTHS:
            raise Denied(503, "ID.1000", f"the Date '{date}' is not as 'Mon, 02 Jan 2006 15:04:05 PRC'")
        day, month, year, hour, minute, second = match.groups()
        when = time.strptime(f"{year} {_MONTHS.index(month) + 1} {day} {hour} {minute} {second}", "%Y %m %d %H %M %S")
        # PRC is eight hours ahead of UTC.
        seconds = calendar.timegm(when) - 8 * 3600
        if abs(time.time() - seconds) > _SKEW:
            raise Denied(503, "ID.1000", "the Date is too far from the manager's clock")
        text = f"{method}\n{date}\n{uri}".encode()
        wanted = base64.b64encode(hmac.new(KEY_SECRET.encode(), text, hashlib.sha1).digest()).decode()
        if key != KEY_ID or not hmac.compare_digest(signature, wanted):
            raise Denied(503, "ID.1000", "the signature does not match")

"""The log of calls: one JSON line each, passwords masked, so that a test can count what was asked of zbsadm."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from . import paths
from .flags import masked


class Call:
    """One call, written down once: at its end, or, for one that will hang, before."""

    def __init__(self, program: str, words: Sequence[str]) -> None:
        self._began = time.monotonic()
        self._written = False
        self.secret = ""
        self._entry: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "pid": os.getpid(),
            "argv": [program, *masked(words)],
            "command": None,
            "host": None,
        }

    def about(self, command: str, host: Any, secret: str) -> None:
        """Say what the call is, once its words are understood."""
        self._entry.update(command=command, host=host)
        self.secret = secret

    def write(self, outcome: str, status: int, code: Any = None, message: str = "") -> None:
        """Append the line. ``outcome``: ok, failed, usage, fault KIND or interrupted. A second call does nothing."""
        if self._written:
            return
        self._written = True
        if self.secret:
            message = message.replace(self.secret, "***")
        entry = {
            **self._entry,
            "seconds": round(time.monotonic() - self._began, 3),
            "outcome": outcome,
            "exit_status": status,
            "code": code,
            "message": message,
        }
        # One write on a file opened for appending: lines of calls at the same time do not mix.
        try:
            handle = os.open(paths.journal(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return  # a call without a log is still a call; the real zbsadm does not fail for its log either
        try:
            os.write(handle, (json.dumps(entry) + "\n").encode())
        finally:
            os.close(handle)


def read() -> list[dict[str, Any]]:
    """All calls, oldest first; none when there is no log."""
    try:
        text = paths.journal().read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines()]


def clear() -> None:
    """Forget all calls."""
    if paths.journal().exists():
        os.truncate(paths.journal(), 0)

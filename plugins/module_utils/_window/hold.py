# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hold: a file of the operator beside the ledger, by which ticks only observe.

`zbs_vhost.hold` is JSON, {"reason": "new kernel", "until": "2026-01-02T03:04:05Z"}; `until` (UTC) may be left out. Whoever
put a file there wants no attempts: one that can't be understood, even an empty one, holds too, without an end.
"""

import contextlib
import errno
import os
import stat
import time

from .._tools import outside
from .._tools.errors import system_words
from .ledger import HOLD_NAME

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MAX_SIZE = 64 * 1024


class Hold:
    """Nothing is attempted: `reason` (a sentence), `until` (ISO 8601, UTC) or None, `source` (the file, or the variable)."""

    def __init__(self, reason, until, source):
        self.reason = reason
        self.until = until
        self.source = source

    def sentence(self):
        """For people."""
        return "held%s by %s (%s)" % (" until %s" % self.until if self.until else "", self.source, self.reason)

    def as_dict(self):
        """For a module's result."""
        return {"reason": self.reason, "until": self.until, "source": self.source}


def read_hold(facts_dir, now):
    """(Hold or None, warnings) from the file in `facts_dir`; `now` is ISO 8601, UTC. Never raises."""
    path = os.path.join(facts_dir, HOLD_NAME)
    try:
        text = _text(path)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return None, []
        return _damaged(path, system_words(exc))
    try:
        reason, until = _parse(text)
    except ValueError as exc:
        return _damaged(path, str(exc))
    # Both are of one fixed form, so that their texts are in the order of their times.
    if until is not None and until <= now:
        return None, []
    return Hold(reason, until, path), []


def _text(path):
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read(_MAX_SIZE + 1)
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)


def _parse(text):
    """(reason, until) of a hold's text; ValueError says what is wrong with it."""
    if len(text) > _MAX_SIZE:
        raise ValueError("it is larger than %d bytes" % _MAX_SIZE)
    if not text.strip():
        raise ValueError("it is empty")
    data = outside.loads(text)
    if not isinstance(data, dict):
        raise ValueError("it is not an object")
    reason, until = data.get("reason"), data.get("until")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("it has no reason")
    if until is not None:
        if not isinstance(until, str):
            raise ValueError("until is not a string")
        try:
            until = time.strftime(_TIME, time.strptime(until, _TIME))
        except ValueError:
            raise ValueError("until is %r, not a time such as 2026-01-02T03:04:05Z" % until[:40])
    return " ".join(reason.split()), until


def _damaged(path, why):
    warning = (
        '%s can\'t be understood (%s), so the hold has no end; write {"reason": "...", "until": "2026-01-02T03:04:05Z"}'
    )
    return Hold("the file can't be understood", None, path), [warning % (path, why)]

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One deadline over several steps."""

import time

from .errors import ZbsError


class Deadline:
    """Counts down `seconds` (float) from its making on the monotonic clock, so that a clock that jumps changes nothing."""

    def __init__(self, seconds, clock=time.monotonic):
        self._clock = clock
        self._start = clock()
        self.seconds = float(seconds)

    def elapsed(self):
        """Seconds since the start."""
        return self._clock() - self._start

    def left(self):
        """Seconds left, never negative."""
        return max(0.0, self.seconds - self.elapsed())

    def spent(self):
        """Whether no time is left."""
        return self.left() <= 0.0

    def share(self, seconds):
        """A deadline of at most `seconds`, and never later than this one."""
        return Deadline(min(float(seconds), self.left()), self._clock)


def check_seconds(params, name, least):
    """ZbsError `bad_option` unless the option `name` is a number of seconds from `least` to a day (so it is no NaN)."""
    if not least <= params[name] <= 86400:
        raise ZbsError("%s is %s; give seconds from %s to 86400" % (name, params[name], least), "bad_option")

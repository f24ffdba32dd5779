# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One deadline over several steps."""

import time


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

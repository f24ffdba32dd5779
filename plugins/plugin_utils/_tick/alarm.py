# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time limit of an action plugin's own, where the keyword `timeout` of a task would be a template to compile for every host."""

import contextlib
import signal


class TimeUp(BaseException):
    """The time is over. No Exception: a connection plugin that tries again after any Exception would go on for ever."""


@contextlib.contextmanager
def within(seconds):
    """Raise TimeUp in a block that takes longer than `seconds` (a whole number). For the main thread of a worker process."""

    def ring(_signal, _frame):
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

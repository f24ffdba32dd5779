# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that this collection raises on purpose, and the words of the system's own."""

from .visible import visible

# Letters of a sentence that an operator is to read.
_MOST = 4000


def system_words(exc):
    """What the system says with an OSError, or whoever raised it in its place; without a number (a timeout has none) its text."""
    return exc.strerror or str(exc)


class ZbsError(Exception):
    """Something an operator has to know, said in one sentence.

    message  names the thing, the value and the remedy.
    code     a stable word for programs ("hugepages_short"); never reworded once released.
    details  plain data (JSON types) that proves the message; never a secret.
    """

    def __init__(self, message, code="failed", details=None):
        # It quotes what others said, however much that is.
        message = visible(message if len(message) <= _MOST else message[:_MOST] + " ...")
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = details or {}

    def as_failure(self):
        """The structured `failure` that every module returns beside `msg`."""
        return {"code": self.code, "message": self.message, "details": self.details}

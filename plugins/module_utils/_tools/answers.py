# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON object in what a program printed, which may have said other things before it."""

import re

from . import outside

# What only a terminal, or an editor, makes something of: colours (ECMA-48), titles, a byte order mark at the beginning of a line.
_DRESS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[@-Z\\^_])|^\ufeff", re.M)
# Beginnings that turn out to be no object, before the search is given up. Each costs a look at all that stands before it, and
# one that is nested or cut off at its end costs a look at all that follows.
_TRIES = 100


def last_object(text, keys=()):
    """The last whole JSON object that begins a line of `text`, as a dict; None where there is none.

    An object inside another one is never taken for the answer, however it is indented.

    keys  an object that has one of them is taken before a later one that has none: a program may log in JSON as well
    """
    try:
        text = outside.checked(_DRESS.sub("", text.replace("\0", "")).strip())
    except ValueError:
        return None
    last = chosen = None
    position, tries, work = text.find("{"), _TRIES, 2 * len(text)
    while position >= 0 and tries and work >= 0:
        if position and text[position - 1] not in "\n\r":
            line = text.find("\n", position)
            position = text.find("{", line) if line >= 0 else -1
            continue
        try:
            last, end = outside.scan(text, position)
        except ValueError as exc:
            end = position + 1
            tries -= 1
            work -= getattr(exc, "pos", len(text)) - position
        else:
            if any(key in last for key in keys):
                chosen = last
        position = text.find("{", end)
    return last if chosen is None else chosen

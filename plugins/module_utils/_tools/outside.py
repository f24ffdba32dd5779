# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that somebody else wrote: the one reader of it. It takes a bounded time and memory, and raises nothing but ValueError.

What comes out of it can be walked through by functions that call themselves, printed, and written as UTF-8: it is nested less deep than
Python's stack, every number is finite and short, and half a surrogate pair is a replacement character.
"""

import json
import re
import sys

# Far above what anybody has to say. A part is a member of a list or an object, one of these, or a backslash; each may take a hundred bytes of
# memory.
MOST_BYTES = 24 * 1024 * 1024
MOST_PARTS = 350000
MOST_DEPTH = 64
# An int64 has 19 digits. Older Pythons take hours over millions of them.
_MOST_DIGITS = 40
_WIDE, _NOT_LATIN = re.compile(rb"[\xf0-\xff]"), re.compile(rb"[\xc4-\xff]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
# A pair, a half, or any other character behind a backslash.
_ESCAPES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.S
)


class TooMuch(ValueError):
    """Nothing that follows can make this text one that is read."""


def loads(text, pairs=None):
    """The data in `text` (a str, or bytes of UTF-8); ValueError says why there is none.

    pairs  makes an object of its (key, value) pairs, as json.loads has it
    """
    decoder = _DECODER if pairs is None else _decoder(pairs)
    return _decoded(decoder.decode, checked(decoded(text) if isinstance(text, bytes) else text))


def scan(text, position=0):
    """(data, where it ends) of what begins at `position` of a text of `checked`; ValueError says why there is none."""
    data, end = _decoded(_DECODER.raw_decode, text, position)
    return data, end


def decoded(data):
    """The text in bytes (UTF-8); ValueError where they are none, TooMuch where it would be too large: one letter may widen all."""
    width = 4 if _WIDE.search(data) else 2 if _NOT_LATIN.search(data) else 1
    if len(data) * width > MOST_BYTES:
        raise TooMuch("it is too large")
    return data.decode("utf-8")


def checked(text):
    """The text as `scan` takes it; TooMuch for one that is too large."""
    if sys.getsizeof(text) > MOST_BYTES or sum(map(text.count, ",:[{\\")) > MOST_PARTS:
        raise TooMuch("it is too large")
    return _ESCAPES.sub(_whole, text) if _HALF.search(text) else text


def shaped(value, kind):
    """`value` where it is of that kind, else the kind's empty value."""
    return value if isinstance(value, kind) else kind()


def or_none(value, kind):
    """`value` where it is of that kind, else None."""
    return value if isinstance(value, kind) else None


def _decoder(pairs=None):
    return json.JSONDecoder(object_pairs_hook=pairs, parse_int=_integer, parse_float=_number, parse_constant=_no_number)


def _decoded(decode, text, *place):
    try:
        found = decode(text, *place)
    except RecursionError:
        raise TooMuch("it is nested too deep")
    if _is_deep(found[0] if place else found):
        raise TooMuch("it is nested too deep")
    return found


def _is_deep(data):
    level = [data] if isinstance(data, (dict, list)) else []
    for _depth in range(MOST_DEPTH):
        if not level:
            return False
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, (dict, list))
        ]
    return bool(level)


def _whole(match):
    """A half as the replacement character that it is for other readers of JSON (Go, Java)."""
    return "\\ufffd" if match.end() - match.start() == 6 else match.group()


def _integer(text):
    return int(text) if len(text) <= _MOST_DIGITS else _no_number(text)


def _number(text):
    value = float(text)
    return _no_number(text) if value in (float("inf"), float("-inf")) else value


def _no_number(text):
    raise TooMuch("%s is no number of JSON" % text[:_MOST_DIGITS])


_DECODER = _decoder()

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many columns of a terminal a text takes: 计 takes two, a combining accent none. Pure.

What is Ambiguous in Unicode (UAX 11) takes one, as terminals have it outside of old East Asian encodings.
"""

import unicodedata

_JOINER, _AS_PICTURE = "\u200d", "\ufe0f"


def width(text):
    """Columns of a line of visible text (see _tools/visible)."""
    if text.isascii():
        return len(text)
    columns, last, joined = 0, 0, False
    for letter in text:
        if letter == _AS_PICTURE and last == 1:  # ❤ as a picture is as wide as any
            columns, last = columns + 1, 2
        if letter == _JOINER:
            joined = last == 2
            continue
        # What is joined to a picture is one with it, and so is the colour of its skin.
        own = 0 if joined or (last == 2 and "\U0001f3fb" <= letter <= "\U0001f3ff") else _columns(letter)
        joined = False
        if own:
            columns, last = columns + own, own
    return columns


def _columns(letter):
    """Columns of one letter by itself."""
    # The vowels and ends of Korean syllables stand in the place of their beginning.
    if (
        unicodedata.category(letter) in ("Mn", "Me", "Cf")
        or "\u1160" <= letter <= "\u11ff"
        or "\ud7b0" <= letter <= "\ud7ff"
    ):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def padded(text, columns):
    """The text with blanks behind it, `columns` wide."""
    return text + " " * max(0, columns - width(text))

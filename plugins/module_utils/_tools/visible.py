# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from a host, a program or a person as it can be shown: nothing in it acts on a terminal, reorders a line or can't be written."""

import re

# Control characters but for the tab and the end of a line; what reorders text or can't be seen; marks of a byte order; the ends of
# lines and paragraphs; tags. The joiners stay (U+200C and U+200D): names of some languages, and pictures, are made with them.
_UNSEEN = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e00ff]"
)
# Half a character, as of a byte that is no UTF-8: no JSON that is written anywhere may hold one.
_HALF = r"[\ud800-\udfff]"


def visible(text):
    """The text with a replacement character for what can't be written, and each letter that can't be seen as its number (`\\x1b`)."""
    if text.isprintable():
        return text
    return re.sub(_UNSEEN, _number, re.sub(_HALF, "\ufffd", text))  # compiled where there is a use for it


def visible_in(data):
    """Plain data (JSON types) with every text in it made visible, keys too."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {visible_in(key): visible_in(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [visible_in(item) for item in data]
    return data


def _number(match):
    code = ord(match.group())
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code

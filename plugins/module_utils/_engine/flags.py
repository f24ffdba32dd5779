# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dockerd's command line, read as dockerd reads it (Go's pflag and strconv.ParseBool)."""

from .daemon_keys import FLAGS, SHORT, SWITCHES

_LONGEST = 131072
_BOOLEANS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True)
_BOOLEANS.update(dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False))


def flag_bool(values):
    """True or False as the last of these values says; None for a word that dockerd does not take for either."""
    return _BOOLEANS.get(values[-1])


def flags_of(words):
    """dockerd's arguments (without its name) by the key that they have in daemon.json: key -> values as texts."""
    found: dict[str, list[str]] = {}
    # The kernel takes no longer word.
    words = [word[:_LONGEST] for word in words][::-1]
    while words:
        word = words.pop()
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            continue
        for name, value in _long(word[2:], words) if word.startswith("--") else _short(word[1:], words):
            found.setdefault(FLAGS.get(name, name), []).append(value)
    return found


def _long(text, words):
    name, equals, value = text.partition("=")
    return [(name, value if equals else _value(name, words))]


def _short(text, words):
    """-D, -Dl debug, -Hfd://, -H=fd://; and -iptables=false, which releases before 1.10 took for a long one."""
    name = text.partition("=")[0]
    if len(name) > 1 and (name in SWITCHES or name in FLAGS or name in FLAGS.values()):
        return _long(text, words)
    found: list[tuple[str, str]] = []
    for place, letter in enumerate(text, 1):
        name = SHORT.get(letter, letter)
        if text[place : place + 1] == "=":
            return found + [(name, text[place + 1 :])]
        if name not in SWITCHES:
            return found + [(name, text[place:] or _value(name, words))]
        found.append((name, "true"))
    return found


def _value(name, words):
    if name in SWITCHES or not words or words[-1].startswith("-"):
        return "true"
    return words.pop()

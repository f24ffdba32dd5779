# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the story is told: headings, notes, claims. A claim that does not hold ends it."""

import sys
import time
from typing import Iterable

_COLOUR = sys.stdout.isatty()
# When each act began, and its heading.
_acts: list[tuple[float, str]] = []


class Broken(Exception):
    """A claim of the story did not hold; the message says which and what was seen instead."""


def heading(text: str) -> None:
    """A new act."""
    _acts.append((time.monotonic(), text))
    print("\n" + _paint("1", text), flush=True)


def note(text: str) -> None:
    """A line of explanation."""
    print("   " + text, flush=True)


def show(lines: Iterable[str]) -> None:
    """Lines of a real output, as they are."""
    for line in lines:
        print("   | " + line, flush=True)


def claim(text: str, holds: bool, seen: object = "") -> None:
    """Print `text` as a fact when it holds; else raise Broken with what was seen."""
    if not holds:
        raise Broken(f"This should be so and is not: {text}. Seen: {seen}")
    print("   " + _paint("32", "✓ ") + text, flush=True)


def good(text: str) -> None:
    """The good end."""
    print("\n" + _paint("1;32", text), flush=True)


def bad(text: str) -> None:
    """The bad end."""
    print("\n" + _paint("1;31", text), file=sys.stderr, flush=True)


def times() -> None:
    """Where the time went: a line an act, with its seconds."""
    ends = [began for began, _text in _acts[1:]] + [time.monotonic()]
    for (began, text), end in zip(_acts, ends, strict=True):
        note(f"{end - began:4.0f} s  {text.partition(':')[0]}")


def _paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _COLOUR else text

"""A command line in the way of the Go programs that zbsadm is one of.

argparse is not used for it: it takes a password that begins with a dash for an option, and quotes values in its errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .errors import UsageError


@dataclass(frozen=True)
class Flag:
    """One flag. Without ``check`` it takes no value and is True when given."""

    name: str
    check: Callable[[str], Any] | None = None
    short: str = ""
    required: bool = False
    help: str = ""

    @property
    def shown(self) -> str:
        """The flag as help and errors name it."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


class HelpAsked(Exception):
    """-h or --help was among the words."""


def _find(word: str, flags: Sequence[Flag]) -> tuple[Flag, str | None]:
    """The flag that a word names and the value glued to it. Errors name the flag, never what is glued to it."""
    if word.startswith("--"):
        name, glue, glued = word[2:].partition("=")
        for flag in flags:
            if flag.name == name:
                return flag, glued if glue else None
        raise UsageError(f"unknown flag: --{name}")
    for flag in flags:
        if flag.short and word[1] == flag.short:
            return flag, word[2:] or None
    raise UsageError(f"unknown shorthand flag: -{word[1]}")


def parse(words: Sequence[str], flags: Sequence[Flag]) -> dict[str, Any]:
    """Words to values by flag name; absent flags are absent. Raises UsageError or HelpAsked."""
    values: dict[str, Any] = {}
    rest: list[str] = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help"):
            raise HelpAsked
        if len(word) < 2 or not word.startswith("-"):
            raise UsageError(f"unexpected argument {word!r}")
        flag, glued = _find(word, flags)
        if flag.name in values:
            raise UsageError(f"{flag.shown} is given twice")
        if flag.check is None:
            if glued is not None:
                raise UsageError(f"{flag.shown} takes no value")
            values[flag.name] = True
            continue
        if glued is None:
            if not rest:
                raise UsageError(f"{flag.shown} needs a value")
            glued = rest.pop(0)
        try:
            values[flag.name] = flag.check(glued)
        except ValueError as error:
            raise UsageError(f"{flag.shown} {error}") from None
    missing = [flag.shown for flag in flags if flag.required and flag.name not in values]
    if missing:
        raise UsageError(f"required: {'; '.join(missing)}")
    return values


def masked(words: Sequence[str], short: str = "p", name: str = "password") -> list[str]:
    """The same words with every password replaced by ***; works on command lines that do not parse, too."""
    shown: list[str] = []
    hide = False
    for word in words:
        if hide:
            shown.append("***")
            hide = False
        elif word in (f"-{short}", f"--{name}"):
            shown.append(word)
            hide = True
        elif word.startswith(f"--{name}="):
            shown.append(f"--{name}=***")
        elif word.startswith(f"-{short}"):
            shown.append(f"-{short}***")
        else:
            shown.append(word)
    return shown

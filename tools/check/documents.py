# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say that can be tried: their blocks of code, and the commands in these and in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .process import ROOT

# A fence with one of these names holds commands, one a line; any other holds none, which `stray` sees to.
SHELL = ("shell", "console", "bash", "sh")
# What a line of a terminal begins with here; `name=value` and paths to these programs too.
_PROGRAM = re.compile(
    r"(?:\$ )?(?:\S*/)?(?:ansible(?:-[a-z]+)?|make|pip|python3?|molecule|export|source|docker|systemctl|journalctl|promtool|git)(?: |$)"
)
_INLINE = re.compile(r"(?:ansible(?:-[a-z]+)?|make|pip|python3?|molecule) \S")


@dataclass(frozen=True)
class Block:
    """A block of code: the file and line where it begins, its language ("" for none, None for an indented one), its text."""

    path: Path
    line: int
    language: str | None
    text: str

    def where(self) -> str:
        """For people."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """The documents that people read: those at the top, and the guides."""
    changelog = ROOT / "CHANGELOG.md"
    return sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path != changelog)


def blocks(path: Path) -> list[Block]:
    """The blocks of code of a document, in order."""
    found: list[Block] = []
    fence: str | None = None
    start, lines = 0, list[str]()
    indented: list[str] = []
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if fence is not None:
            if line.startswith("```"):
                found.append(Block(path, start, fence, "\n".join(lines)))
                fence = None
            else:
                lines.append(line)
        elif line.startswith("```"):
            fence, start, lines = line[3:].strip(), number, []
        elif line.startswith("    "):
            indented.append(line[4:])
            continue
        if indented:
            found.append(Block(path, number - len(indented), None, "\n".join(indented)))
            indented = []
    return found


def commands(path: Path) -> list[str]:
    """The commands of a document in order, each as one line without its remark: those of its shell blocks, then the text's."""
    found = []
    for block in blocks(path):
        if block.language in SHELL:
            whole = block.text.replace("\\\n", " ")
            found += [_plain(line) for line in whole.splitlines() if line.strip() and not line.startswith("#")]
    return found + [_plain(text) for text in _spans(path) if _INLINE.match(text)]


def stray(path: Path) -> list[str]:
    """Where a document has commands in a block that is not said to be a shell's."""
    return [
        block.where()
        for block in blocks(path)
        if block.language in ("", None, "text") and any(_PROGRAM.match(line) for line in block.text.splitlines())
    ]


def spans(path: Path) -> list[str]:
    """What stands in backticks in the text, outside of blocks."""
    return list(_spans(path))


def _spans(path: Path) -> Iterator[str]:
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("    "):
            yield from re.findall(r"`([^`]+)`", line)


def _plain(line: str) -> str:
    """A command without its prompt, its remark and the blanks between its words."""
    return " ".join(re.sub(r"\s+# .*$", "", line.strip().removeprefix("$ ")).split())

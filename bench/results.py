# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""bench/results.md: a section for each part, with the commit that it was measured on. Pure."""

TITLE = """# What a tick costs

Printed by `make bench`, each part with both of its sides in one run, in turns. Each side is the median of its rounds; a ratio is the median of
the rounds' ratios, with the least and the most of them beside it: the farther apart, the more the machine was disturbed.
"""


def merged(old: str, header: str, sections: dict[str, str], order: list[str]) -> str:
    """The file `old` with the machine of today and the `sections` ({part: text}) in place of its own, parts in `order`.

    A part that is in neither is left out, and so is one of another machine: figures of two machines say nothing beside each other.
    """
    kept = _sections(old) if f"\n{header}\n\n" in old else {}
    kept.update(sections)
    parts = [f"## {part}\n\n{kept[part]}" for part in order if part in kept]
    return "\n".join([TITLE, f"{header}\n", *parts])


def _sections(text: str) -> dict[str, str]:
    """{part: text} of a file that `merged` wrote."""
    pieces = text.split("\n## ")[1:]
    return {name: body.strip("\n") + "\n" for name, _newline, body in (piece.partition("\n\n") for piece in pieces)}

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the result: what was compared, both sides as they were measured, the ratio, and the goal it was held against."""

from dataclasses import dataclass


@dataclass
class Row:
    """`ratio` is None where a row compares nothing; `goal` in words."""

    what: str
    left: str
    right: str
    ratio: float | None
    goal: str

    def cells(self) -> tuple[str, ...]:
        """The row's cells, for a table."""
        return self.what, self.left, self.right, "-" if self.ratio is None else f"{self.ratio:.2f}", self.goal


HEAD = ("what", "one side", "other side", "ratio", "goal")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table, wide enough to be read as text too."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the result: what was compared, both sides as they were measured, the ratio, and the goal it was held against."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Ratio:
    """What one side is of the other: the median of the rounds, and the least and the most of them, which say how quiet the machine was."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, ones: Sequence[float], others: Sequence[float]) -> "Ratio":
        """Of one side's figures by the other's, round by round, at least one: a machine that grows slow grows slow for both sides of a
        round, but not for the medians of all rounds alike.
        """
        ratios = [one / other for one, other in zip(ones, others, strict=True)]
        return cls(statistics.median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        """Two figures where there was but one round, or all agree."""
        alone = f"{self.middle:.2f}"
        ends = f"{self.low:.2f} to {self.high:.2f}"
        return alone if ends == f"{alone} to {alone}" else f"{alone} ({ends})"


@dataclass
class Row:
    """`ratio` is None where a row compares nothing; `goal` in words."""

    what: str
    left: str
    right: str
    ratio: Ratio | None
    goal: str

    def cells(self) -> tuple[str, ...]:
        """The row's cells, for a table."""
        return self.what, self.left, self.right, "-" if self.ratio is None else str(self.ratio), self.goal


HEAD = ("what", "one side", "other side", "ratio", "goal")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table, wide enough to be read as text too."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])

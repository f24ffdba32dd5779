# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in turns, so that what else the machine does falls on all sides alike: their medians, and what they are to each other round by round."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .row import Ratio
from .run import Cost


@dataclass
class Series:
    """The costs of one job, one a round."""

    costs: list[Cost]

    def middle(self, of: str) -> float:
        """The median of `wall`, `cpu`, `memory`, `own` or `lines`."""
        return statistics.median(self._each(of))

    def over(self, other: "Series", of: str, times: float = 1.0) -> Ratio:
        """What this job's figure is of the other's, `times` as much where a host's is meant."""
        return Ratio.of([times * one for one in self._each(of)], other._each(of))

    def beyond(self, other: "Series", of: str) -> float:
        """What this job's figure is above the other's, see `beyond`."""
        return beyond(self._each(of), other._each(of))

    def _each(self, of: str) -> list[float]:
        return [float(getattr(cost, of)) for cost in self.costs]


def beyond(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of what one side's figures are above the other's, round by round for the reason that `Ratio.of` gives."""
    return statistics.median(one - other for one, other in zip(ones, others, strict=True))


def alternate(jobs: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Series]:
    """The costs of each job after one round that does not count (it fills caches and ledgers).

    Every other round goes the other way round, so that no job always follows the same one.
    """
    found: dict[str, Series] = {name: Series([]) for name in jobs}
    for number in range(rounds + 1):
        for name in reversed(list(jobs)) if number % 2 else list(jobs):
            cost = jobs[name]()
            print(
                f"   round {number}/{rounds} {name}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s",
                file=sys.stderr,
                flush=True,
            )
            if number:
                found[name].costs.append(cost)
    return found

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in turns, so that what else the machine does falls on all sides alike, and their medians."""

import statistics
import sys
from collections.abc import Callable, Mapping

from .run import Cost


def alternate(jobs: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """The median of each job's costs after one round that does not count (it fills caches and ledgers)."""
    costs: dict[str, list[Cost]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        for name, job in jobs.items():
            cost = job()
            print(
                f"   round {number}/{rounds} {name}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s",
                file=sys.stderr,
                flush=True,
            )
            if number:
                costs[name].append(cost)
    return {name: _median(found) for name, found in costs.items()}


def _median(costs: list[Cost]) -> Cost:
    def middle(of: Callable[[Cost], float]) -> float:
        return statistics.median(of(cost) for cost in costs)

    return Cost(
        middle(lambda cost: cost.wall),
        middle(lambda cost: cost.cpu),
        middle(lambda cost: cost.memory),
        middle(lambda cost: cost.own),
        costs[-1].lines,
    )

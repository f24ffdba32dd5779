# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tick cut in two, as AWX's job slices do it: two runs beside each other, each over every other host."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .fleet import Fleet
from .rounds import alternate
from .row import Row
from .run import HEAL, Cost, play


def rows(hosts: int, rounds: int) -> list[Row]:
    """Two slices beside one run, with as many forks in all."""
    with Fleet(hosts) as fleet:
        run = partial(play, HEAL, fleet.inventory, env=fleet.environment())
        halves = [",".join(fleet.names[start::2]) for start in (0, 1)]

        def sliced() -> Cost:
            began = time.monotonic()
            with ThreadPoolExecutor(2) as pool:
                costs = list(pool.map(lambda names: run(forks=5, extra=("--limit", names)), halves))
            # The children of both runs are counted together: the CPU of each is not told apart.
            return Cost(
                time.monotonic() - began,
                max(cost.cpu for cost in costs),
                max(cost.memory for cost in costs),
                sum(cost.own for cost in costs),
                0,
            )

        found = alternate({"one": partial(run, forks=10), "two": sliced}, rounds)
    one, two = found["one"], found["two"]
    return [
        Row(
            f"two slices / one run, {hosts} hosts, wall",
            f"{two.middle('wall'):.1f} s",
            f"{one.middle('wall'):.1f} s",
            two.over(one, "wall"),
            "-",
        )
    ]

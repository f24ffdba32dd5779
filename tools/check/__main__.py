# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks by stage, with progress, and close with one line of counts: `N passed, N failed`.

Usage: python -m tools.check STAGE..., see STAGES. Exit status 0 only when every check passed and ran. What a plus sign joins runs side
by side, what a comma joins one after the other. `lint,sanity,unit+molecule`: each of the two keeps about one core busy, and a third
beside them would make tests that watch the clock wait for the machine. The one on the lab takes longer, so the other one yields to it.
"""

import contextlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from . import awx, docs, events, lint, matrix, publish, runner, running, sanity, scenarios, unit
from .process import Tally

STAGES = {
    "lint": lint.run,
    "unit": unit.run,
    "sanity": sanity.run,
    "molecule": scenarios.run,
    "slow": scenarios.run_slow,
    "docs": docs.run,
    "awx": awx.run,
    "events": events.run,
    "runner": runner.run,
    "matrix": matrix.run,
    "publish": publish.run,
}
# Those that have the lab of the machine, which one at a time can have.
ON_LAB = {"molecule", "slow", "docs", "events", "runner", "matrix"}


def _run(name: str) -> Tally:
    """Run one stage; one in which nothing ran has failed."""
    before = time.monotonic()
    try:
        tally = STAGES[name]()
    except running.Ended:
        tally = Tally(failed=1)
    if tally.passed + tally.failed == 0:
        print(f"{name}: no check ran, which is a failure")
        tally.failed = 1
    print(f"== {name}: {tally.words()} in {time.monotonic() - before:.0f} s", flush=True)
    return tally


def _lane(names: list[str]) -> Tally:
    """Run stages one after the other; without the lab they yield to what has it."""
    total = Tally()
    with contextlib.nullcontext() if ON_LAB.intersection(names) else running.yielding():
        for name in names:
            if not running.ended():
                total.add(_run(name))
    return total


def main(words: list[str]) -> int:
    """Run the stages that `words` name, in their order, and return the exit status."""
    groups = [[lane.split(",") for lane in word.split("+")] for word in words]
    unknown = [name for lanes in groups for lane in lanes for name in lane if name not in STAGES]
    if unknown or not words:
        print(f"Unknown stage {', '.join(unknown) or '(none)'}; choose from: {', '.join(STAGES)}")
        return 2
    started = time.monotonic()
    with running.ending_with_signals():
        total = _all(groups)
    print(f"All of it took {time.monotonic() - started:.0f} s")
    print(total.words())
    return 1 if total.failed else 0


def _all(groups: list[list[list[str]]]) -> Tally:
    """Run the groups one after the other, until the run is ended."""
    total = Tally()
    for lanes in groups:
        print(f"== {' beside '.join(', then '.join(lane) for lane in lanes)}", flush=True)
        with ThreadPoolExecutor(len(lanes)) as pool:
            for tally in pool.map(_lane, lanes):
                total.add(tally)
        if running.ended():
            total.failed += 1
            print("The run was ended, so the rest of it did not run")
            break
    return total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

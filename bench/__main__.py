# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m bench [PART...]`: measure and print what a tick costs, and write bench/results.md, where a part that was not measured stays.

Parts: probe, healthy, growth, silent, strategies, forks, slices, mitogen, lab, attempt and node (need root). BENCH_HOSTS (50), BENCH_MANY (400) and
BENCH_ROUNDS (5) make it shorter or longer; results.md is written only at these sizes or larger, after each part.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from . import attempt_rows, fleet_rows, lab_rows, machine, mitogen, probe_rows, results, silent_rows, slices
from .row import Row, table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("results.md")
HOSTS, MANY, ROUNDS = (
    int(os.environ.get(f"BENCH_{name}", value)) for name, value in (("HOSTS", 50), ("MANY", 400), ("ROUNDS", 5))
)

PARTS: dict[str, Callable[[], list[Row]]] = {
    "probe": lambda: probe_rows.rows(ROUNDS),
    "healthy": lambda: fleet_rows.healthy(HOSTS, ROUNDS),
    "growth": lambda: fleet_rows.growth(HOSTS, MANY, ROUNDS),
    "silent": lambda: silent_rows.silent(2 * HOSTS, 5, ROUNDS),
    "strategies": lambda: fleet_rows.strategies(HOSTS, ROUNDS),
    "forks": lambda: fleet_rows.forks(HOSTS, ROUNDS),
    "slices": lambda: slices.rows(HOSTS, ROUNDS),
    "mitogen": lambda: mitogen.rows(HOSTS, ROUNDS),
    "lab": lambda: lab_rows.rows(4 * HOSTS, ROUNDS),
    "attempt": lambda: attempt_rows.rows(2 * ROUNDS),
    "node": lambda: lab_rows.node(HOSTS, ROUNDS),
}


def main(names: list[str]) -> None:
    """Run the parts; print each table, and write it to the results, as it is done."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        raise SystemExit(f"There is no part {unknown[0]}; choose from: {', '.join(PARTS)}")
    machine.plain_environment()
    header = "\n".join(f"- {line}" for line in machine.lines())
    print(header, flush=True)
    for name in names or PARTS:
        stamp = machine.stamp(ROOT)
        print(f"\n{name}. {stamp}", flush=True)
        text = table(PARTS[name]())
        print(text, flush=True)
        # After each part: one that fails at the end must not take an hour's figures along.
        if HOSTS >= 50 and MANY >= 400 and ROUNDS >= 5:
            old = RESULTS.read_text() if RESULTS.exists() else ""
            RESULTS.write_text(results.merged(old, header, {name: f"{stamp}\n\n{text}\n"}, list(PARTS)))
            print(f"\nWritten to {RESULTS.relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

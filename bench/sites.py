# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site needs, worked out from the bench's figures: `python -m bench.sites` prints the tables of docs/scale.md. Pure.

A test holds the document's tables against these, so that neither can be changed alone.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Of bench/results.md; seconds, and MiB.

    start  a run without hosts; take_in  the main process for each host; host  the controller's CPU for each host, connected anew;
    wait   one host's task as its worker waits for it; run, known, fork  memory of a run, of each host that it knows, of each fork
    """

    start: float
    take_in: float
    host: float
    wait: float
    run: float
    known: float
    fork: float


@dataclass(frozen=True)
class Need:
    """Of a site: `jobs` at once, `forks` each, CPU seconds of a tick, `cores` by CPU and by AWX's count of forks, MiB of the processes
    and by AWX's count, seconds of the tick.
    """

    jobs: int
    forks: int
    cpu: float
    cores: int
    cores_awx: int
    memory: float
    memory_awx: float
    tick: float


# Measured on the machine of bench/results.md; see docs/scale.md for the row of each.
HERE = Figures(start=0.8, take_in=0.021, host=0.175, wait=0.54, run=64, known=0.02, fork=9)
# The same with the node part: those above, by what both ways are to each other in one run (part `node` of the bench: 164 / 228 ms of CPU a
# host, 29 / 73 of them the main process, 0.41 / 0.73 s a host with one fork). That run was on another machine than those above.
NODE = Figures(start=0.8, take_in=0.008, host=0.126, wait=0.3, run=64, known=0.02, fork=9)
SITES = ((1000, 60), (5000, 60), (5000, 120), (20000, 300))
# A tick is to be over in half of its interval: the other half is for an attempt.
AIM = 0.5
# Cores and forks are planned to be busy for this much of that time, for each term of the formula is right only where the others leave room.
SHARE = 0.7
# AWX counts a job's forks and one more, four of them a core, 100 MB each, and keeps 2 GiB of an instance for itself.
FORKS_A_CORE, MIB_A_FORK, MIB_KEPT = 4, 100e6 / 2**20, 2048
# The most hosts of one job: beyond that its inventory alone is worth a split.
MOST = 1000


def need(hosts: int, interval: float, figures: Figures = HERE) -> Need:
    """What `hosts` need that are all well, for a tick every `interval` seconds."""
    work = AIM * interval - figures.start
    jobs = max(math.ceil(hosts / MOST), math.ceil(hosts * figures.take_in / work))
    each = math.ceil(hosts / jobs)
    forks = math.ceil(each * figures.wait / (SHARE * work))
    cpu = hosts * figures.host
    cores = math.ceil(cpu / (SHARE * work))
    tick = figures.start + max(each * figures.take_in, cpu / cores, each * figures.wait / forks)
    counted = jobs * (forks + 1)
    return Need(
        jobs=jobs,
        forks=forks,
        cpu=cpu,
        cores=cores,
        cores_awx=math.ceil(counted / FORKS_A_CORE),
        memory=jobs * (figures.run + each * figures.known + forks * figures.fork),
        memory_awx=counted * MIB_A_FORK + MIB_KEPT,
        tick=tick,
    )


def table(figures: Figures = HERE) -> str:
    """The sites as a Markdown table."""
    lines = [
        "| hosts | tick every | jobs | forks a job | CPU of a tick | cores: by CPU, by AWX's count | memory: of the processes, by AWX's count | T |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for hosts, interval in SITES:
        one = need(hosts, interval, figures)
        cells = (
            f"{hosts:,}",
            f"{interval // 60} min",
            str(one.jobs),
            str(one.forks),
            f"{one.cpu:,.0f} s",
            f"{one.cores}, {one.cores_awx}",
            f"{one.memory / 1024:.1f} GiB, {one.memory_awx / 1024:.1f} GiB",
            f"{one.tick:.0f} s",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"{table()}\n\nWith the node part:\n\n{table(NODE)}")

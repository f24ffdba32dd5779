# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a simulated fleet: a healthy tick beside a ping and beside a heal as it is usually written, and how it grows."""

import os
from functools import partial

from .fleet import Fleet
from .rounds import alternate
from .row import Row
from .run import Cost, play

HEAL = "zstack.zbs.heal"


def _both(cost: Cost) -> str:
    return f"{cost.wall:.1f} s, CPU {cost.cpu:.1f} s"


def healthy(hosts: int, rounds: int) -> list[Row]:
    """The tick of a healthy fleet beside its floor and beside the usual way."""
    with Fleet(hosts) as fleet:

        def run(name: str) -> Cost:
            return play(name, fleet.inventory, env=fleet.environment())

        found = alternate({name: partial(run, name) for name in ("ping.yml", HEAL, "usual.yml")}, rounds)
        fleet.docker_calls()
        run(HEAL)
        calls = fleet.docker_calls()
    ping, heal, usual = found["ping.yml"], found[HEAL], found["usual.yml"]
    return [
        Row(f"heal / ping, {hosts} hosts, wall", _both(heal), _both(ping), heal.wall / ping.wall, "<= 1.25"),
        Row(f"heal / ping, {hosts} hosts, CPU", _both(heal), _both(ping), heal.cpu / ping.cpu, "<= 1.25"),
        Row(f"usual way / heal, {hosts} hosts, wall", _both(usual), _both(heal), usual.wall / heal.wall, ">= 4"),
        Row("calls of docker in a healthy tick", f"{calls}", f"{hosts} hosts", None, "0"),
        Row("lines printed", f"heal {heal.lines}", f"ping {ping.lines}", heal.lines / ping.lines, "one a host or none"),
    ]


def growth(few: int, many: int, rounds: int) -> list[Row]:
    """How a healthy tick grows with the fleet, by host."""
    costs = []
    for hosts in (few, many):
        with Fleet(hosts) as fleet:
            job = partial(play, HEAL, fleet.inventory, env=fleet.environment())
            costs.append(alternate({f"heal of {hosts}": job}, rounds)[f"heal of {hosts}"])
    one, other = costs
    return [
        Row(
            f"growth from {few} to {many} hosts, wall a host",
            f"{many}: {other.wall / many * 1000:.0f} ms",
            f"{few}: {one.wall / few * 1000:.0f} ms",
            (other.wall / many) / (one.wall / few),
            "<= 1.1",
        ),
        Row(
            f"growth from {few} to {many} hosts, CPU a host, of it the main process",
            f"{many}: {other.cpu / many * 1000:.0f} ms, {other.own / many * 1000:.0f} ms",
            f"{few}: {one.cpu / few * 1000:.0f} ms, {one.own / few * 1000:.0f} ms",
            (other.cpu / many) / (one.cpu / few),
            "<= 1.1",
        ),
        Row(
            f"memory of the largest process, {few} to {many} hosts",
            f"{many}: {other.memory:.0f} MiB",
            f"{few}: {one.memory:.0f} MiB",
            other.memory / one.memory,
            f"linear: <= {many / few:.0f}",
        ),
    ]


def strategies(hosts: int, rounds: int) -> list[Row]:
    """The tick's one task a host under other strategies."""
    with Fleet(hosts) as fleet:
        env = fleet.environment()
        jobs = {
            name: partial(play, "observe.yml", fleet.inventory, env={**env, "ANSIBLE_STRATEGY": name})
            for name in ("linear", "free", "host_pinned")
        }
        found = alternate(jobs, rounds)
    linear = found["linear"]
    return [
        Row(
            f"observe under strategy {name}, {hosts} hosts, wall",
            _both(found[name]),
            _both(linear),
            found[name].wall / linear.wall,
            "-",
        )
        for name in ("free", "host_pinned")
    ]


def forks(hosts: int, rounds: int) -> list[Row]:
    """What more forks bring on this machine."""
    wide = 4 * (os.cpu_count() or 1)
    with Fleet(hosts) as fleet:
        jobs = {
            f"{number}": partial(play, HEAL, fleet.inventory, forks=number, env=fleet.environment())
            for number in (5, wide, 50)
        }
        found = alternate(jobs, rounds)
        peaks = {name: job(watch=True).peak for name, job in jobs.items()}
    base = found["5"]
    walls = [
        Row(f"{name} forks, {hosts} hosts, wall", _both(cost), _both(base), cost.wall / base.wall, "-")
        for name, cost in found.items()
        if name != "5"
    ]
    memory = Row(
        f"memory of a tick with its workers, {hosts} hosts, 50 forks / 5 forks",
        f"{peaks['50']:.0f} MiB",
        f"{peaks['5']:.0f} MiB",
        None,
        f"{(peaks['50'] - peaks['5']) / 45:.1f} MiB a fork",
    )
    return [*walls, memory]

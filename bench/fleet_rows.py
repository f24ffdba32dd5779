# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a simulated fleet: a healthy tick beside a ping and beside a heal as it is usually written, and how it grows."""

import os
from functools import partial

from .fleet import DISKS, Fleet
from .rounds import Series, alternate
from .row import Row
from .run import HEAL, Cost, play


def both(series: Series) -> str:
    """Wall and CPU of a job, in words."""
    return f"{series.middle('wall'):.1f} s, CPU {series.middle('cpu'):.1f} s"


def healthy(hosts: int, rounds: int) -> list[Row]:
    """The tick of a healthy fleet beside its floor and beside the usual way."""
    with Fleet(hosts, DISKS) as fleet:

        def run(name: str) -> Cost:
            return play(name, fleet.inventory, env=fleet.environment())

        def turns(names: tuple[str, str], number: int) -> tuple[Series, Series]:
            found = alternate({name: partial(run, name) for name in names}, number)
            return found[names[0]], found[names[1]]

        # The ratio that is nearest to its goal, of runs that are short: twice as many.
        heal, ping = turns((HEAL, "ping.yml"), 2 * rounds)
        usual, beside = turns(("usual.yml", HEAL), rounds)
        fleet.docker_calls()
        run(HEAL)
        calls = fleet.docker_calls()
    return [
        Row(
            f"heal / ping, {hosts} hosts with {DISKS} VMs each, wall",
            both(heal),
            both(ping),
            heal.over(ping, "wall"),
            "<= 1.25",
        ),
        Row(
            f"heal / ping, {hosts} hosts with {DISKS} VMs each, CPU",
            both(heal),
            both(ping),
            heal.over(ping, "cpu"),
            "<= 1.25",
        ),
        Row(f"usual way / heal, {hosts} hosts, wall", both(usual), both(beside), usual.over(beside, "wall"), ">= 4"),
        Row("calls of docker in a healthy tick", f"{calls}", f"{hosts} hosts", None, "0"),
        Row(
            "lines printed",
            f"heal {heal.middle('lines'):.0f}",
            f"ping {ping.middle('lines'):.0f}",
            heal.over(ping, "lines"),
            "one a host or none",
        ),
    ]


def growth(few: int, many: int, rounds: int) -> list[Row]:
    """How a healthy tick grows with the fleet, by host."""
    with Fleet(few) as small, Fleet(many) as large:
        found = alternate(
            {
                f"heal of {fleet.count}": partial(play, HEAL, fleet.inventory, env=fleet.environment())
                for fleet in (small, large)
            },
            rounds,
        )
    one, other = found[f"heal of {few}"], found[f"heal of {many}"]

    def each(series: Series, hosts: int, of: str) -> str:
        return f"{series.middle(of) / hosts * 1000:.0f} ms"

    def line(of: str) -> tuple[float, float]:
        """(seconds of a run without hosts, seconds of each host more) of the straight line through both sizes."""
        slope = other.beyond(one, of) / (many - few)
        return one.middle(of) - few * slope, slope

    start, own = line("wall")[0], line("own")[1] * 1000

    return [
        Row(
            f"growth from {few} to {many} hosts, wall a host",
            f"{many}: {each(other, many, 'wall')}",
            f"{few}: {each(one, few, 'wall')}",
            other.over(one, "wall", few / many),
            "<= 1.1",
        ),
        Row(
            f"growth from {few} to {many} hosts, CPU a host, of it the main process",
            f"{many}: {each(other, many, 'cpu')}, {each(other, many, 'own')}",
            f"{few}: {each(one, few, 'cpu')}, {each(one, few, 'own')}",
            other.over(one, "cpu", few / many),
            "<= 1.1",
        ),
        Row(
            f"the straight line through {few} and {many} hosts: where it begins, wall; a host more, main process's CPU",
            f"{start:.1f} s",
            f"{own:.0f} ms",
            None,
            "-",
        ),
        Row(
            f"memory of the largest process, {few} to {many} hosts",
            f"{many}: {other.middle('memory'):.0f} MiB",
            f"{few}: {one.middle('memory'):.0f} MiB",
            other.over(one, "memory"),
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
            both(found[name]),
            both(linear),
            found[name].over(linear, "wall"),
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
        Row(f"{name} forks, {hosts} hosts, wall", both(series), both(base), series.over(base, "wall"), "-")
        for name, series in found.items()
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

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows over SSH: a tick beside a ping where connections are kept from one tick to the next and where they are not, and what the
formula of docs/scale.md takes from them.
"""

import tempfile
from functools import partial
from pathlib import Path

import yaml

from .fleet import GROUP
from .rounds import Series, alternate
from .row import Row
from .run import HEAL, play

PING = "ping.yml"
# An interval above a minute finds no connection of the tick before: Ansible keeps them for 60 seconds (ControlPersist).
COLD = {"ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no -o ControlPath=none"}


def rows(lab: Path, count: int, rounds: int) -> list[Row]:
    """`lab` is the inventory of a deployed lab, `count` the names that are made for its hosts."""
    with tempfile.TemporaryDirectory() as folder:
        names = aliases(lab, Path(folder), count)
        # Short runs, and a ratio near its goal: twice as many.
        kept = alternate({name: partial(play, name, names) for name in (HEAL, PING)}, 2 * rounds)
        cold = alternate({name: partial(play, name, names, env=COLD) for name in (HEAL, PING)}, rounds)
        few = aliases(lab, Path(folder), count // 5)
        fewer = alternate({name: partial(play, name, few, env=COLD) for name in (HEAL, PING)}, rounds)
        wait = waits(lab, Path(folder), count // 5, rounds)
    hosts = f"{count} names for the lab's hosts"
    more = count - count // 5
    slope = [slope(cold[name], fewer[name], "cpu", more) * 1000 for name in (HEAL, PING)]
    return [
        *_both(f"heal / ping over SSH, {hosts}, connections kept", kept, count),
        *_both(f"heal / ping over SSH, {hosts}, each connected anew", cold, count),
        Row(
            "a host more, connected anew: controller's CPU, heal / ping",
            f"{slope[0]:.0f} ms",
            f"{slope[1]:.0f} ms",
            None,
            "-",
        ),
        Row("a host more with one fork, connected anew: wall", f"{wait:.2f} s", "-", None, "-"),
    ]


def _both(what: str, found: dict[str, Series], count: int) -> list[Row]:
    heal, ping = found[HEAL], found[PING]
    cpu = [each(series, "cpu", count) for series in (heal, ping)]
    wall = [each(series, "wall", count) for series in (heal, ping)]
    memory = [f"{series.middle('memory'):.0f} MiB" for series in (heal, ping)]
    return [
        Row(f"{what}, wall", wall[0], wall[1], heal.over(ping, "wall"), "<= 1.25"),
        Row(f"{what}, controller's CPU", cpu[0], cpu[1], heal.over(ping, "cpu"), "<= 1.25"),
        Row(f"{what}, memory of the largest process", memory[0], memory[1], None, "-"),
    ]


def each(series: Series, of: str, count: int) -> str:
    """The `wall` or `cpu` of a series in words, CPU with each host's share."""
    if of == "wall":
        return f"{series.middle(of):.1f} s"
    shares = [series.middle(name) / count * 1000 for name in ("cpu", "own")]
    return f"{series.middle(of):.1f} s, {shares[0]:.0f} ms a host, main process {shares[1]:.0f}"


def slope(many: Series, few: Series, of: str, more: int) -> float:
    """What each of the `more` hosts adds."""
    return (many.middle(of) - few.middle(of)) / more


def waits(lab: Path, folder: Path, few: int, rounds: int, extra: tuple[str, ...] = ()) -> float:
    """Seconds that one host's task takes its worker, with these arguments of the tick: with one fork they stand in line."""
    sizes = {"more": aliases(lab, folder, 2 * few), "fewer": aliases(lab, folder, few)}
    found = alternate(
        {name: partial(play, HEAL, path, forks=1, env=COLD, extra=extra) for name, path in sizes.items()}, rounds
    )
    return found["more"].beyond(found["fewer"], "wall") / few


def aliases(lab: Path, folder: Path, count: int) -> Path:
    """An inventory of `count` names for the lab's hosts, each with a ledger of its own.

    Ansible shares a connection that is kept among the names of one address; each of those made anew is one name's.
    """
    site = yaml.safe_load(lab.read_text())
    real = list(site["all"]["children"][GROUP]["hosts"].values())
    hosts = {f"s{number:04d}": dict(real[number % len(real)]) for number in range(count)}
    for name, variables in hosts.items():
        # The hosts' /run is in memory and gone with the lab.
        variables["zbs_vhost_target_facts_dir"] = f"/run/zbs-bench/{name}"
    site["all"]["children"][GROUP]["hosts"] = hosts
    path = folder / f"aliases-{count}.yml"
    path.write_text(yaml.safe_dump(site))
    return path

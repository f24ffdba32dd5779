# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows over SSH on the lab: a tick beside a ping, and one real target that is down beside a healthy simulated fleet."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import yaml

from . import deploy_rows
from .fleet import GROUP, Fleet
from .rounds import alternate
from .row import Ratio, Row
from .run import play

ROOT = Path(__file__).resolve().parent.parent
HOSTS = 3
LAB = ROOT / ".cache/lab/inventory.yml"
HEAL = "zstack.zbs.heal"
# One outage after the other is what is measured, not a target that is flapping.
EXTRA = ("-e", "zbs_vhost_heal_flap_window=0")


def rows(simulated: int, rounds: int) -> list[Row]:
    """Bring a lab up, deploy its site, measure, take it down whatever happens."""
    _lab("up")
    try:
        play("zstack.zbs.site", LAB)
        hosts = [f"compute{number}" for number in range(1, HOSTS + 1)]
        return [
            *_ssh(simulated // 4, rounds),
            _docker(),
            *_one_down(simulated, rounds),
            *deploy_rows.rows(LAB, hosts, _lab, rounds),
        ]
    finally:
        _lab("down")


def _lab(*words: str) -> str:
    env = {**os.environ, "ZBS_LAB_HOSTS": str(HOSTS)}
    done = subprocess.run(
        [sys.executable, "-m", "lab", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"The lab's {words[0]} failed: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def _aliases(folder: Path, count: int) -> Path:
    """An inventory of `count` names for the lab's hosts, each with a ledger of its own: SSH connections as of so many hosts."""
    site = yaml.safe_load(LAB.read_text())
    real = list(site["all"]["children"][GROUP]["hosts"].values())
    hosts = {f"s{number:04d}": dict(real[number % len(real)]) for number in range(count)}
    for name, variables in hosts.items():
        # The hosts' /run is in memory and gone with the lab.
        variables["zbs_vhost_target_facts_dir"] = f"/run/zbs-bench/{name}"
    site["all"]["children"][GROUP]["hosts"] = hosts
    path = folder / "aliases.yml"
    path.write_text(yaml.safe_dump(site))
    return path


def _ssh(count: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        aliases = _aliases(Path(folder), count)
        # Short runs, and a ratio near its goal: twice as many.
        found = alternate({name: partial(play, name, aliases) for name in ("ping.yml", HEAL)}, 2 * rounds)
    ping, heal = found["ping.yml"], found[HEAL]
    what = f"heal / ping over SSH, {count} names for {HOSTS} hosts of the lab"
    cpu = [
        f"{series.middle('cpu'):.1f} s, {series.middle('cpu') / count * 1000:.0f} ms a host,"
        f" main process {series.middle('own') / count * 1000:.0f}"
        for series in (heal, ping)
    ]
    wall = [f"{series.middle('wall'):.1f} s" for series in (heal, ping)]
    memory = [f"{series.middle('memory'):.0f} MiB" for series in (heal, ping)]
    return [
        Row(f"{what}, wall", wall[0], wall[1], heal.over(ping, "wall"), "<= 1.25"),
        Row(f"{what}, controller's CPU", cpu[0], cpu[1], heal.over(ping, "cpu"), "<= 1.25"),
        Row("memory of the largest process", f"heal {memory[0]}", f"ping {memory[1]}", None, "-"),
    ]


def _docker() -> Row:
    """What a tick saves that need not ask Docker: CPU of the client, and wall, which the engine's own CPU is part of."""
    script = "import os,subprocess as s,time; w=time.monotonic(); "
    script += "[s.run(['docker','inspect','zbsvhost-172.30.0.11'],stdout=s.DEVNULL,check=True) for _ in range(20)]; "
    script += "t=os.times(); print((t[2]+t[3])*50, (time.monotonic()-w)*50)"
    client, wall = (float(word) for word in _lab("ssh", "compute1", f'python3 -c "{script}"').split())
    return Row(
        "one docker call, which a known target saves", f"{wall:.0f} ms", f"client's CPU {client:.0f} ms", None, "-"
    )


def _kill() -> None:
    """End the first host's target for good: Docker does not restart what was killed by hand."""
    _lab("ssh", "compute1", "docker kill zbsvhost-172.30.0.11 >/dev/null")


def _tick(*inventories: Path, down: bool) -> float:
    """Wall seconds of a tick; of one that heals the first host when it is down."""
    if down:
        _kill()
    began = time.monotonic()
    play(HEAL, *inventories, extra=EXTRA)
    spent = time.monotonic() - began
    if down and "Up" not in _lab("ssh", "compute1", "docker ps --format '{{.Names}} {{.Status}}'"):
        raise SystemExit("The tick did not heal the target of compute1")
    return spent


def _one_down(simulated: int, rounds: int) -> list[Row]:
    with Fleet(simulated) as fleet:
        play(HEAL, LAB, fleet.inventory, env=fleet.environment(), extra=EXTRA)  # fills the ledgers
        os.environ["PATH"] = fleet.environment()["PATH"]
        alone, among = [], []
        for number in range(1, rounds + 1):
            alone.append(_tick(LAB, down=True) - _tick(LAB, down=False))
            among.append(_tick(LAB, fleet.inventory, down=True) - _tick(LAB, fleet.inventory, down=False))
            print(
                f"   round {number}/{rounds} one down: alone +{alone[-1]:.1f} s, among +{among[-1]:.1f} s",
                file=sys.stderr,
            )
    return [
        Row(
            f"what one host that is healed adds to a tick: among {simulated} healthy ones / alone",
            f"+ {statistics.median(among):.1f} s",
            f"+ {statistics.median(alone):.1f} s",
            Ratio.of(among, alone),
            "1, no work on the others",
        )
    ]

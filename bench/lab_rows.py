# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that need the lab: over SSH, and one real target that is down beside a healthy simulated fleet."""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from . import deploy_rows, node_rows, ssh_rows
from .fleet import Fleet
from .row import Ratio, Row
from .run import HEAL, play

ROOT = Path(__file__).resolve().parent.parent
HOSTS = 3
LAB = ROOT / ".cache/lab/inventory.yml"
# One outage after the other is what is measured, not a target that is flapping.
EXTRA = ("-e", "zbs_vhost_heal_flap_window=0")


def rows(simulated: int, rounds: int) -> list[Row]:
    """What needs the lab, over SSH and beside a simulated fleet."""
    with _site():
        hosts = [f"compute{number}" for number in range(1, HOSTS + 1)]
        return [
            *ssh_rows.rows(LAB, simulated // 4, rounds),
            _docker(),
            *_one_down(simulated, rounds),
            *deploy_rows.rows(LAB, hosts, _lab, rounds),
        ]


def node(count: int, rounds: int) -> list[Row]:
    """The node part, over SSH; and its guard, which needs no lab."""
    with _site():
        ticks = node_rows.ticks(LAB, count, rounds)
    return [*ticks, *node_rows.guard()]


@contextlib.contextmanager
def _site() -> Iterator[None]:
    """Bring a lab up and deploy its site; take it down whatever happens."""
    _lab("up")
    try:
        play("zstack.zbs.site", LAB)
        yield
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
    if down:
        if "Up" not in _lab("ssh", "compute1", "docker ps --format '{{.Names}} {{.Status}}'"):
            raise SystemExit("The tick did not heal the target of compute1")
        play(HEAL, LAB, extra=EXTRA)  # the one after a heal asks Docker and writes its ledger: it is nobody's measure
    return spent


def _healed(*inventories: Path, down_first: bool) -> float:
    """Seconds that one host which is healed adds to a tick of these."""
    spent = {down: _tick(*inventories, down=down) for down in (down_first, not down_first)}
    return spent[True] - spent[False]


def _one_down(simulated: int, rounds: int) -> list[Row]:
    with Fleet(simulated) as fleet:
        play(HEAL, LAB, fleet.inventory, env=fleet.environment(), extra=EXTRA)  # fills the ledgers
        os.environ["PATH"] = fleet.environment()["PATH"]
        sides: dict[str, tuple[Path, ...]] = {"alone": (LAB,), "among": (LAB, fleet.inventory)}
        found: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(1, rounds + 1):
            # Every other round the other way round, as `alternate` does it.
            for name in reversed(list(sides)) if number % 2 else list(sides):
                found[name].append(_healed(*sides[name], down_first=bool(number % 2)))
            alone, among = found["alone"], found["among"]
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

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows over SSH on the lab: a tick beside a ping, and one real target that is down beside a healthy simulated fleet."""

import os
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from .fleet import Fleet
from .rounds import alternate
from .row import Row
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
        return _ssh(rounds) + _one_down(simulated, rounds)
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


def _ssh(rounds: int) -> list[Row]:
    found = alternate({name: partial(play, name, LAB) for name in ("ping.yml", HEAL)}, rounds)
    ping, heal = found["ping.yml"], found[HEAL]
    left, right = (f"{cost.wall:.1f} s, controller's CPU {cost.cpu:.1f} s" for cost in (heal, ping))
    return [
        Row(
            f"heal / ping over SSH, {HOSTS} hosts of the lab, wall",
            left,
            right,
            heal.wall / ping.wall,
            "constant + 1.25",
        )
    ]


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
    one, other = statistics.median(alone), statistics.median(among)
    return [
        Row(
            f"what one host that is healed adds to a tick: among {simulated} healthy ones / alone",
            f"+ {other:.1f} s",
            f"+ {one:.1f} s",
            other / one,
            "1, no work on the others",
        )
    ]

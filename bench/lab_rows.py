# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows that need the lab: over SSH, and one real target that is down beside a healthy simulated fleet."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import deploy_rows, node_rows, ssh_rows
from .fleet import Fleet
from .row import Row
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
            *_one_down(simulated),
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


def _tasks(output: str) -> dict[str, int]:
    """{host: its tasks} of a run, skipped ones too, by ansible-playbook's own recap."""
    recap = re.findall(r"^(\S+)\s+: ok=(\d+) .*skipped=(\d+)", output, re.M)
    return {host: int(ok) + int(skipped) for host, ok, skipped in recap}


def _one_down(simulated: int) -> list[Row]:
    """A count, which no other work of the machine can change: what a host that is well has to do while another one is healed."""
    with Fleet(simulated) as fleet:
        env = fleet.environment()
        play(HEAL, LAB, fleet.inventory, env=env, extra=EXTRA)  # fills the ledgers
        quiet = _tasks(play(HEAL, LAB, fleet.inventory, env=env, extra=EXTRA).output)
        _kill()
        healed = _tasks(play(HEAL, LAB, fleet.inventory, env=env, extra=EXTRA).output)
    if "Up" not in _lab("ssh", "compute1", "docker ps --format '{{.Names}} {{.Status}}'"):
        raise SystemExit("The tick did not heal the target of compute1")
    once = [sum(found[name] == 1 for name in fleet.names) for found in (healed, quiet)]
    return [
        Row(
            f"of {simulated} simulated hosts that are well, those with one task: while another host is healed / while nothing is due",
            f"{once[0]}",
            f"{once[1]}",
            None,
            "all but the one that the plays run on, and the one that keeps the second going",
        ),
        Row("tasks of the host that is healed", f"{healed['compute1']}", f"{quiet['compute1']}", None, "-"),
    ]

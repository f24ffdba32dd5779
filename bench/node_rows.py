# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the node part: a tick that ships no code beside one that does and beside a ping, over SSH, and what the guard takes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from .fleet import Fleet
from .rounds import Series, alternate
from .row import Row
from .run import HEAL, Cost, play
from .ssh_rows import COLD, PING, aliases, each, slope, waits

ROOT = Path(__file__).resolve().parent.parent
NODE = ("-e", "zbs_vhost_heal_node=true")
# VMs of the host on which the guard is measured, seconds until it has seen all of them, and seconds for which it is watched.
VMS, SETTLED, WATCHED = 20, 15, 120
WAYS = {"the node part": (HEAL, NODE), "the module": (HEAL, ()), "ping": (PING, ())}


def ticks(lab: Path, count: int, rounds: int) -> list[Row]:
    """`lab` is the inventory of a deployed lab, `count` the names that are made for its hosts."""
    play("zstack.zbs.node", lab)
    with tempfile.TemporaryDirectory() as folder:
        names = aliases(lab, Path(folder), count)
        kept = _turns(names, {}, 2 * rounds)
        cold = _turns(names, COLD, rounds)
        few = _turns(aliases(lab, Path(folder), count // 5), COLD, rounds)
        wait = {way: waits(lab, Path(folder), count // 5, rounds, WAYS[way][1]) for way in list(WAYS)[:2]}
    hosts = f"{count} names for the lab's hosts"
    more = count - count // 5
    ways = " / ".join(WAYS)
    return [
        *_both(f"over SSH, {hosts}, connections kept", kept, count, ("<= 0.4", "<= 0.75")),
        *_both(f"over SSH, {hosts}, each connected anew", cold, count, ("<= 0.7", "<= 0.9")),
        *(
            Row(
                f"a host more, connected anew: {words}, {ways}",
                " / ".join(f"{slope(cold[name], few[name], of, more) * 1000:.0f}" for name in WAYS) + " ms",
                "-",
                None,
                "-",
            )
            for of, words in (("cpu", "controller's CPU"), ("own", "of it the main process"))
        ),
        Row(
            f"a host more with one fork, connected anew: wall, {' / '.join(wait)}",
            " / ".join(f"{seconds:.2f}" for seconds in wait.values()) + " s",
            "-",
            None,
            "-",
        ),
    ]


def _turns(names: Path, env: dict[str, str], rounds: int) -> dict[str, Series]:
    def run(way: str) -> Cost:
        playbook, extra = WAYS[way]
        cost = play(playbook, names, env=env, extra=extra)
        if extra and "had to bring its code along" in cost.output:
            raise SystemExit(f"The node part did not answer:\n{cost.output[-2000:]}")
        return cost

    return alternate({way: partial(run, way) for way in WAYS}, rounds)


def _both(where: str, found: dict[str, Series], count: int, goals: tuple[str, str]) -> list[Row]:
    ping = found["ping"]
    rows = []
    for way, series in found.items():
        if series is ping:
            continue
        for (of, words), goal in zip((("wall", "wall"), ("cpu", "controller's CPU")), goals, strict=True):
            left, right = (each(one, of, count) for one in (series, ping))
            aim = goal if way == "the node part" else "-"
            rows.append(Row(f"tick by {way} / ping {where}, {words}", left, right, series.over(ping, of), aim))
    return rows


def guard() -> list[Row]:
    """CPU and memory of a guard at a host whose target serves VMS VMs, and that of its child processes."""
    with Fleet(1, VMS) as fleet:
        name = fleet.names[0]
        facts, code, options = (fleet.folder / name / part for part in ("facts.d", "code", "guard.json"))
        ansible = [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", "zstack.zbs.zbs_vhost_node"]
        environment = {**os.environ, **fleet.environment(), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        environment["ANSIBLE_LOCALHOST_WARNING"] = "false"
        subprocess.run([*ansible, "-a", f"folder={code}"], cwd=ROOT, env=environment, check=True, capture_output=True)
        # As a tick leaves it: it knows the disks and their volumes.
        observe = ["-e", f"zbs_vhost_target_facts_dir={facts}"]
        play(HEAL, fleet.inventory, env=fleet.environment(), extra=tuple(observe))
        given = {"host_ip": "192.0.2.1", "admin_socket": str(fleet.socket(name)), "facts_dir": str(facts)}
        options.write_text(json.dumps(given))
        options.chmod(0o600)
        with (fleet.folder / "guard.log").open("w+") as log:
            process = subprocess.Popen(
                [str(code / "current/guard"), "run", "--config", str(options)], env=environment, stdout=log, stderr=log
            )
            try:
                time.sleep(SETTLED)
                before = _spent(process.pid)
                time.sleep(WATCHED)
                spent, memory = _spent(process.pid) - before, _memory(process.pid)
                seen = subprocess.run(
                    [str(code / "current/guard"), "status", "--json"], env=environment, capture_output=True, check=True
                )
            finally:
                process.terminate()
                process.wait()
            log.seek(0)
            disks = json.loads(seen.stdout)["disks"]
            if len(disks) != VMS:
                raise SystemExit(f"The guard has seen {len(disks)} disks and not {VMS}: {log.read()[-2000:]}")
    share = spent / WATCHED * 100
    what = f"the guard of a host with {VMS} VMs, over {WATCHED} s"
    return [
        Row(f"{what}: CPU", f"{share:.2f} % of a core", "-", None, "<= 0.5 %"),
        Row(f"{what}: memory", f"{memory:.1f} MiB", "-", None, "<= 25 MiB"),
    ]


def _spent(pid: int) -> float:
    """CPU seconds of a process and of the children that it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """The most MiB that it had in memory so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a VM's disk stands still: `python -m lab.guest.measure [TIMES]`, on a machine whose lab is down.

Brings a lab of one compute host up, kills its target TIMES times (10) and heals it with one tick each, and prints the medians, what zbsadm
and zbs themselves took among them. QEMU looks for a lost target every ten seconds, as the manager sets it; `--reconnect 1` shows what a heal
takes without that wait, `--node` what it takes with the node part and its guard. A measurement, no test: nothing is asserted about its figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .. import volumes
from ..settings import UUID
from . import domain, watching

ROOT = Path(__file__).resolve().parent.parent.parent
VM = "measured"
VOLUME = f"pool1/{volumes.name_of(volumes.UUIDS[0])}"
TARGET = "zbsvhost-172.30.0.11"
SSH = [sys.executable, "-m", "lab", "ssh", "compute1"]
CALLS = [sys.executable, "-m", "lab", "ssh", "admin", "zbsadm standin calls"]
# What the goal of an attempt is set for: from the tick's start, in seconds, beyond those of zbsadm.
BEYOND = "beyond zbsadm's own time"
ANSWERS, SERVED, GOES_ON = (
    "tick start -> target answers",
    "tick start -> volume served",
    "tick start -> first I/O of the VM",
)


class Measurement:
    """A lab of one host with one VM."""

    guests = {VM: [VOLUME]}

    def __init__(self, reconnect: int, node: bool = False) -> None:
        self.reconnect = reconnect
        self.node = node
        self.environment = {**os.environ, "ZBS_LAB_HOSTS": "1", "ZBS_LAB_NAMES": UUID, "ANSIBLE_NOCOLOR": "1"}
        self.environment["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")

    def run(self, *argv: str, stdin: bytes | None = None) -> str:
        """A program's output; its failure ends the measurement with what it said."""
        done = subprocess.run(
            argv, cwd=ROOT, env=self.environment, input=stdin, capture_output=True, timeout=600, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(argv[:6])} failed: {(done.stderr or done.stdout).decode()[-2000:]}")
        return done.stdout.decode()

    def lab(self, *words: str) -> str:
        """A command of the lab."""
        return self.run(sys.executable, "-m", *words)

    def play(self, name: str, **variables: str) -> float:
        """Run a playbook; seconds that it took."""
        argv = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", ".cache/lab/inventory.yml"]
        # One outage after the other is what is measured, not a target that is flapping.
        argv += ["-e", "zbs_vhost_heal_flap_window=0", "-e", "zbs_vhost_node_flap_limit=1000"]
        argv += ["-e", f"zbs_vhost_heal_node={self.node}"]
        began = time.monotonic()
        self.run(*argv, f"zstack.zbs.{name}", *[word for item in variables.items() for word in ("-e", "=".join(item))])
        return time.monotonic() - began

    def start(self) -> None:
        """The site, the volumes, the VMs."""
        self.play("site", zbs_hugepages_guest_memory=f"{128 * len(self.guests)}M")
        for name, disks in self.guests.items():
            self.lab("lab.guest", "start", "compute1", name, *disks, "--reconnect", str(self.reconnect))
        self.settle(5)
        self.play("heal")

    def settle(self, rounds: int) -> None:
        """Wait for rounds of every disk; a fault, or a second boot of a VM, ends the measurement."""
        for name, disks in self.guests.items():
            for disk in _letters(disks):
                argv = ["lab.guest", "wait", "compute1", name, "--rounds", str(rounds), "--disk", disk]
                shown = json.loads(self.lab(*argv))
                if shown["faults"] or len(shown["boots"]) != 1:
                    raise SystemExit(f"the VM {name} saw faults: {shown}")

    def watch(self, process: int = 0) -> "subprocess.Popen[bytes]":
        """Begin to watch the target, which was just lost or whose `process` is killed then, and all disks."""
        disks = [
            (volumes.bdev_of(path, UUID), name, disk)
            for name, paths in self.guests.items()
            for path, disk in zip(paths, _letters(paths), strict=True)
        ]
        argv = [*SSH, " ".join(watching.words(disks, process))]
        with watching.PROGRAM.open("rb") as program:
            return subprocess.Popen(argv, cwd=ROOT, env=self.environment, stdin=program, stdout=subprocess.PIPE)

    def seen(self, watcher: "subprocess.Popen[bytes]") -> dict[str, Any]:
        """What it saw, all of it."""
        seen = json.loads(watcher.communicate(timeout=watching.SECONDS + 30)[0])
        if None in seen.values() or None in seen["goes_on"]:
            raise SystemExit(f"not every disk went on: {seen}")
        return seen

    def rounds(self, times: int) -> list[dict[str, float]]:
        """Bring the lab up, measure, print each round and the medians; the lab is taken down whatever happens."""
        self.lab("lab", "up")
        try:
            self.start()
            rows = []
            for number in range(1, times + 1):
                rows.append(self.once())
                said = ", ".join(f"{name} {value:.2f} s" for name, value in rows[-1].items())
                print(f"{number:3}  {said}", flush=True)
        finally:
            self.lab("lab", "down")
        print(f"\nMedians of {times} (least, most):")
        for name in rows[0]:
            values = [row[name] for row in rows]
            print(f"  {name:58} {statistics.median(values):6.2f} s  ({min(values):.2f}, {max(values):.2f})")
        return rows

    def spent(self) -> tuple[float, float, float]:
        """Seconds of the admin node's programs since their calls were cleared, by their own log: (zbsadm's of the deploy, zbsadm's of the
        volume, zbs's of who has the volume open)."""
        spent = {"vhost deploy": 0.0, "vhost create-bdev": 0.0, "zbs list client": 0.0}
        for line in self.run(*CALLS).splitlines():
            call = json.loads(line)
            if call["command"] in spent:
                spent[call["command"]] += call["seconds"]
        deploy, create, asked = spent.values()
        return deploy, create, asked

    def once(self) -> dict[str, float]:
        """Kill, heal, and what happened when, in seconds."""
        self.run(*CALLS[:-1], f"{CALLS[-1]} --clear")
        killed = time.monotonic()
        self.run(*SSH, f"docker kill {TARGET} >/dev/null")
        watcher = self.watch()
        began = time.monotonic()
        tick = self.play("heal")
        seen = self.seen(watcher)
        self.settle(3)
        deploy, create, asked = self.spent()
        well = self.play("heal")  # as the next minute's tick would: the entries are gone
        return {
            ANSWERS: seen["answers"] - began,
            SERVED: seen["served"] - began,
            GOES_ON: seen["goes_on"][0] - began,
            "of it zbsadm: the deploy": deploy,
            "of it zbsadm: the volume": create,
            "of it zbs: who has the volume open": asked,
            f"{ANSWERS}, {BEYOND}": seen["answers"] - began - deploy,
            f"{SERVED}, {BEYOND}": seen["served"] - began - deploy - create,
            f"{GOES_ON}, {BEYOND}": seen["goes_on"][0] - began - deploy - create,
            "kill -> first I/O, with a tick begun at once": seen["goes_on"][0] - killed,
            "the whole tick": tick,
            "a tick with nothing to do": well,
        }


def _letters(disks: list[str]) -> list[str]:
    """vda, vdb ... for these disks."""
    return [f"vd{chr(ord('a') + number)}" for number in range(len(disks))]


def main(times: int, reconnect: int, node: bool) -> None:
    """Measure and print; the lab is taken down whatever happens."""
    rows = Measurement(reconnect, node).rounds(times)
    share = statistics.median(row["a tick with nothing to do"] / row["the whole tick"] for row in rows)
    print(f"  Ansible's own share of the tick (one with nothing to do beside it): {share:.0%}")


def parser(module: str, about: str | None, times: int, reconnect: int) -> argparse.ArgumentParser:
    """What the command line of a measurement takes: `times` and `reconnect`, with these defaults."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    made.add_argument(
        "times", nargs="?", type=int, default=times, help=f"how many rounds to measure (default: {times})"
    )
    made.add_argument(
        "--reconnect",
        type=int,
        default=reconnect,
        metavar="SECONDS",
        help=f"between QEMU's looks for a lost target (default: {reconnect})",
    )
    return made


if __name__ == "__main__":
    line = parser("lab.guest.measure", __doc__, 10, domain.RECONNECT)
    line.add_argument("--node", action="store_true", help="with the node part on the host, its guard too")
    main(**vars(line.parse_args()))

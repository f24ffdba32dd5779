# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard is worth to VMs: `python -m lab.guest.measure_guard [TIMES]`, on a machine whose lab is down.

Brings a lab of one compute host up, with the node part and two VMs of two disks each, kills the target's process TIMES times (20) while
no tick runs, and prints the medians. QEMU looks for a lost target every second; `--reconnect 10` shows it as the manager sets it. A
measurement, no test: nothing is asserted about its figures.
"""

import argparse
import time

from .. import volumes
from .measure import SSH, TARGET, Measurement, medians


class ByGuard(Measurement):
    """A lab of one host with two VMs and a guard."""

    guests = {
        "web": [f"pool1/{volumes.name_of(uuid)}" for uuid in volumes.UUIDS[:2]],
        "db": [f"pool1/{volumes.name_of(number * 32)}" for number in ("d", "e")],
    }

    def start(self) -> None:
        """The site, the VMs, the guard; a tick traces the volumes."""
        super().start()
        # Every death here is an outage of its own, not a target that is flapping.
        self.play("node", zbs_vhost_node_flap_limit="1000")
        self.play("heal", zbs_vhost_heal_node="true")

    def once(self) -> dict[str, float]:
        """Kill, and what happened when, in seconds."""
        # As long as a container ran ten seconds Docker starts it anew at once.
        time.sleep(11)
        process = self.run(*SSH, f"docker inspect -f '{{{{.State.Pid}}}}' {TARGET}")
        seen = self.seen(self.watch(int(process)))
        killed = seen["killed"]
        self.settle(3)
        return {
            "kill -> target answers": seen["answers"] - killed,
            "target answers -> all four volumes served": seen["served"] - seen["answers"],
            "kill -> first I/O of the first disk": min(seen["goes_on"]) - killed,
            "kill -> first I/O of the last disk": max(seen["goes_on"]) - killed,
        }


def main(times: int, reconnect: int) -> None:
    """Measure and print; the lab is taken down whatever happens."""
    measurement = ByGuard(reconnect)
    measurement.environment["ZBS_LAB_HUGEPAGES"] = "64"
    measurement.lab("lab", "up")
    try:
        measurement.start()
        rows = []
        for number in range(1, times + 1):
            rows.append(measurement.once())
            print(f"{number:3}  " + ", ".join(f"{name} {value:.2f} s" for name, value in rows[-1].items()), flush=True)
    finally:
        measurement.lab("lab", "down")
    medians(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m lab.guest.measure_guard", description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=20, help="how many deaths to measure (default: 20)")
    parser.add_argument(
        "--reconnect",
        type=int,
        default=1,
        metavar="SECONDS",
        help="between QEMU's looks for a lost target (default: 1)",
    )
    chosen = parser.parse_args()
    main(chosen.times, chosen.reconnect)

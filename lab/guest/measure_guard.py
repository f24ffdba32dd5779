# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard is worth to VMs: `python -m lab.guest.measure_guard [TIMES]`, on a machine whose lab is down.

Brings a lab of one compute host up, with the node part and two VMs of two disks each, kills the target's process TIMES times (20) while
no tick runs, and prints the medians. QEMU looks for a lost target every second; `--reconnect 10` shows it as the manager sets it. A
measurement, no test: nothing is asserted about its figures.
"""

import time

from .. import volumes
from .measure import SSH, TARGET, Measurement, parser


class ByGuard(Measurement):
    """A lab of one host with two VMs and a guard. A tick traced the volumes when they were started."""

    guests = {
        "web": [f"pool1/{volumes.name_of(uuid)}" for uuid in volumes.UUIDS[:2]],
        "db": [f"pool1/{volumes.name_of(number * 32)}" for number in ("d", "e")],
    }

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


if __name__ == "__main__":
    chosen = parser("lab.guest.measure_guard", __doc__, 20, 1).parse_args()
    ByGuard(chosen.reconnect, node=True).rounds(chosen.times)

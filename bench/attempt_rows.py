# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of an attempt: how long a VM waits for its disk, from the tick's start, beyond what zbsadm itself takes."""

import statistics

from lab.guest.measure import ANSWERS, BEYOND, GOES_ON, SERVED, Measurement

from .row import Row

# Seconds, on two cores; QEMU looks for its target every second.
GOALS = {ANSWERS: 2.5, SERVED: 3.5, GOES_ON: 4.5}


def rows(rounds: int) -> list[Row]:
    """Kill and heal a target of a lab of one host, `rounds` times, without the node part and with it. The lab must be down, and is afterwards."""
    found = []
    for node in (False, True):
        seen = Measurement(1, node).rounds(rounds)
        found += [
            Row(
                f"{what}{', with the node part' if node else ''}: {BEYOND} / all",
                _middle([row[f"{what}, {BEYOND}"] for row in seen]),
                _middle([row[what] for row in seen]),
                None,
                f"{goal} s",
            )
            for what, goal in GOALS.items()
        ]
    return found


def _middle(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"

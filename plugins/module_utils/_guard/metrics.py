# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's own metrics, beside those of the health, for the textfile collector."""

from .._window.textfile import family


def render(guard, now):
    """The text; `now` seconds since 1970."""
    return "".join(
        [
            family("guard_timestamp_seconds", "When the guard last looked, in seconds since 1970.", [({}, now)]),
            family("guard_disks", "Disks that the guard has seen served to a VM's process.", [({}, len(guard.record))]),
            family("guard_disks_left", "Broken disks that the guard leaves to the tick.", [({}, len(guard.left))]),
            family(
                "guard_disks_restored_total",
                "Disks that the guard restored since it started.",
                [({}, guard.healed)],
                kind="counter",
            ),
        ]
    )

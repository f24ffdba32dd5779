# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger knows of the disks that VMs need: who else has a volume open, and when a disk was last seen served. Pure.

Told in every health, so that what an attempt found is known between the ticks too, and handed on to the restore.
"""

from .._observe import served
from .._observe.demand import vm_name
from .ledger import VOLUME


def enter(health, ledger, clock):
    """Enter into each row of the health's demand `held_by` and `served_s_ago`.

    held_by       addresses of other hosts that have the volume open, as the last attempt found; None where none is known
    served_s_ago  of served.seconds_ago
    """
    for need in health["demand"] or []:
        need["held_by"] = held_by(ledger, need["bdev"]) if need["broken"] is not False else None
        need["served_s_ago"] = served.seconds_ago(ledger.disks, need["bdev"], need["vm"], clock)


def held_by(ledger, bdev):
    """Who else has the volume of that bdev open by the ledger's entries, of whichever primary storage; None where nobody is known."""
    found = {
        address
        for protocols in ledger.entries.values()
        for address in protocols.get(VOLUME + bdev, {}).get("held_by", [])
    }
    return sorted(found) or None


def sentence(demand):
    """A sentence about what of `demand` is held elsewhere, None where nothing is."""
    held = [need for need in demand if need.get("held_by")]
    if not held:
        return None
    named = ["%s of VM %s by %s" % (need["bdev"], vm_name(need["vm"]), ", ".join(need["held_by"])) for need in held[:3]]
    more = " and %d more" % (len(held) - 3) if len(held) > 3 else ""
    return "%d disk%s of running VMs %s held elsewhere, so %s not restored here: %s%s" % (
        len(held),
        "" if len(held) == 1 else "s",
        "is" if len(held) == 1 else "are",
        "it is" if len(held) == 1 else "they are",
        "; ".join(named),
        more,
    )

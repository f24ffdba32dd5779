# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each disk was last seen served to its VM, as the ledger keeps it. Pure.

Where a release of zbs can't say who has a volume open, this is all there is to know that no other host took it meanwhile: see
_volumes/fence. In the ledger's disks (_observe/disks):

    {"boot_id": "<of that boot>", "known": {bdev: {..., "served": <seconds of the monotonic clock of that boot>}}}

Boot id and monotonic clock, so that a clock that is set changes nothing. What was never seen, or in another boot, or with another
process of the VM, has no stamp.

A tick at a host that is well must not write, so a stamp is left alone until it is REFRESH seconds old; then all of the host's are
renewed in one write, and also whenever a tick writes anyway. With a tick a minute a stamp is at most five minutes old when a target
dies, which leaves as long for the restore.
"""

from .demand import CONNECTION

REFRESH = 240


def seen(before, after, health, clock, written=False):
    """The ledger's disks `after` a look (of disks.seen), with their stamps.

    before   the disks before it
    health   the look
    clock    with `boot_id` and `monotonic`
    written  whether the ledger is written anyway
    """
    if after is before:
        return after  # nothing could be learnt
    now = int(clock.monotonic)
    old = before.get("known", {}) if before.get("boot_id") == clock.boot_id else {}
    served = {need["bdev"] for need in health["demand"] if CONNECTION in need["seen"] and need["broken"] is False}
    known = after.get("known", {})
    stamps = {bdev: _stamp(old.get(bdev), disk, now) for bdev, disk in known.items()}
    due = written or any(stamps[bdev] is None or now - stamps[bdev] >= REFRESH for bdev in served.intersection(known))
    if due:
        stamps.update((bdev, now) for bdev in served.intersection(known))
    stamped = {bdev: _stamped(disk, stamps[bdev]) for bdev, disk in known.items()}
    parts = {key: value for key, value in after.items() if key != "boot_id"}
    if stamped:
        parts["known"] = stamped
    if any(stamp is not None for stamp in stamps.values()):
        parts["boot_id"] = clock.boot_id
    return parts


def seconds_ago(disks, bdev, vm, clock):
    """Seconds since the disk was last seen served to that process of its VM in this boot; None where it was not."""
    disk = (disks.get("known") or {}).get(bdev)
    if disk is None or disks.get("boot_id") != clock.boot_id:
        return None
    now = int(clock.monotonic)
    stamp = _stamp(disk, {"vm": vm}, now)
    return None if stamp is None else now - stamp


def _stamp(old, disk, now):
    """The stamp of `old` where it is about the same process of the same VM, and not of a time that is still to come."""
    if old is None or "served" not in old or old["served"] > now:
        return None
    same = all(old["vm"].get(key) == disk["vm"].get(key) for key in ("pid", "started_ticks"))
    return old["served"] if same else None


def _stamped(disk, stamp):
    parts = {key: value for key, value in disk.items() if key != "served"}
    return parts if stamp is None else dict(parts, served=stamp)

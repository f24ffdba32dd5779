# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger remembers of the VMs' disks, between one look at the target and the next. Pure but for the clock.

    {"known": {bdev: {socket, vm, target, released[, missed][, served]}}, "paths": {bdev: "POOL/VOLUME"}, "sought": {bdev: seconds},
     "boot_id": "..."}

`known` as demand.remember has it, `paths` the volumes that bdevs were traced to, `sought` when one was last looked for in vain (seconds of
the monotonic clock), `served` and `boot_id` of _observe/served. A part with nothing in it is left out; {} is a host with no disk to
remember.
"""

import time

from . import demand

# Seconds until a disk whose volume was not found is looked for again: it may be none of the cluster's, and a steady site asks nothing.
SEEK_AGAIN = 900

_VM = {"pid": (int,), "started_ticks": (int,), "name": (str, type(None)), "uuid": (str, type(None))}


def enter(health, found, disks):
    """Enter into `health` (which knows its protocols, process and volumes) the VMs, what they need and what of it is broken.

    found  of demand.collect
    disks  the ledger's; what this look tells of them counts already
    """
    health.update(vms=found["vms"], demand=found["needs"], connections_known=found["connections_known"])
    known = seen(disks, health).get("known") or {}
    health["demand"] = demand.judge(demand.complete(found, known, _target(health)), health["volumes"])
    said = [demand.sentence(health["demand"]), demand.stays_lost(health["demand"])]
    health["warnings"] += [sentence for sentence in said + found.get("unseen", []) if sentence]


def seen(disks, health, clock=time.monotonic):
    """The ledger's disks after a look: only at a target that answers and tells its controllers there is something to learn."""
    target, volumes = _target(health), health.get("volumes")
    if target is None or volumes is None or not health.get("connections_known"):
        return disks
    now = int(clock())
    known = demand.remember(disks.get("known") or {}, health["vms"], health["demand"], volumes, target, now)
    paths = {bdev: path for bdev, path in (disks.get("paths") or {}).items() if bdev in known}
    sought = {bdev: then for bdev, then in (disks.get("sought") or {}).items() if bdev in known and bdev not in paths}
    return {key: value for key, value in (("known", known), ("paths", paths), ("sought", sought)) if value}


def _target(health):
    """{pid, started} of the process that answers; None when none does."""
    process = health.get("process")
    if process is None or (health["protocols"].get("vhost") or {}).get("verdict") != "healthy":
        return None
    return {"pid": process["pid"], "started": process["started_s_after_boot"]}


def traced(disks, paths):
    """The disks with the volumes that bdevs were traced to: {bdev: path}."""
    return dict(disks, paths=dict(disks.get("paths") or {}, **paths)) if paths else disks


def untraced(disks, now):
    """The bdevs, in order, that VMs need, whose volume is not known, and that were not looked for lately."""
    known, paths, sought = (disks.get(key) or {} for key in ("known", "paths", "sought"))
    return [
        bdev
        for bdev in sorted(known)
        if not known[bdev]["released"]
        and bdev not in paths
        # One that is still to come is of another boot.
        and not (bdev in sought and 0 <= now - sought[bdev] < SEEK_AGAIN)
    ]


def looked_for(disks, found, now):
    """The disks after all that were `untraced` were looked for; `found` {bdev: path} may have others too."""
    wanted = untraced(disks, now)
    after = traced(disks, {bdev: found[bdev] for bdev in wanted if bdev in found})
    missing = {bdev: int(now) for bdev in wanted if bdev not in found}
    return dict(after, sought=dict(disks.get("sought") or {}, **missing)) if missing else after


def check_disks(disks):
    """ValueError says what is wrong with disks that were read from a file."""
    if not isinstance(disks, dict):
        raise ValueError("its disks are not an object")
    known, paths, sought = disks.get("known", {}), disks.get("paths", {}), disks.get("sought", {})
    if not all(isinstance(table, dict) for table in (known, paths, sought)):
        raise ValueError("its disks are not a valid table")
    for bdev, disk in known.items():
        proper = isinstance(disk, dict) and isinstance(disk.get("socket"), str) and isinstance(disk.get("vm"), dict)
        told = proper and isinstance(disk.get("released"), bool) and isinstance(disk.get("target"), dict)
        if not told or not all(_is_time(disk.get(key, 0)) for key in ("missed", "served")):
            raise ValueError("the disk %s is not valid" % bdev)
        for key, kinds in _VM.items():
            if key not in disk["vm"] or not isinstance(disk["vm"][key], kinds):
                raise ValueError("the VM of the disk %s has no valid %s" % (bdev, key))
    if not all(isinstance(path, str) for path in paths.values()):
        raise ValueError("its disks have a path that is not a string")
    if not all(_is_time(then) for then in sought.values()):
        raise ValueError("its disks were looked for at a time that is no number")
    if not isinstance(disks.get("boot_id", ""), str):
        raise ValueError("its disks have no valid boot id")


def _is_time(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger remembers of the VMs' disks, between one look at the target and the next. Pure but for the clock.

    {"known": {bdev: {socket, vm, target, released[, missed][, served]}}, "paths": {bdev: "POOL/VOLUME"}, "boot_id": "..."}

`known` as demand.remember has it, `paths` the volumes that bdevs were traced to, `served` and `boot_id` of _observe/served. A part with
nothing in it is left out; {} is a host with no disk to remember.
"""

import time

from . import demand

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
    return {key: value for key, value in (("known", known), ("paths", paths)) if value}


def _target(health):
    """{pid, started} of the process that answers; None when none does."""
    process = health.get("process")
    if process is None or (health["protocols"].get("vhost") or {}).get("verdict") != "healthy":
        return None
    return {"pid": process["pid"], "started": process["started_s_after_boot"]}


def traced(disks, paths):
    """The disks with the volumes that bdevs were traced to: {bdev: path}."""
    return dict(disks, paths=dict(disks.get("paths") or {}, **paths)) if paths else disks


def check_disks(disks):
    """ValueError says what is wrong with disks that were read from a file."""
    if not isinstance(disks, dict):
        raise ValueError("its disks are not an object")
    known, paths = disks.get("known", {}), disks.get("paths", {})
    if not isinstance(known, dict) or not isinstance(paths, dict):
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
    if not isinstance(disks.get("boot_id", ""), str):
        raise ValueError("its disks have no valid boot id")


def _is_time(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)

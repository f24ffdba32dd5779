# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard itself saw served, to which process of a VM, and when. Pure.

A record is {bdev: {"pid", "started_ticks", "seen"}}; `seen` is seconds of the monotonic clock of this boot. Where a VM was moved away
and is started elsewhere, its process here has ended: what was served to another process, or long ago, gives no right to restore.
"""

from .._observe.demand import CONNECTION


def note(record, health, now, restored=()):
    """The record after a whole look (`health` of the probe): each disk that is served to a VM now, and what is not forgotten.

    A disk is served to a process that is connected to its controller. QEMU comes back to one of the names `restored` by itself, in up to
    ten seconds: until then the restore stands for it.
    """
    alive = _alive(health["vms"])
    kept = {bdev: served for bdev, served in record.items() if alive is None or _identity(served) in alive}
    for need in health["demand"] or []:
        if need["broken"] is False and (CONNECTION in need["seen"] or need["bdev"] in restored):
            kept[need["bdev"]] = dict(_of(need["vm"]), seen=now)
    return kept


def again(record, served, alive, now):
    """The record after a small look.

    served  names of the controllers that have a bdev and a session
    alive   {(pid, started_ticks)} of the VMs' processes that still live
    """
    return {
        bdev: dict(known, seen=now) if bdev in served else known
        for bdev, known in record.items()
        if _identity(known) in alive
    }


def age(record, need, now):
    """Seconds since the need's disk was seen served to this very process; None where it never was."""
    known = record.get(need["bdev"])
    if known is None or _identity(known) != _identity(need["vm"]):
        return None
    passed = now - known["seen"]
    return passed if passed >= 0 else None  # of another boot


def _alive(vms):
    return None if vms is None else {_identity(vm) for vm in vms}


def _of(vm):
    return {"pid": vm["pid"], "started_ticks": vm["started_ticks"]}


def _identity(vm):
    return vm["pid"], vm["started_ticks"]

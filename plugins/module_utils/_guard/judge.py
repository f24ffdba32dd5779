# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disks the guard may restore now, and why it leaves the others to the tick. Pure."""

from .._window import holders
from . import attempt, seen


class Restoring:
    """`disks` [{bdev, path, vm}] to restore; `left` {bdev: why it is left to the tick, in words}.

    hopeful  whether one that is left may still become the guard's: it was served within the window
    """

    def __init__(self):
        self.disks = []
        self.left = {}
        self.hopeful = False


def judge(health, record, ledger, hold, restores, options, clock):
    """The Restoring of what is broken.

    health    of the probe; a target that does not answer is nothing to restore on
    record    of _guard/seen
    ledger    as it was read just now
    hold      a Hold or None
    restores  {bdev: [seconds of the monotonic clock]} at which the guard began to restore it
    clock     a Clock
    """
    found = Restoring()
    if (health["protocols"].get("vhost") or {}).get("verdict") != "healthy" or health["demand"] is None:
        return found
    general = _general(ledger, hold, options, clock)
    paths = ledger.disks.get("paths") or {}
    listed = {row.get("controller") for row in health["volumes"] or []}
    for need in health["demand"]:
        if not need["broken"]:
            continue
        bdev = need["bdev"]
        why = general or _left(need, record, ledger, paths, listed, restores, options, clock)
        if why:
            found.left[bdev] = why
            passed = seen.age(record, need, clock.monotonic)
            found.hopeful = found.hopeful or (passed is not None and passed < options.window)
        else:
            found.disks.append({"bdev": bdev, "path": paths[bdev], "vm": need["vm"]})
    return found


def _general(ledger, hold, options, clock):
    """Why nothing at all is restored; None where something may be."""
    if hold is not None:
        return hold.sentence()
    if ledger.lost is not None:
        return ledger.lost
    return attempt.others_lease(ledger, options.primary_storage, clock)


def _left(need, record, ledger, paths, listed, restores, options, clock):
    """Why this disk is left to the tick; None where it may be restored."""
    bdev = need["bdev"]
    if bdev in listed:
        return "the target still lists its controller, which has to be deleted first"
    passed = seen.age(record, need, clock.monotonic)
    if passed is None:
        return "the guard has not seen it served to this VM process"
    if passed >= options.window:
        return "the guard last saw it served longer ago than its window of %.0f s" % options.window
    others = holders.held_by(ledger, bdev)
    if others:
        return "%s had its volume open when the cluster was last asked" % " and ".join(others)
    if bdev not in paths:
        return "its volume is not known yet; the next tick traces it"
    lately = [then for then in restores.get(bdev, ()) if 0 <= clock.monotonic - then < options.flap_window]
    if len(lately) >= options.flap_limit:
        return "it was restored %d times within %.0f s, so the target is flapping" % (len(lately), options.flap_window)
    return None

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's side of a restore by the guard: a lease before anything is done, the outcome after it, as a tick has them.

So tick and guard never work on one disk at a time. The window of a volume is the tick's; the guard has limits of its own (_guard/judge).
"""

import uuid

from .._observe.demand import vm_name
from .._tools.deadline import Deadline
from .._window import backoff, recovery, volume_step, volumes_seen
from .._window.ledger import VOLUME
from .._window.window import STEP_TIMEOUT, Window

WHO = "zbs-vhost-guard"
# Seconds of a lease. Far above what the calls of a restore may take (CALLS_SECONDS of _guard/restoring), below what a tick waits for gladly.
LEASE_SECONDS = 30.0


def window_of(options):
    """The Window that the guard's steps work on."""
    return Window(options.primary_storage, options.facts_dir, attempt_timeout=LEASE_SECONDS)


def others_lease(ledger, storage, clock):
    """A sentence about an attempt of somebody else that is under way; None when there is none.

    One of the guard itself is a dead one's: only one guard runs at a time, and it asks before it begins.
    """
    for name, entry in sorted(ledger.entries.get(storage, {}).items()):
        if backoff.lease_alive(entry, clock.boot_id, clock.monotonic) and entry["lease"]["who"] != WHO:
            return "an attempt of %s by %s is under way" % (name, entry["lease"]["who"])
    return None


def begin(options, disks, clock):
    """Take the attempt of `disks` (of _guard/judge): the lease's id, None where another attempt began meanwhile.

    ZbsError where the ledger can't be locked or written: nothing may be done then.
    """
    window = window_of(options)
    lease_id = uuid.uuid4().hex
    begun = []

    def change(ledger, _found):
        if ledger.lost is not None or others_lease(ledger, window.storage, clock):
            return
        for disk in disks:
            name = VOLUME + disk["bdev"]
            entry = ledger.get(window.storage, name) or backoff.new_entry(_observation(disk), clock.now)
            ledger.put(window.storage, name, dict(entry, **_observation(disk)))
            recovery.begin_one(window, ledger, name, lease_id, WHO, clock)
            begun.append(name)

    recovery.step(window, change, clock, Deadline(STEP_TIMEOUT), check_mode=False, settles_lost=False)
    return lease_id if begun else None


def finish(options, disks, lease_id, errors, health, clock):
    """Write down what became of each of `disks`: {bdev: {outcome, error}}; what is seen outranks what was said.

    errors  {bdev: sentence} of those that are known to have failed
    health  of a look after them
    """
    window = window_of(options)
    names = [VOLUME + disk["bdev"] for disk in disks]
    _step, outcomes = volume_step.finish(
        window,
        names,
        lease_id,
        {VOLUME + bdev: error for bdev, error in errors.items() if error},
        {},  # nobody was asked who has them open
        volumes_seen.needed(health),
        {},
        clock,
        Deadline(STEP_TIMEOUT),
    )
    return {name[len(VOLUME) :]: outcome for name, outcome in outcomes.items()}


def _observation(disk):
    reason = "the disk %s of VM %s is not served" % (disk["bdev"], vm_name(disk["vm"]))
    return {"status": backoff.DOWN, "verdict": "broken", "reason": reason}

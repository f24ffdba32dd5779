# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's side of restoring volumes: each one that a VM needs has an entry and a window of its own.

So one that can't be restored is tried less and less often, and no other one waits for it. The entry's name in the ledger's
table of protocols is `volume:` and the bdev's.
"""

import uuid

from . import backoff, recovery
from .ledger import VOLUME


def begin(window, seen, who, clock, deadline, check_mode=False):
    """Take the attempt of every broken volume that is due: decision `begun`, else what keeps it.

    seen  of volumes_seen.observations

    One that has no entry yet is looked at as by a tick first: after a heal of the target its volumes are seen for the first
    time in this tick. What has an entry was counted by the tick already, and is not counted again.
    """
    lease_id = uuid.uuid4().hex
    broken = sorted(name for name, item in seen.items() if item["status"] == backoff.DOWN)

    def change(ledger, step):
        for name in broken:
            if ledger.get(window.storage, name) is None:
                recovery.observe_one(window, ledger, name, seen[name], clock, step.warnings)
            entry = ledger.get(window.storage, name)
            alive = backoff.lease_alive(entry, clock.boot_id, clock.monotonic)
            if window.hold:
                step.decisions[name] = "held"
            elif backoff.is_due(entry, alive):
                recovery.begin_one(window, ledger, name, lease_id, who, clock)
                step.decisions[name] = "begun"
                step.lease_id = lease_id
            else:
                step.decisions[name] = "in_progress" if alive else "waiting"

    return recovery.step(window, change, clock, deadline, check_mode, settles_lost=False)


def finish(window, names, lease_id, errors, held, seen, paths, clock, deadline, check_mode=False):
    """Write down what became of each attempt of that lease: (step, {name: {outcome, error, held_by}}).

    names   of the attempts
    errors  {name: sentence} of those that are known to have failed
    held    {name: addresses of the other hosts that have the volume open, [] for none, None where that was not told}
    seen    of `observations` after them; who is still broken has failed
    paths   {bdev: POOL/VOLUME} that was found on the way, for the next time
    """
    outcomes = {name: _outcome(name, errors.get(name), held.get(name), seen.get(name)) for name in names}

    def change(ledger, step):
        ledger.remember_paths(paths)
        for name in names:
            recovery.finish_one(window, ledger, step, name, lease_id, outcomes[name], seen.get(name))
            if step.decisions[name] == "finished":
                _keep_holders(window, ledger, name, held.get(name))
            if step.decisions[name] == "finished" and outcomes[name]["outcome"] == "healed":
                # It was seen served, so the outage is over: what breaks before the next tick is a new one, with a window of its own,
                # unless it is flapping.
                recovery.observe_one(window, ledger, name, seen[name], clock, step.warnings, ages=False)

    return recovery.step(window, change, clock, deadline, check_mode, settles_lost=False), outcomes


def _keep_holders(window, ledger, name, held_by):
    """Enter who else has the volume open. An attempt that could not ask changes nothing: the last answer stands until the disk is
    served again, or no VM needs it."""
    if held_by is None:
        return
    entry = dict(ledger.get(window.storage, name), held_by=held_by)
    if not held_by:
        del entry["held_by"]
    ledger.put(window.storage, name, entry)


def _outcome(name, error, held_by, observation):
    """{outcome, error, held_by} of one attempt: what was seen outranks what was said. `held_by` is None but for a volume that another
    host has open."""
    status = (observation or {}).get("status")
    if status == backoff.UP:
        return {"outcome": "healed", "error": None, "held_by": None}
    if error is None:
        bdev = name[len(VOLUME) :]
        error = "%s was created, but %s" % (
            bdev,
            "is not served" if status else "it is not known whether it is served",
        )
    return {"outcome": "failed", "error": error, "held_by": held_by or None}

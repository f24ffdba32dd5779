# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tick saw of the volumes that VMs need, in the form of the protocols: {name: observation}. Pure."""

from .._observe.demand import vm_name
from .._observe.verdict import CONNECTED, DISCONNECTED
from .ledger import VOLUME

PREFIX = VOLUME


def observations(health, ledger, storage):
    """{name: observation} of the volumes that a tick can judge, and of those in the ledger that nobody needs any more.

    Without a target that answers there is nothing to judge: its volumes come after it, and their windows wait for it.
    """
    found = needed(health)
    demand = _demand(health)
    if demand is None:
        return found
    names = {PREFIX + need["bdev"] for need in demand}
    remembered = set(ledger.entries.get(storage, {})) | set(ledger.history.get(storage, {}))
    for name in remembered - names:
        if name.startswith(PREFIX):
            found[name] = {"status": CONNECTED, "verdict": "not_needed", "reason": None}
    return found


def needed(health):
    """{name: observation} of the volumes that VMs need and that can be judged."""
    return {PREFIX + need["bdev"]: _observation(need) for need in _demand(health) or [] if need["broken"] is not None}


def _demand(health):
    """What VMs need of a target that answers; None without one."""
    return health["demand"] if (health["protocols"].get("vhost") or {}).get("verdict") == "healthy" else None


def _observation(need):
    if not need["broken"]:
        return {"status": CONNECTED, "verdict": "served", "reason": None}
    reason = "the disk %s of VM %s is not served" % (need["bdev"], vm_name(need["vm"]))
    return {"status": DISCONNECTED, "verdict": "broken", "reason": reason}

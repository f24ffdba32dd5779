# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fence around a creation: ask the cluster who has the volume open, decide, and refuse in a sentence."""

from .._admin.zbs import ZBS, Zbs
from .._tools.errors import ZbsError
from . import fence

# Options of the modules that create, beside the documentation fragment `fence`.
OPTIONS = {
    "fence": {"type": "str", "choices": list(fence.MODES), "default": fence.DEFAULT},
    "zbs": {"type": "path", "default": ZBS},
}


class Fence:
    """The fence of one call of a module for one host, by its parameters."""

    def __init__(self, params):
        self._mode = params["fence"]
        self._zbs = Zbs(params["zbs"])
        self._host_ip = params["host_ip"]
        self._addresses = (params["observed"] or {}).get("addresses")
        self._own = fence.own_addresses(self._addresses, params["host_ip"])

    def check(self, volume, need, deadline):
        """Who else has it open where it may be created: [] for nobody, None where that is not known or was not asked.

        volume  the Volume
        need    what the ledger knows of the disk: `served_s_ago` and `held_by` as a health has them in its demand, from before
                `deadline` began

        ZbsError `held_elsewhere` (its details have `held_by`), or `fence_unknown` where not knowing keeps it from being created.
        """
        clients, problem = None, None
        if self._mode != "off":
            try:
                clients = self._zbs.clients(volume.path, deadline)
            except ZbsError as exc:
                problem = exc.message
        ago = _number(need.get("served_s_ago"))
        ago = None if ago is None else ago + int(deadline.elapsed())
        last = [str(address) for address in need.get("held_by") or []]
        found = fence.decide(self._mode, clients, problem, self._own, ago, last)
        if found.go:
            return found.held_by
        if found.held_by:
            raise ZbsError(
                "its volume %s is held elsewhere: %s, which %s not an address of the host %s%s; two hosts that write one volume destroy "
                "it, so find the VM that uses it there, and leave one of the two running"
                % (volume.path, found.why, "is" if len(found.held_by) == 1 else "are", self._host_ip, self._unsure()),
                "held_elsewhere",
                {"held_by": found.held_by},
            )
        raise ZbsError(
            "whether another host has its volume %s open is not known (%s); make sure that none has, then create it with "
            "zbs_vhost_volume and fence off" % (volume.path, found.why),
            "fence_unknown",
        )

    def _unsure(self):
        return "" if isinstance(self._addresses, list) else " (its other addresses are not known)"


def _number(value):
    """Seconds, which may have come as text through a playbook; None for anything else."""
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):
        return None

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create again, on the admin node, what the VMs of a host need: trace each bdev to its volume, make sure that no other host has it
open, then have zbsadm create it.

One volume that can't be restored neither ends the others' turn nor the task: it is named with its reason. Volumes are created two at a
time. Nothing says that every release of zbsadm can do that, so one that failed beside another is tried once more, alone.
"""

from concurrent import futures

from .._admin import calls
from .._admin.zbs import Zbs
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import names
from .asking import Fence
from .plan import plan_volume
from .tracing import Traced, trace
from .volume import carry_out

AT_ONCE = 2
# Failures of a call of zbsadm itself. What was refused before it, or took all of the time, is the same once more.
AGAIN = ("zbsadm_failed", "zbsadm_garbage", "zbsadm_empty")


def run(params, check_mode):
    """Restore as the parameters of zbs_vhost_restore say; returns the module's result."""
    calls.check(params)
    wanted = [_wanted(item) for item in params["volumes"]]
    deadline = Deadline(params["timeout"])
    told = Traced.told(params["traced"])
    unknown = [item["bdev"] for item in wanted if item["volume"] is None and not told.knows(item["bdev"])]
    traced = trace(Zbs(params["zbs"]), unknown, params["pools"], deadline).with_(told)
    if not wanted:
        return _result([])
    fence = Fence(params)
    with calls.alone(params["host_ip"], deadline, "another zbsadm call for %s" % params["host_ip"]):
        with futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda item: _restore(params, item, traced, fence, deadline, check_mode), wanted))
        for number, item in enumerate(wanted):
            if len(wanted) > 1 and found[number][1] in AGAIN and not deadline.spent():
                found[number] = _restore(params, item, traced, fence, deadline, check_mode)
    return _result([row for row, _code in found])


def _result(rows):
    restored = [row["bdev"] for row in rows if row["created"]]
    return {
        "changed": bool(restored),
        "volumes": rows,
        "diff": {"before": {"controllers": []}, "after": {"controllers": restored}},
        "warn": [row["error"] for row in rows if row["error"]],
    }


def _wanted(item):
    """An item of the option `volumes` with its Volume where the path is known; a bad path is found by tracing again."""
    if not isinstance(item.get("bdev"), str):
        raise ZbsError("volumes has an item without a bdev: %r" % (item,), "bad_option")
    names.check_bdev_name(item["bdev"])
    try:
        volume = names.parse_path(item["path"]) if item.get("path") else None
    except ZbsError:
        volume = None
    vm = item.get("vm") or {}
    name = vm.get("name") or "process %s" % vm.get("pid", "unknown")
    return {"bdev": item["bdev"], "volume": volume, "vm": name, "need": item}


def _restore(params, item, traced, fence, deadline, check_mode):
    """(the row of one volume: {bdev, path, created, held_by, error}, the code of its error or None)."""
    volume = item["volume"] or traced.volumes.get(item["bdev"])
    row = {"bdev": item["bdev"], "path": volume.path if volume else None, "created": False, "held_by": None}
    row["error"] = code = None

    def ask():
        row["held_by"] = fence.check(volume, item["need"], deadline)

    try:
        if volume is None:
            raise ZbsError(traced.reasons[item["bdev"]])
        plan = plan_volume("present", item["bdev"], params["observed"])
        if plan.refusal:
            raise ZbsError(plan.refusal[1])
        if plan.actions and check_mode:
            ask()
        elif plan.actions:
            _act(params, plan.actions, volume, item["bdev"], deadline, ask)
        row["created"] = bool(plan.actions)
    except ZbsError as exc:
        row["held_by"] = exc.details.get("held_by", row["held_by"])
        code = exc.code
        row["error"] = "the disk %s of VM %s was not restored: %s" % (item["bdev"], item["vm"], exc.message)
    return row, code


def _act(params, actions, volume, bdev, deadline, ask):
    if deadline.spent():
        raise ZbsError("no time was left for it within %.0f s; the next attempt continues" % deadline.seconds)
    carry_out(calls.zbsadm_of(params), params["host_ip"], volume, bdev, actions, deadline, ask)

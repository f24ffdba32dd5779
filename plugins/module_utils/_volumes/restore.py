# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create again, on the admin node, what the VMs of a host need: trace each bdev to its volume, then have zbsadm create it.

One volume that can't be restored neither ends the others' turn nor the task: it is named with its reason.
"""

import json

from .._admin import calls
from .._tools import command
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import names
from .plan import plan_volume
from .volume import carry_out

# Listing a pool is one question to the cluster; it must not use up the time of the creations.
LIST_TIMEOUT = 30.0


def run(params, check_mode):
    """Restore as the parameters of zbs_vhost_restore say; returns the module's result."""
    calls.check(params)
    wanted = [_wanted(item) for item in params["volumes"]]
    deadline = Deadline(params["timeout"])
    unknown = [item["bdev"] for item in wanted if item["volume"] is None]
    traced, problems = _trace(params, unknown, deadline)
    rows: list[dict] = []
    if not wanted:
        return _result(rows)
    with calls.alone(params["host_ip"], deadline, "another zbsadm call for %s" % params["host_ip"]):
        for item in wanted:
            volume = item["volume"] or traced.get(item["bdev"])
            rows.append(_restore(params, item, volume, problems, deadline, check_mode))
    return _result(rows)


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
    return {"bdev": item["bdev"], "volume": volume, "vm": vm.get("name") or "process %s" % vm.get("pid", "unknown")}


def _trace(params, bdevs, deadline):
    """({bdev: Volume}, sentences about pools that could not be listed), asking pool by pool until every bdev is found."""
    found, problems = {}, []
    for pool in params["pools"]:
        missing = [bdev for bdev in bdevs if bdev not in found]
        if not missing:
            break
        try:
            listed = _list(params["zbs"], pool, deadline.share(LIST_TIMEOUT))
        except ZbsError as exc:
            problems.append(exc.message)
            continue
        found.update(names.trace(missing, pool, listed))
    return found, problems


def _list(zbs, pool, deadline):
    """The names of the pool's volumes."""
    result = command.run([zbs, "list", "file", "--pool", pool, "--format", "json"], deadline)
    if result.timed_out:
        raise ZbsError("the pool %s was not listed within %.0f s" % (pool, deadline.seconds), "zbs_timeout")
    try:
        data = json.loads(result.out)
    except (ValueError, RecursionError):
        data = None
    error = data.get("error") if isinstance(data, dict) else {"code": result.rc, "message": result.sentence()}
    # A success carries an error too, of code 0.
    if isinstance(error, dict) and (data is None or error.get("code")):
        said = error.get("message") or "no answer"
        raise ZbsError("the pool %s could not be listed: %s" % (pool, said), "zbs_failed")
    return names.parse_listing(data)


def _restore(params, item, volume, problems, deadline, check_mode):
    """The row of one volume: {bdev, path, created, error}."""
    row = {"bdev": item["bdev"], "path": volume.path if volume else None, "created": False, "error": None}
    try:
        if volume is None:
            raise ZbsError(_untraced(params["pools"], item, problems))
        plan = plan_volume("present", item["bdev"], params["observed"])
        if plan.refusal:
            raise ZbsError(plan.refusal[1])
        if plan.actions and not check_mode:
            _act(params, plan.actions, volume, item["bdev"], deadline)
        row["created"] = bool(plan.actions)
    except ZbsError as exc:
        row["error"] = "the disk %s of VM %s was not restored: %s" % (item["bdev"], item["vm"], exc.message)
    return row


def _untraced(pools, item, problems):
    if not pools:
        return "no pool is given to look for its volume in; list the logical pools in zbs_vhost_heal_pools"
    said = " (%s)" % "; ".join(problems) if problems else ""
    return "no volume of the pools %s matches %s%s; create it by hand with its path" % (
        ", ".join(pools),
        item["bdev"],
        said,
    )


def _act(params, actions, volume, bdev, deadline):
    if deadline.spent():
        raise ZbsError("no time was left for it within %.0f s; the next attempt continues" % deadline.seconds)
    carry_out(calls.zbsadm_of(params), params["host_ip"], volume, bdev, actions, deadline)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One volume of a host: plan it, and call zbsadm only when the plan says so."""

from .._admin import calls
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import names
from .asking import Fence
from .naming import choose
from .plan import plan_volume


def run(params, check_mode):
    """Plan and act on the parameters of zbs_vhost_volume; returns the module's result."""
    calls.check(params)
    volume = names.parse_path(params["path"])
    name = params["bdev_name"] or choose(volume, params["naming"], params["observed"])
    names.check_bdev_name(name)
    socket_path = names.socket_path(params["socket_dir"], name)
    plan = plan_volume(params["state"], name, params["observed"], params["force"])
    if plan.refusal:
        raise ZbsError(plan.refusal[1], plan.refusal[0], {"path": volume.path, "bdev_name": name})
    answers = []
    if plan.actions:
        answers = _act(params, volume, name, plan.actions, check_mode)
    there = params["state"] == "present"
    broken = "delete" in plan.actions and there  # what has to be deleted before it is created
    before = "delete" in plan.actions or (there and not plan.actions)
    warnings = [warning for answer in answers for warning in answer.warnings]
    if params["observed"] is None:
        warnings.append(plan.reason)
    return {
        "changed": bool(plan.actions),
        "plan": plan.as_dict(),
        "bdev_name": name,
        "socket_path": socket_path,
        "zbsadm": [answer.data for answer in answers],
        "diff": {"before": _side(name, before, broken), "after": _side(name, there, False)},
        "warn": warnings,
    }


def _side(name, present, broken):
    """One side of the diff."""
    return {"controller": name if present else None, "broken": broken}


def _act(params, volume, name, actions, check_mode):
    """Call zbsadm for `actions`, alone on this host: a deploy that ran meanwhile would take the target away. Check mode only asks."""
    deadline = Deadline(params["timeout"])
    fence = Fence(params)

    def ask():
        try:
            fence.check(volume, _need(params["observed"], name), deadline)
        except ZbsError as exc:
            details = dict(exc.details, path=volume.path, bdev_name=name)
            raise ZbsError("%s was not created: %s" % (name, exc.message), exc.code, details)

    if check_mode:
        if "create" in actions:
            ask()
        return []
    with calls.alone(params["host_ip"], deadline, "another zbsadm call for %s" % params["host_ip"]):
        return carry_out(calls.zbsadm_of(params), params["host_ip"], volume, name, actions, deadline, ask)


def _need(observed, name):
    """What the health of the host told of the disk of that name, of those that need it the one that was served last; {} for nothing."""
    rows = [need for need in (observed or {}).get("demand") or [] if need.get("bdev") == name]
    return min(
        rows, key=lambda need: float("inf") if need.get("served_s_ago") is None else need["served_s_ago"], default={}
    )


def carry_out(zbsadm, host_ip, volume, name, actions, deadline, ask):
    """The Answers of zbsadm to the actions of a plan, in order; the caller is alone on the host (calls.alone).

    ask  raises a ZbsError where the volume may not be created. It comes right before each action of a plan that creates: what is held
         elsewhere is left alone altogether, and a delete takes its time.
    """
    answers = []
    for action in actions:
        if "create" in actions:
            ask()
        answers.append(_call(zbsadm, action, host_ip, volume, name, deadline))
    return answers


def _call(zbsadm, action, host_ip, volume, name, deadline):
    if action == "delete":
        return zbsadm.delete_bdev(host_ip, name, deadline)
    return zbsadm.create_bdev(host_ip, volume.path + names.MARKER, name, deadline)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a deploy on its compute host: wait for the target, write down what was deployed, keep what a failure left, say how it ended."""

from .._target import desired, looking
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .._window import deployed
from .._window.window import STEP_TIMEOUT, Clock
from . import counted, keeping, seeing


def finish(params, check_mode):
    """The result of zbs_vhost_attempt with phase `finish`.

    A deploy that failed, and a target that does not answer after it, are a ZbsError where the attempt does not count in a window;
    where it does they are its outcome.
    """
    keeping.check(params)
    if params["counts"] and params["lease_id"] is None:
        raise ZbsError("lease_id is missing; give the one that phase begin returned", "bad_option")
    answer = params["answer"] or {}
    occasion, problem, health = _judged(params, answer, check_mode)
    evidence, changed, diff = None, False, counted.both(None, None)
    warnings: list[str] = []
    if problem is None:
        changed, diff = _record(params, answer, health, warnings, check_mode)
    elif problem.code != "bad_option" and not check_mode:  # an option that was refused left nothing to be looked at
        seen = params["observed"] if health is None else health
        kept = keeping.keep(params, occasion, check_mode, seen, answer or None, problem.message)
        evidence, warnings, changed, diff = kept["path"], kept["warn"], kept["changed"], kept["diff"]
    error = None if problem is None else _sentence(problem, evidence)
    if not params["counts"]:
        if problem is not None:
            raise ZbsError(error, problem.code, problem.details)
        warnings += health.pop("warnings") + seeing.publish(params, health, check_mode)
        return {"changed": changed, "health": health, "evidence": None, "warn": warnings, "diff": diff}
    ended = counted.finished(params, params["lease_id"], check_mode, error, health)
    diff = counted.both(diff, ended.get("diff"))
    if health is not None:
        warnings += seeing.publish(params, health, check_mode)
    return dict(ended, changed=ended["changed"] or changed, evidence=evidence, warn=warnings + ended["warn"], diff=diff)


def _judged(params, answer, check_mode):
    """(which evidence a failure is kept as, its ZbsError or None, the health after the deploy or None)."""
    problem = _of_the_deploy(params, answer)
    if problem is not None:
        return "deploy_failed", problem, None
    health = seeing.look(dict(params, hung_recheck=0.0), check_mode)
    return "verify_failed", looking.failing(health, "unconnected"), health


def _of_the_deploy(params, answer):
    """The ZbsError of a deploy that failed; None where it did not."""
    failure = answer.get("failure") if isinstance(answer.get("failure"), dict) else {}
    if params["error"] is None and not answer.get("failed"):
        return None
    said = params["error"] or answer.get("msg") or "the deploy failed without a message"
    return ZbsError(said, failure.get("code") or "failed", failure.get("details"))


def _sentence(problem, evidence):
    return problem.message + (" (evidence on the host: %s)" % evidence if evidence else "")


def _record(params, answer, health, warnings, check_mode):
    """(whether what was deployed was written down, for a later plan; the diff of that). A record that can't be written costs a comparison:
    the target is well without it."""
    nothing = counted.both(None, None)
    if answer.get("deployed") is None:
        return False, nothing
    try:
        made = desired.record(answer["deployed"], (health.get("container") or {}).get("id"), Clock().now)
        before, changed = deployed.write_down(params["facts_dir"], made, Deadline(STEP_TIMEOUT), check_mode)
    except ZbsError as exc:
        warnings.append(exc.message)
        return False, nothing
    return changed, {"before": {"deployed": before}, "after": {"deployed": made if changed else before}}

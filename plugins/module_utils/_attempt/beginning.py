# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin a deploy on its compute host: take the attempt, prepare the host, look right before, keep what a redeploy would replace."""

import time

from .._observe.verdict import DISCONNECTED
from .._prepare import whole
from .._target import deploy
from .._tick import phases
from .._tools.errors import ZbsError
from . import counted, keeping, seeing

# Seconds for which what was seen is as good as now, as long as nothing was done meanwhile. A target that hangs takes seconds to look at.
FRESH = 1.0


def begin(params, check_mode):
    """The result of zbs_vhost_attempt with phase `begin`.

    What can't be is refused before anything is counted. An attempt that was taken and can't go on is ended here, as failed: nobody
    else has its lease.
    """
    prepare = whole.for_a_deploy(params)
    whole.wish_of(prepare)
    keeping.check(params)
    if not params["counts"]:
        return _ready(params, prepare, check_mode)
    taken = phases.run(counted.phase(params, "begin"), check_mode)
    if "vhost" not in taken["begun"]:
        return dict(taken, **counted.NOTHING)
    try:
        # It was asked twice before the attempt began.
        ready = _ready(dict(params, hung_recheck=0.0), prepare, check_mode, taken["health"])
    except ZbsError as exc:
        return counted.failed(params, taken, exc.message, check_mode)
    except Exception as exc:  # a bug of ours must not hold the host for as long as a lease lasts
        counted.failed(params, taken, "preparing the host broke off: %s" % exc, check_mode)
        raise
    warnings = taken.pop("warn") + ready.pop("warn")
    diff = counted.both(taken.get("diff"), ready.pop("diff"))
    return dict(taken, **dict(ready, changed=taken["changed"] or ready["changed"], warn=warnings, diff=diff))


def _ready(params, prepare, check_mode, seen=None):
    """{changed, prepared, observed, plan, evidence, warn, diff} of the steps before a deploy; `seen` is the health of right before them."""
    began = time.monotonic()
    prepared = whole.run(prepare, check_mode)
    if prepared["changed"] or time.monotonic() - began >= FRESH:
        # What is deployed on is seen right before: a target that came back meanwhile (its engine was just started, another run
        # deployed it) keeps its VMs.
        seen = None
    observed = seeing.whole(params, check_mode, seen)
    warnings = prepared.pop("warn") + observed.pop("warn") + seeing.publish(params, observed, check_mode)
    plan = _plan(params, prepared, observed)
    if plan is not None and plan.action == "none" and plan.unsure:
        # What is left undone for not knowing is said aloud. With the host: Ansible shows one warning of several that are alike.
        warnings += ["%s: %s" % (params["host_ip"] or params["container_name"], reason) for reason in plan.reasons]
    evidence, changed, diff = None, prepared["changed"], prepared.pop("diff")
    if observed["status"] == DISCONNECTED:
        kept = keeping.keep(params, "before_redeploy", check_mode, observed=observed)
        evidence, changed, diff = kept["path"], changed or kept["changed"], counted.both(diff, kept["diff"])
        warnings += kept["warn"]
    return {
        "changed": changed,
        "prepared": prepared,
        "observed": observed,
        "plan": None if plan is None else plan.as_dict(),
        "evidence": evidence,
        "warn": warnings,
        "diff": diff,
    }


def _plan(params, prepared, observed):
    """The Plan of the deploy that comes next, as zbs_vhost_deploy makes it; None where it would refuse, which is its own to say."""
    told = {"protocol": "vhost", "state": "present", "force": False}
    told.update(observed=observed, topology=prepared["cpuset"], hugepage_dir=prepared["hugetlbfs"]["dir"])
    try:
        return deploy.planned(dict(params, **told))[2]
    except ZbsError:
        return None

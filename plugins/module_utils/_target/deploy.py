# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deploy or a removal: plan it, and call zbsadm only when the plan says so."""

from .._admin import calls
from .._observe import container
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .plan import Desired, Plan, plan_deploy, plan_removal, running

# Plans that call zbsadm.
ACTING = ("deploy", "destroy")


def run(params, check_mode):
    """Plan and act on the parameters of zbs_vhost_deploy; returns the module's result."""
    _refuse_bad(params)
    desired, cpus, plan = planned(params)
    answer = None
    if plan.action in ACTING and not check_mode:
        answer = _act(params, plan.action, cpus)
    warnings = list(answer.warnings) if answer else []
    # What is done without having looked, and what is left undone for not knowing, is said aloud.
    if plan.action == "restart_required" or params["observed"] is None or plan.unsure:
        # With the host: Ansible shows one warning of several that are alike, without whose it is.
        warnings += ["%s: %s" % (params["host_ip"], reason) for reason in plan.reasons]
    return {
        "changed": plan.action in ACTING,
        "plan": plan.as_dict(),
        "restart_required": plan.action == "restart_required",
        "deployed": _parts(params, cpus) if plan.action == "deploy" and params["protocol"] == "vhost" else None,
        "zbsadm": answer.data if answer else None,
        "diff": _diff(params, desired, plan),
        "warn": warnings,
    }


def planned(params):
    """(Desired, CPUs to pass on, Plan) of the parameters of zbs_vhost_deploy; ZbsError where what was asked for can't or must not be
    done, in check mode as well."""
    declared, cpus = choose_cpus(params["cpuset"], params["topology"])
    desired = Desired(params["image"], declared, params["hugepage_size_mib"], params["hugepage_dir"])
    return desired, cpus, _make_plan(params, desired, cpus)


def _refuse_bad(params):
    calls.check(params)
    if params["hugepage_size_mib"] < 1:
        raise ZbsError("hugepage_size_mib is %d; give 1 MiB or more" % params["hugepage_size_mib"], "bad_option")
    if params["protocol"] == "cbd" and params["state"] == "absent":
        raise ZbsError("protocol is cbd and state absent; zbsadm can't remove a client", "bad_option")


def _make_plan(params, desired, cpus):
    if params["protocol"] == "cbd":
        return Plan("deploy", ["the CBD client was asked for"])
    if params["state"] == "absent":
        plan = plan_removal(params["observed"], params["force"])
        if plan.action == "refused" and plan.anothers:
            raise ZbsError(
                "the target of %s is not removed: %s; remove it with what started it"
                % (params["host_ip"], plan.reasons[0]),
                "another_target",
                {"plan": plan.as_dict()},
            )
        if plan.action == "refused":
            raise ZbsError(
                "the target of %s is not removed: %s; move or stop the VMs, or set force to cut them off"
                % (params["host_ip"], plan.reasons[0]),
                "sessions_unknown" if plan.unsure else "in_use",
                {"plan": plan.as_dict()},
            )
        return plan
    plan = plan_deploy(desired, params["observed"], params["restart"])
    if plan.action == "refused":
        raise ZbsError(
            "no target is deployed on %s beside another one: %s" % (params["host_ip"], plan.reasons[0]),
            "another_target",
            {"plan": plan.as_dict()},
        )
    if plan.action == "deploy" and not cpus:
        raise ZbsError(
            "cpuset is auto and topology names no CPUs for %s; pass the cpuset that zbs_vhost_prepare returned, or name CPUs"
            % params["host_ip"],
            "bad_option",
        )
    return plan


def _parts(params, cpus):
    """What is deployed, by the names of the plan's parts: for the ledger, which a later plan is compared with."""
    return Desired(params["image"], cpus, params["hugepage_size_mib"], params["hugepage_dir"]).as_dict()


def _diff(params, desired, plan):
    """What a deploy changes of the target: its verdict, and what is declared of it; nothing for the CBD client."""
    if params["protocol"] == "cbd":
        return {"before": {}, "after": {}}
    observed = params["observed"] or {}
    vhost = (observed.get("protocols") or {}).get("vhost") or {}
    before = dict(running(observed), verdict=vhost.get("verdict"))
    if plan.action == "destroy":
        return {"before": before, "after": dict.fromkeys(before, None)}
    if plan.action != "deploy":
        return {"before": before, "after": before}
    after = {key: before[key] if value is None else value for key, value in desired.as_dict().items()}
    return {"before": before, "after": dict(after, verdict="healthy")}


def choose_cpus(cpuset, topology):
    """(CPUs that are declared, CPUs to pass on) from the options; (None, ...) where any CPUs will do."""
    if isinstance(cpuset, str) and cpuset.strip() == "auto":
        return None, sorted((topology or {}).get("cpus") or [])
    text = ",".join(str(item) for item in cpuset) if isinstance(cpuset, (list, tuple)) else str(cpuset)
    # A lone number is a CPU here; to SPDK it would be a mask.
    cpus = container.parse_cpus(text if text.strip().startswith("[") else "[%s]" % text)
    if not cpus:
        raise ZbsError("cpuset is %r; give auto, or CPUs such as [4,5,6,7]" % (cpuset,), "bad_option")
    return cpus, cpus


def _act(params, action, cpus):
    """Call zbsadm, one call at a time for a host.

    A second deploy does not wait for the first: what it was planned on is no longer true when its turn comes, and it would
    restart a target that was just deployed.
    """
    zbsadm = calls.zbsadm_of(params)
    deadline = Deadline(params["timeout"])
    with calls.alone(params["host_ip"], Deadline(0), "another zbsadm call for %s" % params["host_ip"]):
        if params["protocol"] == "cbd":
            return zbsadm.client_deploy(params["host_ip"], deadline)
        if action == "destroy":
            return zbsadm.vhost_destroy(params["host_ip"], deadline)
        return zbsadm.vhost_deploy(
            params["host_ip"], cpus, params["hugepage_size_mib"], params["hugepage_dir"], deadline
        )

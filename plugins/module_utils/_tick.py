# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick on the host: probe where the phase needs it, then one step of the ledger."""

from . import _arguments, _backoff, _disks, _health, _hold, _ledger, _recovery, _volume_phases, _volume_step
from ._deadline import Deadline
from ._errors import ZbsError
from ._probe import probe, probe_twice, probe_until

# Seconds that an attempt may take beyond what its options say: the waits of a prepare (which starts an engine) add up to
# 145, growing a pool comes on top, and evidence is kept twice for 10; a task on an admin node that froze is cut off 60 after the deploy's own limit.
PREPARE_TIME = 200.0
ADMIN_TIME = 60.0


def run(params, check_mode):
    """Run `params["phase"]` (parameters of zbs_vhost_recovery) and return the module's result."""
    limits = _backoff.Limits(*(params[name] for name in _backoff.Limits._fields))
    hold, hold_warnings = _find_hold(params)
    window = _recovery.Window(params["primary_storage"], params["facts_dir"], limits, params["attempt_timeout"], hold)
    settings = _arguments.probe_settings(params)
    protocols = settings.protocols
    if params["phase"] in ("observe", "begin"):
        _check_lease(params)
    if params["phase"] in _volume_phases.PHASES:
        step, health, extra = _volume_phases.run(params, window, settings, check_mode)
        return _result(step, health, extra, hold, hold_warnings)
    health, extra = None, {}
    deadline = Deadline(_recovery.STEP_TIMEOUT)
    if params["phase"] == "observe":
        health, step = _observe(settings, window, params, check_mode)
    elif params["phase"] == "begin":
        health = probe(settings)
        # Between the tick and its turn a target may have come back by itself: it keeps its VMs.
        down = [name for name in protocols if health["protocols"][name]["verdict"] in _health.HEALED]
        step = _recovery.begin(window, down, params["who"], _recovery.Clock(), deadline, check_mode)
        for name in sorted(set(protocols) - set(down)):
            step.decisions[name] = "refused"
            step.warnings.append("%s is not down any more, so no attempt begins" % name)
    elif params["phase"] == "finish":
        health, step, extra = _finish(settings, window, params, check_mode)
    else:
        step = _recovery.clear(window, protocols, _recovery.Clock(), deadline, check_mode)
    return _result(step, health, extra, hold, hold_warnings)


def _observe(settings, window, params, check_mode):
    """A tick: the protocols, and each volume that a VM needs, are counted; what was seen of the disks is kept."""
    ledger = _ledger.read(window.facts_dir)
    settings.disks = ledger.disks
    health = _look_twice(settings, window, params["hung_recheck"])
    observations = _observations(health)
    if params["restore_volumes"]:
        observations.update(_volume_step.observations(health, ledger, window.storage))
    step = _recovery.observe(
        window,
        observations,
        _recovery.Clock(),
        Deadline(_recovery.STEP_TIMEOUT),
        check_mode,
        lambda disks: _disks.seen(disks, health),
    )
    return health, step


def _check_lease(params):
    """ZbsError `bad_option` for a lease that runs out while its attempt may still be at work: another could begin beside it."""
    if params["deploy_timeout"] is None:
        return
    deploy = params["deploy_timeout"] + ADMIN_TIME
    # One probe before the deploy; after it those of `wait`, the last of which may find a target that is still starting.
    verify = params["wait"] + params["start_grace"] + 2 * params["timeout"]
    needed = PREPARE_TIME + deploy + verify
    if params["attempt_timeout"] < needed:
        raise ZbsError(
            "attempt_timeout is %.0f s and an attempt may take %.0f s (%.0f to prepare, %.0f to deploy, %.0f to verify); "
            "give %.0f or more, or make the deploy's timeout or the wait after it shorter"
            % (params["attempt_timeout"], needed, PREPARE_TIME, deploy, verify, needed),
            "bad_option",
        )


def _find_hold(params):
    """(Hold or None, warnings): the operator's file, or what the play says."""
    hold, warnings = _hold.read(params["facts_dir"], _recovery.Clock().now)
    if hold is None and params["hold"]:
        hold = _hold.Hold("the play asks for it", None, "the option hold")
    return hold, warnings


def _look_twice(settings, window, recheck):
    """Probe; ask again after `recheck` seconds what seems hung and would be attempted now."""
    if recheck > 0 and not _recovery.would_be_due(window, "vhost", _recovery.Clock()):
        recheck = 0
    return probe_twice(settings, recheck)


def _finish(settings, window, params, check_mode):
    """Judge the attempt, then write its outcome: (health, step, extra results)."""
    error, outcome = params["error"], params["outcome"]
    health = None
    if error is None and outcome == "auto":
        health, _probes = probe_until(settings, params["wait"], params["interval"])
        well = all(item["status"] == _health.CONNECTED for item in health["protocols"].values())
        outcome = "healed" if well else "failed"
        error = None if well else "not Connected %.0f s after the deploy: %s" % (params["wait"], health["reason"])
    elif outcome == "auto" or error is not None:
        outcome = "failed"
    step = _recovery.finish(
        window,
        settings.protocols,
        params["lease_id"],
        outcome,
        error,
        _observations(health) if health else {},
        _recovery.Clock(),
        Deadline(_recovery.STEP_TIMEOUT),
        check_mode,
    )
    return health, step, {"outcome": outcome, "error": error}


def _observations(health):
    """What the ledger keeps of a health, by protocol."""
    return {
        name: {"status": item["status"], "verdict": item["verdict"], "reason": item["reason"]}
        for name, item in health["protocols"].items()
    }


def _result(step, health, extra=None, hold=None, hold_warnings=()):
    """The module's result of a step; `extra` are results of its phase."""
    facts = step.ledger.as_facts()
    result = {
        "changed": step.changed,
        "diff": {"before": step.before, "after": facts},
        "health": health,
        "decisions": step.decisions,
        "due": step.protocols("due"),
        "begun": step.protocols("begun"),
        "lease_id": step.lease_id,
        "in_progress": step.protocols("in_progress"),
        "entries": step.entries,
        "next_attempt_in_ticks": {
            name: 0 if step.decisions.get(name) == "due" else _backoff.ticks_to_attempt(entry)
            for name, entry in step.entries.items()
        },
        "ansible_facts": {"zbs_vhost": facts},
        "hold": hold.as_dict() if hold else None,
        "warn": list(hold_warnings) + step.warnings + (health["warnings"] if health else []),
    }
    result.update(extra or {})
    return result

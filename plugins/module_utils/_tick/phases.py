# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick on the host: probe where the phase needs it, then one step of the ledger."""

import os

from .._observe import disks, identity
from .._observe.health import protocols_seen
from .._observe.probe import probe_twice
from .._observe.settings import settings_of
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .._window import quiet, volumes_seen
from .._window.ledger import HOLD_NAME, read_ledger
from .._window.limits import Limits
from .._window.window import STEP_TIMEOUT, Clock, Window
from .lease import ADMIN_TIME, PREPARE_TIME, longest_attempt, to_verify


def run(params, check_mode):
    """Run `params["phase"]` (parameters of zbs_vhost_recovery) and return the module's result."""
    hold, hold_warnings = _find_hold(params)
    limits = Limits(*(params[name] for name in Limits._fields))
    window = Window(
        params["primary_storage"],
        params["facts_dir"],
        limits,
        params["attempt_timeout"],
        hold,
        params.get("deploy", True),
        bool(params.get("by_event")),
    )
    settings = settings_of(params)
    if params["phase"] in ("observe", "begin"):
        _check_lease(params)
    step, health, extra = _phase(params["phase"])(settings, window, params, check_mode)
    return _result(step, health, extra, hold, hold_warnings)


def _phase(name):
    """The function of a phase. Ansible compiles a module anew for every host and tick, so an observe brings nothing else along."""
    if name == "observe":
        return _observe
    if name.endswith("_volumes") or name == "trace":
        from . import volume_phases

        return volume_phases.PHASES[name]
    from . import attempt_phases

    return attempt_phases.PHASES[name]


def _observe(settings, window, params, check_mode):
    """A tick: the protocols, and each volume that a VM needs, are counted; what was seen of target and disks is kept."""
    ledger = read_ledger(window.facts_dir)
    settings.disks, settings.target = ledger.disks, ledger.target
    health = probe_twice(settings, params["hung_recheck"], lambda: _would_be_due(window))
    observations = protocols_seen(health)
    if params["restore_volumes"]:
        observations.update(volumes_seen.observations(health, ledger, window.storage))

    clock = Clock()

    def learn(of_disks, of_target, written=False):
        found = disks.seen(of_disks, health)
        if found.get("known"):
            from .._observe import served  # a host without VMs has no disk to stamp

            found = served.seen(of_disks, found, health, clock, written)
        return found, identity.seen(of_target, health)

    step = quiet.observe(window, observations, clock, Deadline(STEP_TIMEOUT), check_mode, learn)
    ahead = params.get("trace_ahead")
    return step, health, {"untraced": disks.untraced(step.ledger.disks, clock.monotonic)} if ahead else {}


def _would_be_due(window):
    from .._window import recovery

    return recovery.would_be_due(window, "vhost", Clock())


def _check_lease(params):
    """ZbsError `bad_option` for a lease that runs out while its attempt may still be at work: another could begin beside it."""
    if params["deploy_timeout"] is None:
        return
    needed = longest_attempt(params)
    if params["attempt_timeout"] < needed:
        deploy, verify = params["deploy_timeout"] + ADMIN_TIME, to_verify(params)
        raise ZbsError(
            "attempt_timeout is %.0f s, but an attempt may take %.0f s (%.0f to prepare, %.0f to deploy, %.0f to "
            "verify); give %.0f or more, or shorten the deploy's timeout or the wait after it"
            % (params["attempt_timeout"], needed, PREPARE_TIME, deploy, verify, needed),
            "bad_option",
        )


def _find_hold(params):
    """(Hold or None, warnings): the operator's file, or what the play says."""
    if not params["hold"] and _is_missing(os.path.join(params["facts_dir"], HOLD_NAME)):
        return None, []
    from .._window.hold import Hold, read_hold  # few hosts are held

    hold, warnings = read_hold(params["facts_dir"], Clock().now)
    if hold is None and params["hold"]:
        hold = Hold("the play asks for it", None, "the option hold")
    return hold, warnings


def _is_missing(path):
    """Whether there is nothing of that name. What can't be looked at is not missing."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _result(step, health, extra=None, hold=None, hold_warnings=()):
    """The module's result of a step; `extra` are results of its phase."""
    facts = step.ledger.as_facts()
    result = {
        "changed": step.changed,
        "health": health,
        "decisions": step.decisions,
        "due": step.protocols("due"),
        "begun": step.protocols("begun"),
        "lease_id": step.lease_id,
        "in_progress": step.protocols("in_progress"),
        "entries": step.entries,
        "next_attempt_in_ticks": {
            name: 0 if step.decisions.get(name) == "due" else _ticks_to_attempt(entry)
            for name, entry in step.entries.items()
        },
        "ansible_facts": {"zbs_vhost": facts},
        "hold": hold.as_dict() if hold else None,
        "warn": list(hold_warnings) + step.warnings + (health["warnings"] if health else []),
    }
    if step.changed:  # of a host that is well it would be two copies of the ledger, at every tick
        result["diff"] = {"before": step.before, "after": facts}
    result.update(extra or {})
    return result


def _ticks_to_attempt(entry):
    from .._window import backoff

    return backoff.ticks_to_attempt(entry)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick around an attempt: begin takes it, finish writes down how it ended, clear forgets what was."""

from . import _health, _ledger, _recovery, _step
from ._deadline import Deadline
from ._probe import probe_twice, probe_until


def begin(settings, window, params, check_mode):
    """(step, health, extra results) of taking the attempts that are due."""
    health = probe_twice(settings, params["hung_recheck"], lambda: not _was_hung(window))
    # Between the tick and its turn a target may have come back by itself: it keeps its VMs.
    down = [name for name in settings.protocols if health["protocols"][name]["verdict"] in _health.HEALED]
    deadline = Deadline(_step.TIMEOUT)
    step = _recovery.begin(window, down, params["who"], _step.Clock(), deadline, check_mode)
    for name in sorted(set(settings.protocols) - set(down)):
        step.decisions[name] = "refused"
        step.warnings.append("%s is not down any more, so no attempt begins" % name)
    return step, health, {}


def _was_hung(window):
    """Whether the tick saw the target hung: then it asked twice, and this is the third time."""
    entry = _ledger.read(window.facts_dir).get(window.storage, "vhost")
    return entry is not None and entry["verdict"] == "hung"


def clear(settings, window, _params, check_mode):
    """(step, no health, no extra results) of forgetting the entries."""
    deadline = Deadline(_step.TIMEOUT)
    return _recovery.clear(window, settings.protocols, _step.Clock(), deadline, check_mode), None, {}


def finish(settings, window, params, check_mode):
    """Judge the attempt, then write its outcome: (step, health, extra results)."""
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
        _health.observations(health) if health else {},
        _step.Clock(),
        Deadline(_step.TIMEOUT),
        check_mode,
    )
    return step, health, {"outcome": outcome, "error": error}


PHASES = {"begin": begin, "finish": finish, "clear": clear}

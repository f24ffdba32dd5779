# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick around an attempt: begin takes it, finish writes down how it ended, clear forgets what was."""

from .._observe import client
from .._observe.health import protocols_seen
from .._observe.probe import probe_twice
from .._observe.verdict import ASKED_TWICE, CONNECTED, HEALED
from .._observe.waiting import probe_until
from .._tools.deadline import Deadline
from .._window import recovery
from .._window.ledger import read_ledger
from .._window.window import STEP_TIMEOUT, Clock
from .lease import ADMIN_TIME, longest_attempt

# Seconds below which a deploy of the client is not begun.
LEAST_CLIENT_TIME = 30.0


def begin(settings, window, params, check_mode):
    """(step, health, extra results) of taking the attempts that are due."""
    settings.disks = read_ledger(window.facts_dir).disks
    health = probe_twice(settings, params["hung_recheck"], lambda: not _was_hung(window))
    # Between the tick and its turn a target may have come back by itself: it keeps its VMs.
    down = [name for name in settings.protocols if health["protocols"][name]["verdict"] in HEALED]
    deadline = Deadline(STEP_TIMEOUT)
    step = recovery.begin(window, down, params["who"], Clock(), deadline, check_mode)
    for name in sorted(set(settings.protocols) - set(down)):
        step.decisions[name] = "refused"
        step.warnings.append("%s is no longer down, so no attempt begins" % name)
    return step, health, {"client": _client(health, params)}


def _client(health, params):
    """{path, state, needed, seconds} of the ZBS client's configuration on this host: whether it is there, whether an attempt of vhost
    must end where it can't be brought, and what the lease leaves for that.

    A target that is hung may be all that its VMs have: it is not replaced by one that can't open a volume.
    """
    verdict = (health["protocols"].get("vhost") or {}).get("verdict")
    seconds = 0.0
    if params["deploy_timeout"] is not None:
        spare = params["attempt_timeout"] - longest_attempt(params) - ADMIN_TIME
        seconds = min(params["deploy_timeout"], spare) if spare >= LEAST_CLIENT_TIME else 0.0
    return {"path": client.CONFIGURATION, "state": client.state(), "needed": verdict == "hung", "seconds": seconds}


def _was_hung(window):
    """Whether the tick saw the target hung or unready: then it asked twice, and this is the third time."""
    entry = read_ledger(window.facts_dir).get(window.storage, "vhost")
    return entry is not None and entry["verdict"] in ASKED_TWICE


def clear(settings, window, params, check_mode):
    """(step, no health, extra results) of forgetting the entries, and with those of Vhost the metrics of its target.

    params["removed"]  whether the target itself is gone: then what was deployed is forgotten too
    """
    from .._window import deployed, metrics_file

    gone = False
    if "vhost" in settings.protocols and params.get("removed"):
        gone = deployed.write_down(params["facts_dir"], None, Deadline(STEP_TIMEOUT), check_mode)[1]

    step = recovery.clear(window, settings.protocols, Clock(), Deadline(STEP_TIMEOUT), check_mode)
    removed = []
    if "vhost" in settings.protocols:
        removed = metrics_file.forget(params["facts_dir"], params.get("textfile_dir"), check_mode)
    step.changed = step.changed or gone or bool(removed)
    return step, None, {"metrics_removed": removed}


def finish(settings, window, params, check_mode):
    """Judge the attempt, then write its outcome: (step, health, extra results).

    params["judged"]  the health to judge by, where the caller looked itself
    """
    error, outcome = params["error"], params["outcome"]
    health = params.get("judged")
    if error is None and outcome == "auto":
        if health is None:
            health, _probes = probe_until(settings, params["wait"], params["interval"])
        well = all(item["status"] == CONNECTED for item in health["protocols"].values())
        outcome = "healed" if well else "failed"
        error = None if well else "not Connected %.0f s after the deploy: %s" % (params["wait"], health["reason"])
    elif outcome == "auto" or error is not None:
        outcome = "failed"
    step = recovery.finish(
        window,
        settings.protocols,
        params["lease_id"],
        outcome,
        error,
        protocols_seen(health) if health else {},
        Clock(),
        Deadline(STEP_TIMEOUT),
        check_mode,
    )
    return step, health, {"outcome": outcome, "error": error}


PHASES = {"begin": begin, "finish": finish, "clear": clear}

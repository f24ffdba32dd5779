# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole look at a target: its health, beside it what the ledger and the operator say, and the metrics of it."""

import time

from .._observe import addresses
from .._observe.settings import settings_of
from .._observe.waiting import probe_until
from .._tools.deadline import check_seconds
from .._tools.errors import ZbsError
from .._window import holders, metrics_file, textfile
from .._window.hold import read_hold
from .._window.ledger import read_ledger
from .._window.window import Clock

# Which statuses fail the task.
FAILING = {
    "never": (),
    "disconnected": ("Disconnected",),
    "unknown": ("Disconnected", "Unknown"),
    "unconnected": ("Disconnected", "Unknown", "Connecting"),
}


def run(params, check_mode):
    """The result of zbs_vhost_health; ZbsError `not_connected` for a status that params["fail_on"] names."""
    health, probes, ledger = look(params, check_mode)
    problem = failing(health, params["fail_on"])
    if problem:
        raise problem
    return result(health, probes, ledger)


def result(health, probes, ledger):
    """What zbs_vhost_health returns of a look."""
    warnings = health.pop("warnings")
    return dict(
        health,
        changed=False,
        probes=probes,
        ledger=ledger.entries,
        deployed=ledger.deployed,
        warn=warnings,
        diff={"before": {}, "after": {}},
    )


def look(params, check_mode):
    """(health, how many probes that took, Ledger), for as long as params["wait"] says; the metrics are written on the way."""
    settings = settings_of(params)
    settings.disks = read_ledger(params["facts_dir"]).disks
    check_seconds(params, "hung_recheck", 0.0)
    health, probes = probe_until(settings, params["wait"], params["interval"], params["hung_recheck"])
    return health, probes, beside(health, params, check_mode)


def beside(health, params, check_mode):
    """The Ledger, as it is after the look; what it and the operator say is entered into `health`, and the metrics of that are written."""
    ledger, clock = read_ledger(params["facts_dir"]), Clock()
    addresses.enter(health)
    holders.enter(health, ledger, clock)
    hold, hold_warnings = read_hold(params["facts_dir"], clock.now)
    health["hold"] = hold.as_dict() if hold else None
    health["warnings"] += ([ledger.lost] if ledger.lost else []) + hold_warnings
    if params["textfile_dir"] and not check_mode:
        publish(health, ledger, params)
    return ledger


def publish(health, ledger, params):
    """Write the metrics of a health to params["textfile_dir"]; ZbsError where that can't be."""
    metrics_file.write(params["textfile_dir"], textfile.render(health, ledger.entries, time.time()))
    metrics_file.note(params["facts_dir"], params["textfile_dir"])


def failing(health, fail_on):
    """The ZbsError of a health whose status is among those of `fail_on`, None of any other."""
    if health["status"] not in FAILING[fail_on]:
        return None
    return ZbsError("the host is %s: %s" % (health["status"], health["reason"]), "not_connected", health)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick that restore volumes: probe, then one step of the ledger for all of them. And the one that keeps what was traced."""

from .._observe import addresses, disks
from .._observe.probe import probe
from .._tools.deadline import Deadline
from .._window import holders, recovery, volume_step, volumes_seen
from .._window.ledger import read_ledger
from .._window.window import STEP_TIMEOUT, Clock


def begin(settings, window, params, check_mode):
    """(step, health, extra results) of taking the attempts of the broken volumes that are due."""
    ledger, health, seen = _look(settings, window)
    holders.enter(health, ledger, Clock())
    step = volume_step.begin(window, seen, params["who"], Clock(), Deadline(STEP_TIMEOUT), check_mode)
    begun = set(step.protocols("begun"))
    paths = ledger.disks.get("paths") or {}
    restore = [
        {
            "bdev": need["bdev"],
            "socket": need["socket"],
            "vm": need["vm"],
            "path": paths.get(need["bdev"]),
            "served_s_ago": need["served_s_ago"],
            "held_by": need["held_by"],
        }
        for need in health["demand"] or []
        if volumes_seen.PREFIX + need["bdev"] in begun
    ]
    return step, health, {"restore": restore}


def finish(settings, window, params, check_mode):
    """(step, health, extra results) of writing down what became of them."""
    _ledger_before, health, seen = _look(settings, window)
    restored = params["restored"] or []
    names = [volumes_seen.PREFIX + item["bdev"] for item in restored]
    step, outcomes = volume_step.finish(
        window,
        names,
        params["lease_id"],
        {volumes_seen.PREFIX + item["bdev"]: params["error"] or item.get("error") for item in restored},
        # With an error these are what begin handed out, and nobody asked.
        {} if params["error"] else {volumes_seen.PREFIX + item["bdev"]: item.get("held_by") for item in restored},
        seen,
        {item["bdev"]: item["path"] for item in restored if item.get("path")},
        Clock(),
        Deadline(STEP_TIMEOUT),
        check_mode,
    )
    holders.enter(health, step.ledger, Clock())
    return step, health, {"outcomes": outcomes}


def trace(_settings, window, params, check_mode):
    """(step, no health, extra results) of writing down which volume each untraced disk is, or that it was not found."""
    found = {bdev: item["path"] for bdev, item in params["traced"].items() if item.get("path")}
    clock = Clock()

    def change(ledger, _step):
        ledger.disks = disks.looked_for(ledger.disks, found, clock.monotonic)

    step = recovery.step(window, change, clock, Deadline(STEP_TIMEOUT), check_mode, settles_lost=False)
    return step, None, {}


def _look(settings, window):
    """(ledger, health, observations of the volumes). Beside what a tick sees the health has the host's addresses, for the fence."""
    ledger = read_ledger(window.facts_dir)
    settings.disks, settings.target = ledger.disks, ledger.target
    health = probe(settings)
    addresses.enter(health)
    return ledger, health, volumes_seen.observations(health, ledger, window.storage)


PHASES = {"begin_volumes": begin, "finish_volumes": finish, "trace": trace}

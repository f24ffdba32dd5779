# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases of a tick that restore volumes: probe, then one step of the ledger for all of them."""

from . import _ledger, _recovery, _volume_step
from ._deadline import Deadline
from ._probe import probe

PHASES = ("begin_volumes", "finish_volumes")


def run(params, window, settings, check_mode):
    """(step, health, extra results) of the phase in `params` (parameters of zbs_vhost_recovery)."""
    ledger = _ledger.read(window.facts_dir)
    settings.disks = ledger.disks
    health = probe(settings)
    seen = _volume_step.observations(health, ledger, window.storage)
    if params["phase"] == "begin_volumes":
        return _begin(params, window, health, ledger, seen, check_mode)
    return _finish(params, window, health, seen, check_mode)


def _begin(params, window, health, ledger, seen, check_mode):
    step = _volume_step.begin(
        window, seen, params["who"], _recovery.Clock(), Deadline(_recovery.STEP_TIMEOUT), check_mode
    )
    begun = set(step.protocols("begun"))
    paths = ledger.disks.get("paths") or {}
    restore = [
        {"bdev": need["bdev"], "socket": need["socket"], "vm": need["vm"], "path": paths.get(need["bdev"])}
        for need in health["demand"] or []
        if _volume_step.PREFIX + need["bdev"] in begun
    ]
    return step, health, {"restore": restore}


def _finish(params, window, health, seen, check_mode):
    restored = params["restored"] or []
    names = [_volume_step.PREFIX + item["bdev"] for item in restored]
    step, outcomes = _volume_step.finish(
        window,
        names,
        params["lease_id"],
        {_volume_step.PREFIX + item["bdev"]: params["error"] or item.get("error") for item in restored},
        seen,
        {item["bdev"]: item["path"] for item in restored if item.get("path")},
        _recovery.Clock(),
        Deadline(_recovery.STEP_TIMEOUT),
        check_mode,
    )
    return step, health, {"outcomes": outcomes}

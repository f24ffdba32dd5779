# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was deployed last, kept in the ledger: a hash to compare with one look, and the parts to say what differs."""

import hashlib
import json

from .._tools.errors import ZbsError
from .._window import ledger_writing
from .._window.ledger import read_ledger
from . import plan


def digest(parts):
    """The hash of the parts of a deploy, the same for the same parts on every host and in every order."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def record(parts, container_id, now):
    """The record of a deploy; ZbsError `bad_option` for parts that no deploy has.

    container_id  the container that came of it: of another one the record says nothing
    """
    unknown = sorted(set(parts) - set(plan.PARTS))
    if unknown:
        raise ZbsError(
            "parts has %s; give what zbs_vhost_deploy returned as deployed (%s)"
            % (unknown[0], ", ".join(sorted(plan.PARTS))),
            "bad_option",
        )
    whole = {name: parts.get(name) for name in plan.PARTS}
    return {"hash": digest(whole), "parts": whole, "at": now, "container_id": container_id}


def write_down(facts_dir, made, deadline, check_mode=False):
    """Put a record (None takes it away) into the ledger: (record before, whether that changes anything).

    ZbsError `ledger_lost` where the ledger can't be understood: that is the heal's to set aside, which knows what it
    must then believe of every entry.
    """
    if check_mode:
        return _step(facts_dir, made, dry=True)
    with ledger_writing.locked(facts_dir, deadline):
        return _step(facts_dir, made, dry=False)


def _step(facts_dir, made, dry):
    ledger = read_ledger(facts_dir)
    if ledger.lost is not None:
        raise ZbsError("%s; run a heal, which sets it aside, then deploy again" % ledger.lost, "ledger_lost")
    before = ledger.deployed
    # The time alone is no change: a second run writes nothing.
    changed = _without_time(before) != _without_time(made)
    if changed and not dry:
        ledger.deployed = made
        ledger_writing.write(ledger, facts_dir)
    return before, changed


def _without_time(made):
    return None if made is None else {key: value for key, value in made.items() if key != "at"}

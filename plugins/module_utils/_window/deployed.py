# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was deployed last, kept in the ledger beside the windows and without touching them."""

from .._tools.errors import ZbsError
from . import ledger_writing
from .ledger import read_ledger


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

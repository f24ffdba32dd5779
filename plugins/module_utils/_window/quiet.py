# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step of a host that is well: all that most ticks need."""

from .._observe.verdict import CONNECTED
from .ledger import read_ledger
from .window import Step


def observe(window, observations, clock, deadline, check_mode=False, learn=lambda *known: known[:2]):
    """Enter what a tick saw: `observations` is {protocol: {status, verdict, reason}}.

    learn  (disks, target) of the ledger after what the tick saw, from those of before; a third argument says that the ledger is written
           anyway

    A host that is well and has nothing in its ledger costs one read and no lock, and brings no other code along: Ansible compiles a
    module anew on every host at every tick.
    """
    ledger = read_ledger(window.facts_dir)
    known = (ledger.disks, ledger.target)
    if learn(*known) == known and all(_is_quiet(ledger, window.storage, *item) for item in observations.items()):
        found = Step(ledger.as_facts())
        found.decisions = dict.fromkeys(observations, "well")
        found.ledger = ledger
        return found
    from . import recovery

    return recovery.observe(window, observations, clock, deadline, check_mode, learn)


def _is_quiet(ledger, storage, protocol, observation):
    """Whether there is nothing to remember about the protocol: it is well, and the ledger says nothing of it."""
    return (
        observation["status"] == CONNECTED
        and not ledger.distrusts(storage, protocol)
        and not ledger.get(storage, protocol)
        and not ledger.get_history(storage, protocol)
    )

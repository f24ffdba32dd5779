# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step of the ledger is made of: its window, its clock, and what it found."""

import time

from .._tools.errors import ZbsError
from .ledger import FACTS_DIR
from .limits import DEFAULTS

# Seconds that a step may take beyond its probes.
STEP_TIMEOUT = 15.0


class Clock:
    """The three times of a step, read once: `now` (ISO 8601, UTC), `boot_id`, `monotonic` (seconds)."""

    def __init__(self, now=None, boot_id=None, monotonic=None):
        self.now = now or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.boot_id = boot_id or _boot_id()
        self.monotonic = time.monotonic() if monotonic is None else monotonic


class Step:
    """What a step found and did.

    decisions  {protocol: decision of backoff.observe, or of the phase}
    entries    {protocol: entry} of this primary storage after the step
    ledger     the whole ledger, for facts
    changed    whether the file was (or, in check mode, would be) written
    warnings   sentences
    before     the ledger's content before the step, for a diff
    lease_id   of the attempts that a begin took, else None
    """

    def __init__(self, before):
        self.before = before
        self.decisions = {}
        self.entries = {}
        self.ledger = None
        self.changed = False
        self.warnings = []
        self.lease_id = None

    def protocols(self, decision):
        """The protocols with this decision, sorted."""
        return sorted(name for name, value in self.decisions.items() if value == decision)


class Window:
    """Which entries a step works on and under what limits.

    limits           a Limits, in ticks
    attempt_timeout  seconds of a lease
    hold             a Hold of _window/hold while nothing may be attempted, else None
    deploys          whether targets are deployed here; False where another deployer owns them
    by_event         whether an event started the run and not the clock: then it counts no tick
    """

    def __init__(
        self,
        storage,
        facts_dir=FACTS_DIR,
        limits=DEFAULTS,
        attempt_timeout=900.0,
        hold=None,
        deploys=True,
        by_event=False,
    ):
        self.storage = storage
        self.facts_dir = facts_dir
        self.limits = limits
        self.attempt_timeout = attempt_timeout
        self.hold = hold
        self.deploys = deploys
        self.by_event = by_event


def _boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
            return handle.read().strip()
    except OSError as exc:
        raise ZbsError("the boot id can't be read (%s), so no lease can be taken" % exc, "no_boot_id")

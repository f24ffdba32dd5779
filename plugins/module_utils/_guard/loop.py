# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's work: look, remember what is served, and when the target came back empty, give running VMs their disks back.

One turn follows another in one thread. What is decided stands in _guard/judge, what is done in _guard/restoring and _guard/attempt.
"""

import threading

from .._observe import identity
from .._observe.probe import probe
from .._tools.errors import ZbsError
from .._window.hold import read_hold
from .._window.ledger import read_ledger
from .._window.window import Clock
from . import attempt, looking, seen
from .judge import judge
from .restoring import restore

# Seconds from one look to the next: at a target that answers; at one that is gone or not ready, at first and later; at one that is
# silent. Each question to a silent one stays in its queue, which holds 511.
PAUSE, PAUSE_GONE, PAUSE_LATER, PAUSE_SILENT = 1.0, 0.05, 1.0, 10.0
QUICK_SECONDS = 60.0
# Seconds from one whole look to the next, and until one after a change: of a target that is down, Docker has to be asked.
WHOLE, WHOLE_DOWN, DOWN_FIRST = 10.0, 10.0, 2.0
RESTORED_KEPT = 50


class Guard:
    """The state of the guard, and its turns.

    options   of _guard/options
    say       writes a line for people
    record    of _guard/seen, as an earlier guard of this boot left it
    """

    def __init__(self, options, say, record=None, small=looking.small, look=probe, living=looking.living):
        self.options = options
        self.say = say
        self.record = dict(record or {})
        self.health = None  # of the last whole look
        self.state = None  # of the last small look
        self.since = 0.0  # seconds of the monotonic clock since which it is so
        self.pid = None
        self.left = {}
        self._hopeful = False
        self.restored = []
        self.healed = 0
        self.restores = {}
        self._small, self._look, self._living = small, look, living
        self._connections = None
        self._whole_at = None
        self._target = None
        self._looking = None

    def turn(self, clock):
        """One turn; returns the seconds until the next one is due."""
        found = self._small(self.options.admin_socket)
        if found.state != self.state or (found.pid and found.pid != self.pid):
            self._changed(found, clock)
        if found.state != looking.ANSWERS:
            self._look_aside(clock)
            if found.state == looking.SILENT:
                return PAUSE_SILENT
            return PAUSE_GONE if clock.monotonic - self.since < QUICK_SECONDS else PAUSE_LATER
        known = {(disk["pid"], disk["started_ticks"]) for disk in self.record.values()}
        self.record = seen.again(self.record, found.served, self._living(known), clock.monotonic)
        due = self._whole_at is None or clock.monotonic - self._whole_at >= WHOLE
        if due or found.connections != self._connections or self._hopeful:
            self._whole(clock)
        self._connections = found.connections
        return PAUSE

    def _changed(self, found, clock):
        words = {
            looking.ANSWERS: "the target answers",
            looking.NOBODY: "the target is gone",
            looking.UNREADY: "the target is not ready",
            looking.SILENT: "the target does not answer",
        }
        if self.state is not None or found.state != looking.ANSWERS:
            self.say("%s%s" % (words[found.state], ", process %d" % found.pid if found.pid else ""))
        self.state, self.since, self.pid = found.state, clock.monotonic, found.pid
        self._whole_at = None

    def _look_aside(self, clock):
        """A whole look at a target that does not answer, in a thread: Docker, which it asks, must not hold up the next turn."""
        after = DOWN_FIRST if self._whole_at is None else WHOLE_DOWN
        since = self.since if self._whole_at is None else self._whole_at
        if clock.monotonic - since < after or (self._looking is not None and self._looking.is_alive()):
            return
        self._whole_at = clock.monotonic
        self._looking = threading.Thread(target=self._judge_down, args=(self.since,))
        self._looking.daemon = True
        self._looking.start()

    def _judge_down(self, since):
        health = self._look(self._settings(read_ledger(self.options.facts_dir)))
        if self.since == since and self.state != looking.ANSWERS:
            self.health = health

    def _settings(self, ledger):
        settings = self.options.settings()
        settings.disks, settings.target = ledger.disks, self._target or ledger.target
        return settings

    def _whole(self, clock):
        """A whole look, and what has to be done after it."""
        ledger = read_ledger(self.options.facts_dir)
        health = self._examine(ledger)
        self._whole_at = clock.monotonic
        self.record = seen.note(self.record, health, clock.monotonic)
        hold, _warnings = read_hold(self.options.facts_dir, clock.now)
        found = judge(health, self.record, ledger, hold, self.restores, self.options, clock)
        self._tell_left(found.left)
        self._hopeful = found.hopeful
        if found.disks:
            self._restore(found.disks, clock)

    def _examine(self, ledger):
        settings = self._settings(ledger)
        self.health = health = self._look(settings)
        self._target = identity.seen(self._target or ledger.target, health)
        return health

    def _tell_left(self, left):
        for bdev, why in sorted(left.items()):
            if self.left.get(bdev) != why:
                self.say("%s is left to the tick: %s" % (bdev, why))
        self.left = left

    def _restore(self, wanted, clock):
        """Restore, one lease around all of it; whatever fails is the tick's."""
        names = ", ".join(disk["bdev"] for disk in wanted)
        try:
            lease_id = attempt.begin(self.options, wanted, clock)
            if lease_id is None:
                return
            for disk in wanted:
                self.restores.setdefault(disk["bdev"], []).append(clock.monotonic)
            errors = restore(self.options.admin_socket, wanted)
            outcomes = attempt.finish(
                self.options, wanted, lease_id, errors, self._examine(read_ledger(self.options.facts_dir)), Clock()
            )
        except ZbsError as exc:
            self.say("%s can't be restored: %s" % (names, exc.message))
            return
        now = Clock()
        well = [bdev for bdev, outcome in outcomes.items() if outcome["outcome"] == "healed"]
        self.healed += len(well)
        self.record = seen.note(self.record, self.health, now.monotonic, well)
        for disk in wanted:
            outcome = outcomes[disk["bdev"]]
            self.restored.append(
                {
                    "bdev": disk["bdev"],
                    "path": disk["path"],
                    "vm": disk["vm"],
                    "at": now.now,
                    "seconds": round(now.monotonic - self.since, 3),
                    "outcome": outcome["outcome"],
                    "error": outcome["error"],
                }
            )
            ended = "restored" if outcome["outcome"] == "healed" else "could not be restored (%s)" % outcome["error"]
            self.say("%s of VM %s %s" % (disk["bdev"], disk["vm"]["name"] or disk["vm"]["pid"], ended))
        del self.restored[:-RESTORED_KEPT]
        self._forget(now)

    def _forget(self, clock):
        """Let go of restores that no limit counts any more."""
        for bdev, times in list(self.restores.items()):
            kept = [then for then in times if clock.monotonic - then < self.options.flap_window]
            if kept:
                self.restores[bdev] = kept
            else:
                del self.restores[bdev]

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program zbs-vhost-guard: run (what systemd starts), status, and --check-config."""

import argparse
import contextlib
import json
import os
import signal
import sys
import time

from .._tools import folder, lock
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .._window import holders, metrics_file, textfile
from .._window.ledger import read_ledger
from .._window.window import Clock
from . import looking, metrics, options, page, status
from .loop import Guard
from .notify import notify
from .telling import Teller

# Seconds between two writes of the metrics.
METRICS_SECONDS = 15.0


def main(argv, code):
    """Run the program; returns its exit status. `code` is the hash of the code that lies here."""
    parser = argparse.ArgumentParser(prog="zbs-vhost-guard", description="Gives running VMs their disks back.")
    parser.add_argument("command", nargs="?", choices=["run", "status"], default="status")
    parser.add_argument("--config", default=options.FILE, help="the guard's options (default: %(default)s)")
    parser.add_argument("--check-config", action="store_true", help="check the options and end")
    parser.add_argument("--json", action="store_true", help="print the status as JSON")
    asked = parser.parse_args(argv)
    try:
        if asked.check_config:
            options.read(asked.config)
            _line("%s is fine" % asked.config)
            return 0
        if asked.command == "status":
            return _status(asked.json)
        return _Service(asked.config, code).run()
    except ZbsError as exc:
        sys.stderr.write("Error: %s\n" % exc.message)
        return 2


def _line(words):
    """Say something at once: systemd's journal takes lines."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _status(as_json):
    clock = Clock()
    data, why = status.read()
    if data is None:
        raise ZbsError("no guard is at work: %s" % why, "no_guard")
    _line(json.dumps(data, indent=2, sort_keys=True) if as_json else "\n".join(page.page(data, clock)))
    passed = status.age(data, clock)
    return 0 if passed is not None and passed <= status.FRESH_SECONDS else 3


class _Service:
    """The guard as a service: signals, systemd, status file, metrics, telling."""

    def __init__(self, config, code):
        self._config, self._code = config, code
        self._signals = []
        self._problems = {}
        self._wake, self._poke = os.pipe()
        for handle in (self._wake, self._poke):
            os.set_blocking(handle, False)

    def run(self):
        """Work until SIGTERM; SIGHUP reads the options again."""
        chosen = options.read(self._config)
        place = os.path.dirname(status.FILE)
        with folder.opened(place, ours=True, make=0o700):
            pass
        # What a guard of this boot left behind is believed only because no second one is at work.
        with lock.hold(os.path.join(place, "lock"), Deadline(0), "another guard of this host"):
            return self._work(chosen)

    def _work(self, chosen):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        guard = self._guard(chosen)
        teller = self._teller(chosen)
        sleeper = looking.Sleeper(self._wake)
        self._say("watching %s" % chosen.admin_socket)
        written = told = None
        ready = False
        while True:
            clock = Clock()
            pause = guard.turn(clock)
            sleeper.watch(guard.pid)
            told = self._tell(guard, teller, told, clock)
            self._write_status(guard, teller, clock)
            if written is None or clock.monotonic - written >= METRICS_SECONDS:
                written = clock.monotonic
                self._write_metrics(guard)
            notify("WATCHDOG=1" if ready else "READY=1\nSTATUS=watching %s" % chosen.admin_socket)
            ready = True
            sleeper.sleep(pause)
            for number in self._arrived():
                if number != signal.SIGHUP:
                    notify("STOPPING=1")
                    teller.stop()
                    self._say("ended")
                    return 0
                chosen = self._reload(chosen, guard)
                teller.stop()
                teller = self._teller(chosen)

    def _guard(self, chosen):
        """A Guard that goes on where one of this boot ended."""
        data, _why = status.read()
        passed = status.age(data, Clock()) if data else None
        guard = Guard(chosen, self._say, data["disks"] if passed is not None else None)
        if passed is not None:
            guard.restores = {
                bdev: [then for then in times if isinstance(then, (int, float))]
                for bdev, times in data["restores"].items()
                if isinstance(times, list)
            }
        return guard

    def _teller(self, chosen):
        return Teller(chosen.tell_url, chosen.tell_token_file, self._say)

    def _reload(self, chosen, guard):
        notify("RELOADING=1\nMONOTONIC_USEC=%d" % (time.monotonic() * 1e6))
        try:
            chosen = options.read(self._config)
            guard.options = chosen
            self._say("options read again")
        except ZbsError as exc:
            self._say("the options stay as they are: %s" % exc.message)
        notify("READY=1")
        return chosen

    def _tell(self, guard, teller, told, clock):
        """Tell a controller once an outage; returns the outage (since when) that was told."""
        if guard.state == looking.ANSWERS:
            if told is not None:
                teller.stop()
            return None
        if told is None and clock.monotonic - guard.since >= guard.options.tell_after:
            health = guard.health or {}
            teller.tell(
                {
                    "event": "zbs_vhost_target_down",
                    "host_ip": guard.options.host_ip,
                    "host": os.uname()[1],
                    "state": guard.state,
                    "status": health.get("status"),
                    "reason": health.get("reason"),
                    "down_seconds": round(clock.monotonic - guard.since, 1),
                    "at": clock.now,
                }
            )
            return guard.since
        return told

    def _write_status(self, guard, teller, clock):
        try:
            status.write(guard, self._code, clock, teller.last)
            self._problems.pop("status", None)
        except OSError as exc:
            self._complain("status", "the status can't be written: %s" % exc)

    def _write_metrics(self, guard):
        metrics_dir = guard.options.textfile_dir
        if not metrics_dir or guard.health is None:
            return
        now = time.time()
        ledger = read_ledger(guard.options.facts_dir)
        holders.enter(guard.health, ledger, Clock())
        try:
            text = textfile.render(guard.health, ledger.entries, now) + metrics.render(guard, now)
            metrics_file.write(metrics_dir, text)
            metrics_file.note(guard.options.facts_dir, metrics_dir)
            self._problems.pop("metrics", None)
        except ZbsError as exc:
            self._complain("metrics", exc.message)

    def _complain(self, what, words):
        """Say a problem once while it lasts: a line a second would fill the journal."""
        if self._problems.get(what) != words:
            self._problems[what] = words
            self._say(words)

    def _say(self, words):
        _line(words)

    def _on_signal(self, number, _frame):
        self._signals.append(number)
        with contextlib.suppress(OSError):  # a full pipe wakes it up anyhow
            os.write(self._poke, b"!")

    def _arrived(self):
        """The signals that came since the last turn."""
        with contextlib.suppress(OSError):
            os.read(self._wake, 4096)
        found, self._signals = self._signals, []
        return found

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring daemon.json to what is wanted and the engine to what daemon.json says, without harm to what runs on it."""

import os
import re
import signal
import time

from .._tools import command
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import daemon_file, daemon_json, daemon_keys, live_state, together

# A validation reads one file; a reload takes milliseconds on an idle host; a restart with many containers far longer.
VALIDATE_SECONDS = 20.0
RELOAD_SECONDS = 20.0
ASK_SECONDS = 10.0
RESTART_SECONDS = 120.0
POLL = 0.2


class Plan:
    """What is to be done: `current` and `merged` content, `changes`, `reload` and `restart` (keys that wait for one),
    `lists` as they are wanted, `losing` (those of the keys that wait with which a restart loses containers).
    """

    def __init__(self, current, merged, found, reload_keys, restart_keys, lists, losing=()):
        self.current = current
        self.merged = merged
        self.changes = found
        self.reload = reload_keys
        self.restart = restart_keys
        self.lists = lists
        self.losing = list(losing)


def plan(text, path, options, lists, state, drop_flagged=False):
    """The Plan for a file with this text on a host in this State; ZbsError refuses before anything is touched."""
    current = daemon_json.parse(text, path)
    refuse_firewall(state, path)
    merged = daemon_json.merge(current, options, lists, state.flags, path, drop_flagged, state.swarm, state.storage)
    together.refuse_pairs(merged, state.flags, state.version, path)
    found = daemon_json.changes(current, merged)
    if not state.running:
        return Plan(current, merged, found, [], [], lists)
    base = current if state.in_force is None else state.in_force
    waiting = [item for item in daemon_json.changes(base, merged) if item.needs == "restart"]
    restart = [item.key for item in waiting]
    losing = [item.key for item in waiting if daemon_keys.keeps(item.key, item.before, item.after)]
    reload_keys = [item.key for item in found if item.needs == "reload"]
    reload_keys = sorted(set(reload_keys) | set(_not_taken(merged, lists, state)))
    return Plan(current, merged, found, reload_keys, restart, lists, losing)


def refuse_firewall(state, path):
    """ZbsError `iptables_on` for an engine that runs with its hands on the firewall: changing that is not ours to do."""
    if state.iptables in (live_state.ON, live_state.UNKNOWN):
        raise ZbsError(
            "the running Docker Engine %s the firewall (%s), which cuts bridged VMs off at its next start; put "
            '"iptables": false into %s and restart the engine in a maintenance window'
            % ("changes" if state.iptables == live_state.ON else "may change", state.evidence, path),
            "iptables_on",
            {"iptables": state.iptables, "evidence": state.evidence},
        )


def _not_taken(merged, lists, state):
    """Keys that the file has and the engine, by its own word, has not taken over yet.

    Of the lists only what is wanted here counts: how an engine writes what others put there is theirs to know.
    """
    if not state.answers:
        return []
    keys = []
    if merged.get("live-restore") is True and state.live_restore is False:
        keys.append("live-restore")
    # The engine writes a network as it reads it (10.1.2.3/8 becomes 10.0.0.0/8), so only names are looked for.
    names = {name for name in lists.get("insecure-registries", []) if "/" not in name}
    if names - set(state.insecure):
        keys.append("insecure-registries")
    if {_mirror(url) for url in lists.get("registry-mirrors", [])} - {_mirror(url) for url in state.mirrors}:
        keys.append("registry-mirrors")
    return keys


def _mirror(url):
    return url.rstrip("/")


def write(path, made, state, backup):
    """Validate the new content with the engine's own eyes and put it into place; returns the backup's name or None."""
    temporary = daemon_file.prepare(path, daemon_json.render(made.merged))
    try:
        if state.program and not validate(state.program, temporary, path):
            refuse_unknown(made, _version(state), path)
        return daemon_file.replace(path, temporary, backup)
    finally:
        daemon_file.discard(temporary)


def validate(program, temporary, path):
    """Whether dockerd could be asked; releases before 23.0 have no way. ZbsError `daemon_json` where it refuses the content."""
    result = command.run([program, "--validate", "--config-file", temporary], Deadline(VALIDATE_SECONDS))
    if result.rc == 0 or "unknown flag" in result.err:
        return result.rc == 0
    said = result.sentence().replace(temporary, path) or "no answer in time"
    raise ZbsError(
        "dockerd rejects the new content of %s (%s); the file was left as it was, correct the options for it"
        % (path, said),
        "daemon_json",
    )


def refuse_unknown(made, version, path):
    """ZbsError `daemon_json` for keys that this release does not know: it would not start with them, and can't say so before."""
    unknown = daemon_keys.unknown_to(version, [item.key for item in made.changes if item.after is not None])
    if unknown:
        raise ZbsError(
            "dockerd %s does not start with %s in %s, which it does not know; leave that out of the options"
            % (version or "of this release", ", ".join(unknown), path),
            "daemon_json",
        )


def _version(state):
    """The release of an engine, as it says or as its program does."""
    if state.version:
        return state.version
    result = command.run([state.program, "--version"], Deadline(ASK_SECONDS))
    match = re.search(r"version (\d+\.\d+\S*?),? ", result.out[:1000] + " ")
    return match.group(1) if match else None


def reload(made, state, docker="docker"):
    """Have the engine read the file again, and see that it did; ZbsError `not_reloaded` when it does not say so in time."""
    deadline = Deadline(RELOAD_SECONDS)
    os.kill(state.process.pid, signal.SIGHUP)
    if not state.answers:
        return
    while True:
        # Asked once more with time of its own: the last word counts, not one that was cut off.
        info = live_state.info(Deadline(ASK_SECONDS), docker)
        now = live_state.State(state.program, state.process, state.flags, None, info, None, "")
        waiting = _not_taken(made.merged, made.lists, now) if now.answers else ["anything"]
        if not waiting:
            return
        if deadline.spent():
            raise ZbsError(
                "the engine was told to reload its configuration and did not take over %s within %.0f s; see "
                "`journalctl -u docker`" % (", ".join(waiting), deadline.seconds),
                "not_reloaded",
            )
        time.sleep(POLL)


def why_not_restart(state, allow, losing=()):
    """Why the engine is not restarted although keys wait for it; None when it may be.

    losing  keys with which live-restore does not hand containers over
    """
    service = state.process.service if state.process else None
    if service not in (None, "docker.service"):
        return "it runs as %s, not as docker.service" % (service or "a process that systemd did not start")
    if losing and state.all_containers != 0:
        return "with another %s it does not find the containers that it has" % ", ".join(losing)
    if state.containers is None:
        return "the engine does not say whether containers run"
    if state.containers == 0:
        return None
    if not allow:
        return "%d containers run on it" % state.containers
    if state.live_restore is not True:
        return "%d containers run on it and would stop with it, since live-restore is not in force" % state.containers
    return None


def restart(path, text, made, state, docker="docker"):
    """Restart the engine; where it does not start, have it run again with what it ran with before.

    text  what the file held when this began
    ZbsError `not_restarted` says what became of it. What only a start finds out, no validation does.
    """
    said = _restarted(docker)
    if said is None:
        return
    old = _former(text, made, state)
    if old is None:
        raise ZbsError(
            "the engine was restarted with the new %s and does not answer (%s); see `journalctl -u docker`"
            % (path, said),
            "not_restarted",
        )
    daemon_file.replace(path, daemon_file.prepare(path, old))
    command.run(["systemctl", "reset-failed", "docker.socket", "docker.service"], Deadline(ASK_SECONDS))
    again = _restarted(docker)
    raise ZbsError(
        "the engine does not start with the new %s (%s); the old file was put back, and the engine %s; see "
        "`journalctl -u docker`"
        % (path, said, "runs with it again" if again is None else "does not start with it either (%s)" % again),
        "not_restarted",
        {"keys": made.restart, "runs": again is None},
    )


def _former(text, made, state):
    """The content to go back to; None where that would let the engine at the firewall."""
    old = made.current if state.in_force is None else state.in_force
    if old.get("iptables") is not False and "iptables" not in state.flags:
        return None
    return text if old == made.current else daemon_json.render(old)


def _restarted(docker):
    """Restart docker.service: None when the engine answers, else why not."""
    deadline = Deadline(RESTART_SECONDS)
    result = command.run(["systemctl", "restart", "docker.service"], deadline)
    while result.rc == 0 and not deadline.spent():
        if live_state.info(deadline, docker):
            return None
        time.sleep(POLL)
    # What a systemctl that succeeded says besides (that units changed on disk) is not why the engine is silent.
    return (result.rc != 0 and result.sentence()) or "no answer within %.0f s" % deadline.seconds

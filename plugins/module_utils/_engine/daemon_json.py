# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json is to say, and what it takes until the engine does so. Pure decisions."""

import json

from .._tools.errors import ZbsError
from . import daemon_keys, daemon_text, together
from .flags import flag_bool

# What a host of VMs can't do without: an engine that leaves the firewall alone, and containers that outlive its restart.
REQUIRED = {"iptables": False, "live-restore": True}
RELOADED = daemon_keys.RELOADED
parse = daemon_text.parse
render = daemon_text.render
# Lists of NAME=VALUE: one name with two values stops dockerd (labels), or makes the last one win behind the operator's back.
_NAMED = frozenset(("exec-opts", "labels", "storage-opts"))


class Change:
    """One key of the file: `key`, `before` (None when it was not there), `after`, `needs` (`reload` or `restart`)."""

    def __init__(self, key, before, after):
        self.key = key
        self.before = before
        self.after = after
        self.needs = daemon_keys.needs(key, before, after)

    def as_dict(self):
        """Plain data for a module's return."""
        return {"key": self.key, "before": self.before, "after": self.after, "needs": self.needs}


def required(swarm=False):
    """What the host needs. A member of a Swarm does without live-restore: dockerd starts with one of the two alone."""
    return {key: value for key, value in REQUIRED.items() if not (swarm and key == "live-restore")}


def refuse_options(options):
    """ZbsError `bad_option` for options that no host of VMs may have, and for values that dockerd can't read."""
    for key, value in sorted(REQUIRED.items()):
        if key in options and options[key] is not value:
            raise ZbsError(
                "options has %s: %s, but a VM host needs %s; leave it out"
                % (key, json.dumps(options[key]), json.dumps(value)),
                "bad_option",
            )
    for key, value in sorted(options.items()):
        daemon_keys.check_kind(key, value)
    together.refuse_log_options(options)


def merge(current, options, lists, flags, path, drop_flagged=False, swarm=False, storage=None):
    """The new content of daemon.json.

    current  what it holds now
    options  keys to have where the operator has not said otherwise; objects in them are merged key by key
    lists    keys of lists to have at least these members
    flags    what dockerd is given on its command line: key -> list of values
    drop_flagged  whether a required key that is in both places leaves the file, instead of being refused
    swarm    whether the engine is a member of a Swarm, so that live-restore can't be
    storage  the storage driver that the running engine uses; None when nobody tells
    What is given as a flag with the value that is wanted is not written: dockerd does not start with both.
    ZbsError `daemon_json`, `flag_conflict` where that can't be.
    """
    if swarm and current.get("live-restore") is True:
        current = {key: value for key, value in current.items() if key != "live-restore"}
    needed = required(swarm)
    if drop_flagged:
        current = {key: value for key, value in current.items() if not (key in needed and key in flags)}
    refuse_both_places(current, flags, path)
    wanted = {key: value for key, value in options.items() if key not in REQUIRED}
    wanted = together.fitting(wanted, current, flags, storage)
    merged = dict(current)
    for key in sorted(needed):
        _refuse_conflict(key, current, flags, path)
        if key not in flags:
            merged[key] = needed[key]
    for key, value in wanted.items():
        if key in flags:
            continue
        value = _without_flags(key, value, flags)
        if value is not None:
            merged[key] = _merged(key, current[key], value, path) if key in current else value
    for key, members in sorted(lists.items()):
        missing = [member for member in members if member not in flags.get(key, [])]
        if not missing:
            continue
        if key in flags:
            raise ZbsError(
                "dockerd is given %s on its command line (%s), so %s can't name %s too; move the flag's values from "
                "the unit into the file" % (key, ", ".join(flags[key]), path, ", ".join(missing)),
                "flag_conflict",
            )
        merged[key] = _united(key, merged.get(key, []), missing, path)
    return merged


def changes(current, merged):
    """The Changes from one content to another, by key."""
    keys = sorted(set(current) | set(merged))
    absent = object()
    return [
        Change(key, current.get(key), merged.get(key))
        for key in keys
        if current.get(key, absent) != merged.get(key, absent)
    ]


def refuse_both_places(current, flags, path):
    """ZbsError `flag_conflict` for keys given as a flag and in the file: no engine starts so."""
    told = daemon_text.told(current)
    both = sorted(key for key in flags if key in told and key not in daemon_keys.BOTH_PLACES)
    if both:
        raise ZbsError(
            "%s is set both on dockerd's command line and in %s, and dockerd does not start with both; remove one "
            "of them" % (", ".join(both), path),
            "flag_conflict",
        )


def _refuse_conflict(key, current, flags, path):
    """A required key that somebody set otherwise is theirs to change: nobody knows why it is so."""
    needed = REQUIRED[key]
    if key in flags and flag_bool(flags[key]) is not needed:
        raise ZbsError(
            "dockerd has --%s=%s on its command line, but a VM host needs %s; change the unit in a maintenance "
            "window" % (key, flags[key][-1], json.dumps(needed)),
            "flag_conflict",
        )
    told = daemon_text.told(current)
    if key in told and told[key] is not needed:
        raise ZbsError(
            "%s has %s: %s, but a VM host needs %s; change it and restart the engine in a maintenance window"
            % (path, key, json.dumps(told[key])[:80], json.dumps(needed)),
            "daemon_json",
        )


def _without_flags(key, value, flags):
    """An object whose members are keys of their own, without those that are flags; None where nothing is left."""
    if not isinstance(value, dict) or key in daemon_keys.WHOLE:
        return value
    return {inner: item for inner, item in value.items() if inner not in flags} or None


def _merged(key, have, want, path):
    """The operator's value; in an object of theirs, what they did not say is added."""
    if isinstance(want, dict):
        if not isinstance(have, dict):
            raise ZbsError(
                "%s has %s under %s instead of an object; fix it" % (path, daemon_text.kind(have), key), "daemon_json"
            )
        return dict(want, **have)
    if isinstance(want, list):
        return _united(key, have, want, path)
    return have


def _united(key, have, more, path):
    if not isinstance(have, list):
        raise ZbsError(
            "%s has %s under %s instead of a list; fix it" % (path, daemon_text.kind(have), key), "daemon_json"
        )
    united = list(have)
    taken = {_name(item) for item in have} if key in _NAMED else set()
    for member in more:
        # Pools of addresses must not overlap, and only the operator knows which do.
        if member not in united and _name(member) not in taken and not (have and isinstance(member, dict)):
            united.append(member)
    return united


def _name(member):
    return member.partition("=")[0] if isinstance(member, str) else None

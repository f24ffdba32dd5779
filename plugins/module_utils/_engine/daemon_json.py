# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What daemon.json says, what it is to say, and what it takes until the engine does so. Pure decisions."""

import json

from .._tools.errors import ZbsError

# What a host of VMs can't do without: an engine that leaves the firewall alone, and containers that outlive its restart.
REQUIRED = {"iptables": False, "live-restore": True}
# Keys that dockerd takes over on SIGHUP; see "configuration reload behavior" in its reference. All others take a restart.
RELOADED = frozenset(
    (
        "allow-nondistributable-artifacts",
        "authorization-plugins",
        "debug",
        "default-runtime",
        "features",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    )
)
# dockerd takes these from both places and puts them together.
_BOTH_PLACES = ("default-ulimits", "runtimes")


class Change:
    """One key of the file: `key`, `before` (None when it was not there), `after`, `needs` (`reload` or `restart`)."""

    def __init__(self, key, before, after):
        self.key = key
        self.before = before
        self.after = after
        self.needs = "reload" if key in RELOADED else "restart"

    def as_dict(self):
        """Plain data for a module's return."""
        return {"key": self.key, "before": self.before, "after": self.after, "needs": self.needs}


def parse(text, path):
    """The object in `text`, empty for an empty file; ZbsError `daemon_json` says what is wrong with it."""
    if not text.strip():
        return {}
    try:
        document = json.loads(text, object_pairs_hook=_no_twins)
    except _Twin as exc:
        raise ZbsError("%s has the key %s twice; keep one of them" % (path, exc), "daemon_json")
    except (ValueError, RecursionError) as exc:
        raise ZbsError(
            "%s is not valid JSON (%s); fix it, no engine starts with it" % (path, str(exc)[:200]), "daemon_json"
        )
    if not isinstance(document, dict):
        raise ZbsError("%s holds %s instead of an object; fix it" % (path, _kind(document)), "daemon_json")
    return document


def render(document):
    """The text of the file."""
    return json.dumps(document, indent=4, sort_keys=False, ensure_ascii=False) + "\n"


def refuse_options(options):
    """ZbsError `bad_option` for options that no host of VMs may have."""
    for key, value in sorted(REQUIRED.items()):
        if key in options and options[key] is not value:
            raise ZbsError(
                "options has %s: %s, but a VM host needs %s; leave it out"
                % (key, json.dumps(options[key]), json.dumps(value)),
                "bad_option",
            )


def merge(current, options, lists, flags, path, drop_flagged=False):
    """The new content of daemon.json.

    current  what it holds now
    options  keys to have where the operator has not said otherwise; objects in them are merged key by key
    lists    keys of lists to have at least these members
    flags    what dockerd is given on its command line: key -> list of values
    drop_flagged  whether a required key that is in both places leaves the file, instead of being refused
    What is given as a flag with the value that is wanted is not written: dockerd does not start with both.
    ZbsError `daemon_json`, `flag_conflict` where that can't be.
    """
    if drop_flagged:
        current = {key: value for key, value in current.items() if not (key in REQUIRED and key in flags)}
    refuse_both_places(current, flags, path)
    wanted = dict(options, **REQUIRED)
    merged = dict(current)
    for key in sorted(REQUIRED):
        _refuse_conflict(key, current, flags, path)
    for key, value in wanted.items():
        if key in flags:
            continue
        merged[key] = _merged(key, current[key], value, path) if key in current and key not in REQUIRED else value
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
    both = sorted(key for key in flags if key in current and key not in _BOTH_PLACES)
    if both:
        raise ZbsError(
            "%s is set both on dockerd's command line and in %s, and dockerd does not start with both; remove one "
            "of them" % (", ".join(both), path),
            "flag_conflict",
        )


def _refuse_conflict(key, current, flags, path):
    """A required key that somebody set otherwise is theirs to change: nobody knows why it is so."""
    needed = REQUIRED[key]
    if key in flags and _flag_value(flags[key]) is not needed:
        raise ZbsError(
            "dockerd has --%s=%s on its command line, but a VM host needs %s; change the unit in a maintenance "
            "window" % (key, flags[key][-1], json.dumps(needed)),
            "flag_conflict",
        )
    if key in current and current[key] is not needed:
        raise ZbsError(
            "%s has %s: %s, but a VM host needs %s; change it and restart the engine in a maintenance window"
            % (path, key, json.dumps(current[key])[:80], json.dumps(needed)),
            "daemon_json",
        )


def _flag_value(values):
    return {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}.get(values[-1].lower())


def _merged(key, have, want, path):
    """The operator's value; in an object of theirs, what they did not say is added."""
    if isinstance(want, dict):
        if not isinstance(have, dict):
            raise ZbsError("%s has %s under %s instead of an object; fix it" % (path, _kind(have), key), "daemon_json")
        return dict(want, **have)
    if isinstance(want, list):
        return _united(key, have, want, path)
    return have


def _united(key, have, more, path):
    if not isinstance(have, list):
        raise ZbsError("%s has %s under %s instead of a list; fix it" % (path, _kind(have), key), "daemon_json")
    united = list(have)
    for member in more:
        if member not in united:
            united.append(member)
    return united


def _kind(value):
    for kind, words in (
        (bool, "true or false"),
        (dict, "an object"),
        (list, "a list"),
        (str, "a string"),
        ((int, float), "a number"),
    ):
        if isinstance(value, kind):
            return words
    return "null"


class _Twin(Exception):
    """A key that stands in one object twice."""


def _no_twins(pairs):
    found = {}
    for key, value in pairs:
        if key in found:
            raise _Twin(key)
        found[key] = value
    return found

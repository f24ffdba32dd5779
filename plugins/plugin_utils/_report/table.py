# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as rows, totals and a table. Pure: from what the hosts' tasks registered to text."""

import re

from ansible_collections.zstack.zbs.plugins.module_utils._observe.demand import vm_name
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import TITLES
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible, visible_in
from ansible_collections.zstack.zbs.plugins.module_utils._window import holders
from ansible_collections.zstack.zbs.plugins.module_utils._window.backoff import ticks_to_attempt
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import VOLUME

from .._fleet import attempts
from . import disagree, width

_COLUMNS = (
    ("host", "HOST"),
    ("status", "STATUS"),
    ("verdict", "VERDICT"),
    ("since", "SINCE"),
    ("volumes", "VOLUMES"),
    ("broken", "BROKEN"),
    ("next_attempt", "NEXT ATTEMPT"),
    ("reason", "REASON"),
)
_COMPARED_COLUMNS = _COLUMNS[:-1] + (("disagrees", "DISAGREES"),) + _COLUMNS[-1:]
_HEAL_COLUMNS = (("host", "HOST"), ("result", "RESULT"), ("next_attempt", "NEXT ATTEMPT"), ("reason", "REASON"))


def unreachable_row(host, message="the host could not be reached"):
    """The row of a host that left the play."""
    return _row(host, {}, {}, "unreachable", message)


def error_row(host, message):
    """The row of a host whose look failed (its ledger can't be written, a wrong option)."""
    return _row(host, {}, {}, "error", message)


def health_row(host, health):
    """The row of a host from the return of zbs_vhost_health."""
    entries = {
        (storage, protocol): entry
        for storage, protocols in (health.get("ledger") or {}).items()
        for protocol, entry in protocols.items()
    }
    said = [health.get("reason"), holders.sentence(health.get("demand") or [])]
    return _row(host, health, entries, None, "; ".join(filter(None, said)) or None)


# One word for a host over its protocols, the gravest first.
_LEFT = "left to the deployer"
_GRAVEST = (
    "failed",
    attempts.ELSEWHERE,
    "refused",
    "due",
    "in progress",
    _LEFT,
    "held",
    "waiting",
    "unsure",
    "recovering",
    "healed",
    "well",
)
_WORDS = {"in_progress": "in progress", "cleared": "well", "left": _LEFT}


def heal_row(host, tick, begins=None, finishes=None, gate=None):
    """The row of a host from the returns of zbs_vhost_recovery (of the tick; of the attempt's phases, where there was one).

    begins, finishes  {protocol: return of the phase begin, finish}
    gate              the return of the last zbs_vhost_gate, which says why the turn of a host that is due did not come
    """
    found = {name: (_WORDS.get(word, word), _seen(tick, name)) for name, word in (tick.get("decisions") or {}).items()}
    for name, (word, reason) in attempts.outcomes(tick, begins or {}, finishes or {}).items():
        if word == "due":
            reason = (gate or {}).get("reason") or _why(found, name)
        elif reason and len(found) > 1 and not name.startswith(VOLUME):
            reason = "%s: %s" % (TITLES.get(name, name), reason)
        found[name] = (word, reason if word != "refused" else reason or _why(found, name))
    words = [word for word, _reason in found.values()]
    result = next((word for word in _GRAVEST if word in words), "well")
    # That another host has a volume open is said beside whatever else there is.
    told = (result, attempts.ELSEWHERE)
    reasons = [reason for word, reason in found.values() if word in told and reason]
    if tick.get("hold") and result in ("held", "waiting", "unsure", "recovering", "well"):
        result, reasons = "held", [_hold_sentence(tick["hold"])] + reasons
    restored = sum(1 for name, (word, _reason) in found.items() if name.startswith(VOLUME) and word == "healed")
    if restored:
        reasons.append("%d disk%s of running VMs restored" % (restored, "" if restored == 1 else "s"))
    health, entries = _after(tick, begins or {}, finishes or {})
    row = _row(host, health, entries, result, "; ".join(dict.fromkeys(reasons)) or None)
    return dict(row, hold=tick.get("hold"), restored=restored)


def _why(found, name):
    """What the tick said of it; a volume whose attempt followed on a heal of its target was not yet seen by the tick."""
    return found.get(name, (None, None))[1]


def _seen(tick, protocol):
    """Why the protocol is not Connected; the host's own reason says nothing as soon as another protocol is."""
    health = tick.get("health") or {}
    if protocol.startswith(VOLUME):
        entry = (tick.get("entries") or {}).get(protocol) or {}
        held_by = " and ".join(entry.get("held_by") or [])
        return "%s, and was held elsewhere by %s" % (entry["reason"], held_by) if held_by else entry.get("reason")
    reason = ((health.get("protocols") or {}).get(protocol) or {}).get("reason")
    return "%s: %s" % (TITLES.get(protocol, protocol), reason) if reason else None


def _hold_sentence(hold):
    return "%s%s" % (hold["reason"], ", until %s" % hold["until"] if hold.get("until") else "")


def _shown(row):
    """A row of `health` as the table has it: a hold stands where the next attempt would, and its reason with the other."""
    if "disagrees" in row:
        row = dict(row, disagrees=disagree.cell(row))
    if not row["hold"]:
        return row
    held = "held: %s" % _hold_sentence(row["hold"])
    return dict(row, next_attempt="held", reason="%s; %s" % (row["reason"], held) if row["reason"] else held)


def _after(tick, begins, finishes):
    """(health, entries) as last seen: an attempt's finish knows its own protocol better than the tick."""
    health, entries = dict(tick.get("health") or {}), dict(tick.get("entries") or {})
    outcomes = attempts.outcomes(tick, begins, finishes)
    for name, (word, _reason) in outcomes.items():
        finish = finishes.get(name) or {}
        if word not in ("healed", "failed", attempts.ELSEWHERE) or "outcome" not in finish:
            continue
        seen = finish.get("health")
        if seen and name.startswith(VOLUME):
            health.update({key: seen.get(key) for key in ("volumes", "demand")})
        elif seen:
            others = {key: value for key, value in (health.get("protocols") or {}).items() if key != name}
            health = dict(health if others else seen, protocols=dict(others, **(seen.get("protocols") or {})))
            if seen.get("status") == "Connected":
                health["status"] = "Connected"
        entries.pop(name, None)
        # What is healed has no next attempt, although its entry stays until a tick sees it well.
        if word != "healed" and name in (finish.get("entries") or {}):
            entries[name] = finish["entries"][name]
    return health, entries


def _row(host, health, entries, result, reason):
    volumes = health.get("volumes")
    verdicts = [item["verdict"] for item in (health.get("protocols") or {}).values()]
    ahead = [(entry, ticks_to_attempt(entry)) for entry in entries.values()]
    ticks = [
        0 if result in ("due", "held") and not entry["skip"] else number
        for entry, number in ahead
        if number is not None
    ]
    return {
        "host": host,
        "status": health.get("status", "Unreachable" if result == "unreachable" else "Unknown"),
        "verdict": ", ".join(sorted(verdicts)) or None,
        "since": min((entry["since"] for entry in entries.values()), default=None) or _ended(health, verdicts),
        "volumes": None if volumes is None else len(volumes),
        "broken": None if volumes is None else _broken(health),
        "held_elsewhere": sum(1 for entry in entries.values() if entry.get("held_by")),
        "no_reconnect": _no_reconnect(health),
        "next_attempt": min(ticks, default=None),
        "hold": health.get("hold"),
        "result": result,
        "reason": reason,
    }


def _ended(health, verdicts):
    """When the target of a host without a ledger went down, in whole seconds; None where Docker does not tell."""
    ended = (health.get("container") or {}).get("finished_at")
    match = re.match(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z$", str(ended))
    return match.group(1) + "Z" if match and "stopped" in verdicts else None


def _broken(health):
    """How many controllers are broken, and how many that a VM needs are not there."""
    there = {volume.get("controller") for volume in health["volumes"]}
    missing = {need["bdev"] for need in health.get("demand") or [] if need["broken"]} - there
    return sum(1 for volume in health["volumes"] if volume.get("broken")) + len(missing)


def _no_reconnect(health):
    """The disks whose VMs do not come back by themselves when their target does, in words."""
    lost = [need for need in health.get("demand") or [] if need.get("reconnect") == 0]
    return ["%s of VM %s" % (need["bdev"], vm_name(need["vm"])) for need in lost]


def totals(rows):
    """Hosts by status and by result, who is down, and volumes: {hosts, status: {word: n}, result: {word: n}, down, ...}."""
    counts: dict = {
        "hosts": len(rows),
        "status": {},
        "result": {},
        "down": [row["host"] for row in fails(rows, "down")],
        "volumes": sum(row["volumes"] or 0 for row in rows),
        "broken": sum(row["broken"] or 0 for row in rows),
        "held_elsewhere": sum(row.get("held_elsewhere") or 0 for row in rows),
    }
    for row in rows:
        for key in ("status", "result"):
            if row[key] is not None:
                counts[key][row[key]] = counts[key].get(row[key], 0) + 1
    return counts


def lines(rows, kind):
    """The table as lines: for `heal` the hosts that are well share one line, for `health` each has its own."""
    counts = totals(rows)
    if kind == "health":
        compared = any("disagrees" in row for row in rows)
        body = _table([_shown(row) for row in rows], _COMPARED_COLUMNS if compared else _COLUMNS)
        summary = counts["status"]
    else:
        notable = [row for row in rows if row["result"] != "well"]
        body = _table(notable, _HEAL_COLUMNS) if notable else []
        summary = counts["result"]
    words = ", ".join("%d %s" % (number, visible(str(word))) for word, number in sorted(summary.items()))
    last = "%d host%s: %s" % (len(rows), "" if len(rows) == 1 else "s", words or "none")
    if rows and "disagrees" in rows[0]:
        last += "; %s" % disagree.summary(rows)
    return body + [last + _lost(rows)]


def _lost(rows):
    """The end of the last line: disks that an outage takes from their VM until that is restarted."""
    lost = ["%s on %s" % (disk, row["host"]) for row in rows for disk in row.get("no_reconnect") or []]
    if not lost:
        return ""
    more = " and %d more" % (len(lost) - 3) if len(lost) > 3 else ""
    return visible("; without reconnect: %s%s" % (", ".join(lost[:3]), more))


def _table(rows, columns):
    """Left-justified columns as wide as their widest cell; the last one is not padded."""
    cells = [[title for _key, title in columns]]
    cells += [[_cell(key, row[key]) for key, _title in columns] for row in rows]
    widths = [max(width.width(line[number]) for line in cells) for number in range(len(columns))]
    return ["  ".join(map(width.padded, line, widths)).rstrip() for line in cells]


def _cell(key, value):
    if value is None:
        return "-"
    if key == "next_attempt" and isinstance(value, int):
        return {0: "due now", 1: "next tick"}.get(value, "in %d ticks" % value)
    return visible(" ".join(str(value).split()))  # a message of several lines stays in its row


def fails(rows, fail_on):
    """The rows for which a task with that `fail_on` fails."""
    if fail_on == "failed":
        return [row for row in rows if row["result"] in ("failed", attempts.ELSEWHERE, "error", "unreachable")]
    if fail_on == "unreachable":
        return [row for row in rows if row["result"] == "unreachable"]
    if fail_on == "down":
        return [row for row in rows if row["status"] != "Connected"]
    return []


def failing_sentence(rows, fail_on):
    """Which of the hosts a task with that `fail_on` fails for, in a sentence; None for none."""
    found = fails(rows, fail_on)
    if not found:
        return None
    names = ["%s (%s)" % (row["host"], row["result"] or row["status"]) for row in visible_in(found[:10])]
    more = ["%d more" % (len(found) - 10)] if len(found) > 10 else []
    return "%d of %d hosts: %s" % (len(found), len(rows), ", ".join(names + more))

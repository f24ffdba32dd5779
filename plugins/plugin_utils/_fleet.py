# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as rows, totals and a table. Pure: from what the hosts' tasks registered to text."""

from ansible_collections.zstack.zbs.plugins.module_utils._backoff import ticks_to_attempt

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
    return _row(host, health, entries, None, health.get("reason"))


def heal_row(host, tick, finish=None, begin=None):
    """The row of a host from the returns of zbs_vhost_recovery: of the tick, and of the attempt where there was one."""
    decisions = tick.get("decisions") or {}
    health, entries = tick.get("health") or {}, tick.get("entries") or {}
    result, reason = _tick_result(decisions), health.get("reason")
    # Only a tick that found something due made an attempt: what else is registered is of an earlier tick of the same play.
    if finish and result == "due":
        health, entries = finish.get("health") or health, finish.get("entries") or {}
        result, reason = finish["outcome"], finish.get("error")
    elif begin and result == "due" and not begin.get("begun"):
        result, reason = "refused", "; ".join(begin.get("warnings") or []) or reason
    return _row(host, health, entries, result, reason)


def _tick_result(decisions):
    """One word over the protocols of a tick, the gravest first."""
    words = {"due": "due", "in_progress": "in progress", "waiting": "waiting", "unsure": "unsure"}
    for decision, word in words.items():
        if decision in decisions.values():
            return word
    return "well"


def _row(host, health, entries, result, reason):
    volumes = health.get("volumes") or []
    verdicts = [item["verdict"] for item in (health.get("protocols") or {}).values()]
    # What is healed has no next attempt, although its entry stays until a tick sees it well.
    ticks = (
        [0 if result == "due" else ticks_to_attempt(entry) for entry in entries.values()] if result != "healed" else []
    )
    return {
        "host": host,
        "status": health.get("status", "Unreachable" if result == "unreachable" else "Unknown"),
        "verdict": ", ".join(sorted(verdicts)) or None,
        "since": min((entry["since"] for entry in entries.values()), default=None),
        "volumes": len(volumes),
        "broken": sum(1 for volume in volumes if volume.get("broken")),
        "next_attempt": min(ticks, default=None),
        "result": result,
        "reason": reason,
    }


def totals(rows):
    """Hosts by status and by result: {hosts, status: {word: n}, result: {word: n}}."""
    counts = {"hosts": len(rows), "status": {}, "result": {}}
    for row in rows:
        for key in ("status", "result"):
            if row[key] is not None:
                counts[key][row[key]] = counts[key].get(row[key], 0) + 1
    return counts


def lines(rows, kind):
    """The table as lines: for `heal` the hosts that are well share one line, for `health` each has its own."""
    counts = totals(rows)
    if kind == "health":
        body = _table(rows, _COLUMNS)
        summary = counts["status"]
    else:
        notable = [row for row in rows if row["result"] != "well"]
        body = _table(notable, _HEAL_COLUMNS) if notable else []
        summary = counts["result"]
    words = ", ".join("%d %s" % (number, word) for word, number in sorted(summary.items()))
    return body + ["%d host%s: %s" % (len(rows), "" if len(rows) == 1 else "s", words or "none")]


def _table(rows, columns):
    """Left-justified columns as wide as their widest cell; the last one is not padded."""
    cells = [[title for _key, title in columns]]
    cells += [[_cell(key, row[key]) for key, _title in columns] for row in rows]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]


def _cell(key, value):
    if value is None:
        return "-"
    if key == "next_attempt":
        return {0: "due now", 1: "next tick"}.get(value, "in %d ticks" % value)
    return " ".join(str(value).split())  # a message of several lines stays in its row


def fails(rows, fail_on):
    """The rows for which a task with that `fail_on` fails."""
    if fail_on == "failed":
        return [row for row in rows if row["result"] in ("failed", "error", "unreachable")]
    if fail_on == "down":
        return [row for row in rows if row["status"] != "Connected"]
    return []

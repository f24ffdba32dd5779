# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ZStack manager believes of a host beside what the host itself showed. Pure, and read only.

The manager's word comes from the host's inventory variables, so it is as old as the inventory (`zstack_read_at`).
Where one of the two does not know, they don't disagree.
"""

import datetime

from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    STATUS_OF,
    UNKNOWN,
)

UNREACHABLE = "Unreachable"
_KNOWN = (CONNECTED, CONNECTING, DISCONNECTED)
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def compare(known, health, row, now):
    """{manager: list of comparisons or None, manager_read_at, disagrees: sentence or None} of a host.

    known   the host's variables (of the inventory zstack.zbs.zstack; None or without them: the manager tells nothing)
    health  what zbs_vhost_health returned there, {} for nothing
    row     the host's of the report: its status counts where health tells nothing, its since where no ledger does
    now     ISO 8601 text in UTC
    """
    rows = known.get("zstack_protocols")
    if not isinstance(rows, list) or not rows:
        return {"manager": None, "manager_read_at": known.get("zstack_read_at"), "disagrees": None}
    read_at = known.get("zstack_read_at")
    found = [_comparison(theirs, health, row) for theirs in rows]
    differing = [_sentence(item, read_at, now) for item in found if item["disagrees"]]
    return {"manager": found, "manager_read_at": read_at, "disagrees": "; ".join(differing) or None}


def _comparison(told, health, row):
    protocol = str(told.get("protocol")).lower()
    ours, since = _ours(protocol, health, row)
    theirs = told.get("status")
    compared = theirs in _KNOWN and ours not in (None, UNKNOWN)
    # To us unreachable and to the manager disconnected is one opinion.
    same = theirs == ours or (theirs, ours) == (DISCONNECTED, UNREACHABLE)
    return {
        "storage": told.get("storage"),
        "protocol": told.get("protocol"),
        "manager": theirs,
        "manager_since": told.get("since"),
        "manager_changed": told.get("changed"),
        "host": ours,
        "host_since": since,
        "disagrees": (not same) if compared else None,
    }


def _ours(protocol, health, row):
    """(status of the protocol, since when), None for what was not looked at."""
    if not health:
        return (UNREACHABLE if row["status"] == UNREACHABLE else None), None
    verdict = (health.get("protocols") or {}).get(protocol, {}).get("verdict")
    entries = [protocols.get(protocol) for protocols in (health.get("ledger") or {}).values()]
    since = min((entry["since"] for entry in entries if entry and entry.get("since")), default=None)
    if since is None and protocol == "vhost" and not entries:
        since = row.get("since")  # when Docker saw the container end
    ours = STATUS_OF.get(verdict)
    # An entry of the ledger outlives its outage until a tick sees the target well.
    return ours, since if ours and ours != CONNECTED else None


def _sentence(item, read_at, now):
    """Vhost of zbs-1: manager Connected for 2 h (asked 40 s ago), host Disconnected for 5 min."""
    theirs = str(item["manager"])
    if item["manager_since"] and age(item["manager_since"], read_at or now):
        theirs += " for %s" % age(item["manager_since"], read_at or now)
    elif item["manager_changed"]:
        theirs += " since %s by its own clock" % item["manager_changed"]
    if read_at and age(read_at, now):
        theirs += " (asked %s ago)" % age(read_at, now)
    ours = str(item["host"])
    lasting = item["host_since"] and age(item["host_since"], now)
    ours += " for %s" % lasting if lasting else " now"
    return "%s of %s: manager %s, host %s" % (item["protocol"], item["storage"], theirs, ours)


def age(since, now):
    """The time between two moments (ISO 8601 in UTC) in words; None where it can't be told, as when it is not past yet."""
    try:
        seconds = (_moment(now) - _moment(since)).total_seconds()
    except ValueError:
        return None
    if seconds < 0:
        return None
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return "%d %s" % (seconds // size, unit)
    return "%d s" % seconds


def _moment(text):
    return datetime.datetime.strptime(str(text), _FORMAT)


def cell(row):
    """What the table's column says of a row that `compare` was merged into."""
    return row["disagrees"] if row["manager"] is not None else "not reported"


def summary(rows):
    """The end of the report's last line."""
    number = sum(1 for row in rows if row["disagrees"])
    return "the manager disagrees on %s" % (number or "none")

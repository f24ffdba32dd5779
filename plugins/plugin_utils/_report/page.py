# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as one HTML page. Pure: rows and what the hosts returned to text.

Self-contained and shut: no external resource, a content security policy that forbids any, every value escaped. What a colour
says, a sign and a word say too.
"""

import base64
import hashlib
import json

from . import cells, style

# Gravest first: the order of the tiles and of the table.
STATUSES = ("Disconnected", "Unreachable", "Unknown", "Connecting", "Connected")
SIGNS = {"Disconnected": cells.BROKEN, "Unreachable": "⊘", "Unknown": "?", "Connecting": "…", "Connected": "✔"}
_COLUMNS = ("Host", "Status", "Why", "Down since", "Volumes", "Backoff window", "Hugepages")
_VOLUME = ("controller", "bdev", "block_size", "sessions", "broken")
_MANAGER = ("storage", "protocol", "manager", "manager_changed", "host", "host_since", "disagrees")


def page(hosts, totals, made):
    """The page as text.

    hosts   [(row of _report/table, what zbs_vhost_health returned on that host, {} when it returned nothing), ...]
    totals  of table.totals
    made    when, as ISO 8601 text in UTC
    """
    ordered = sorted(hosts, key=lambda item: (_rank(item[0]["status"]), -(item[0]["broken"] or 0), item[0]["host"]))
    script = style.SCRIPT
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'" % digest
    down = sum(number for status, number in totals["status"].items() if status != "Connected")
    return "".join(
        [
            "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>",
            '<meta http-equiv="Content-Security-Policy" content="%s">' % policy,
            '<meta name=viewport content="width=device-width, initial-scale=1"><meta name=robots content=noindex>',
            "<title>%s · ZBS vhost targets</title>" % (_trouble(down, totals["broken"]) or "✔"),
            "<style>%s</style></head><body>" % style.STYLE,
            "<header><h1>ZBS vhost targets</h1>",
            '<p class=made>as of <time id=made datetime="%s">%s</time><span id=age></span></p></header>'
            % (cells.text(made), cells.text(cells.when(made))),
            _tiles(totals),
            _legend(),
            "<main><table><thead><tr>",
            "".join("<th scope=col>%s</th>" % name for name in _COLUMNS),
            "</tr></thead>",
            "".join(_host(row, health) for row, health in ordered),
            "</table>" if ordered else "</table><p>No host is in the inventory's group.</p>",
            "</main><footer>Written by <code>ansible-playbook zstack.zbs.health</code>. Nothing on the hosts was changed.</footer>",
            "<script>%s</script></body></html>\n" % script,
        ]
    )


def _trouble(down, broken):
    """What a tab that is not looked at says."""
    return ", ".join(
        words % number
        for number, words in ((down, "%d ✖"), (broken, "%d broken volume" + cells.plural(broken)))
        if number
    )


def _rank(status):
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def _status(status):
    return '<span class="status %s"><b aria-hidden=true>%s</b> %s</span>' % (
        cells.text(str(status).lower()),
        SIGNS.get(status, "?"),
        cells.text(status),
    )


def _tiles(totals):
    """Counts: hosts by status, then volumes."""
    tiles = []
    for status in STATUSES:
        number = totals["status"].get(status, 0)
        tiles.append(
            '<li class="tile %s%s"><strong>%d</strong> %s</li>'
            % (status.lower(), "" if number else " none", number, _status(status))
        )
    volumes = totals["volumes"]
    broken = totals["broken"]
    tiles.append('<li class="tile plain"><strong>%d</strong> <span>volumes served</span></li>' % (volumes - broken))
    tiles.append(
        '<li class="tile %s"><strong>%d</strong> <span>%s broken volumes</span></li>'
        % ("disconnected" if broken else "plain none", broken, SIGNS["Disconnected"] if broken else "")
    )
    return "<ul class=tiles>%s</ul>" % "".join(tiles)


def _legend():
    parts = "".join("<span><i class=%s></i> %s</span>" % (key, words) for key, words in _SEGMENTS)
    return (
        "<p class=legend>Hugepages: %s <span class=gap>Backoff window in ticks: <i class=gone></i> passed "
        "<i class=ahead></i> still to wait</span></p>" % parts
    )


_SEGMENTS = (("target", "target"), ("guests", "VMs and others"), ("reserved", "reserved"), ("free", "free"))


def _host(row, health):
    """A host: its line, and the evidence folded away under it."""
    columns = [
        "<th scope=row class=name>%s</th>" % cells.text(row["host"]),
        "<td>%s<small>%s</small></td>" % (_status(row["status"]), cells.text(row["verdict"] or "not judged")),
        "<td class=why>%s%s%s%s</td>"
        % (
            cells.text(row["reason"] or "answers"),
            cells.disagrees(row),
            cells.warnings(health),
            cells.attempts(health),
        ),
        _labelled(3, cells.since(row["since"])),
        _labelled(4, cells.volumes(row, health)),
        _labelled(5, cells.hold(row) + cells.windows(row, health)),
        _labelled(6, cells.hugepages(health)),
    ]
    evidence = (
        '<tr class=more><td colspan=%d><details data-host="%s"><summary aria-label="Evidence of %s">evidence</summary>%s</details></td></tr>'
        % (len(_COLUMNS), cells.text(row["host"]), cells.text(row["host"]), _evidence(health, row))
        if health or row.get("manager")
        else ""
    )
    return '<tbody class="%s"><tr>%s</tr>%s</tbody>' % (
        cells.text(str(row["status"]).lower()),
        "".join(columns),
        evidence,
    )


def _labelled(number, content):
    """A cell that names its column on a narrow screen, where the columns stand one below the other."""
    if not content:
        return "<td class=none>–</td>"
    return '<td class=number data-label="%s">%s</td>' % (_COLUMNS[number], content)


def _evidence(health, row):
    """Everything that the verdict stands on, as small tables; the rest as JSON."""
    blocks = []
    protocols = health.get("protocols") or {}
    rows = [
        [name, item.get("verdict"), item.get("latency_ms"), item.get("reason")]
        for name, item in sorted(protocols.items())
    ]
    blocks.append(_grid("Protocols", ("protocol", "verdict", "ms", "reason"), rows))
    volumes = health.get("volumes") or []
    blocks.append(_grid("Volumes", _VOLUME, [[item.get(key) for key in _VOLUME] for item in volumes]))
    for key in ("target", "process", "container"):
        found = health.get(key) or {}
        shown = [[name, value] for name, value in sorted(found.items()) if value not in (None, "", [])]
        blocks.append(_grid(key.capitalize(), None, shown))
    told = row.get("manager") or []
    blocks.append(_grid("Manager and host", _MANAGER, [[item[key] for key in _MANAGER] for item in told]))
    if health.get("ledger"):
        ledger = json.dumps(health["ledger"], indent=1, sort_keys=True, ensure_ascii=False, default=str)
        blocks.append("<section><h3>Ledger</h3><pre>%s</pre></section>" % cells.text(ledger))
    return "<div class=evidence>%s</div>" % "".join(blocks)


def _grid(title, heads, rows):
    if not rows:
        return ""
    head = "<tr>%s</tr>" % "".join("<th>%s</th>" % cells.text(item) for item in heads) if heads else ""
    body = "".join("<tr>%s</tr>" % "".join("<td>%s</td>" % cells.text(item) for item in row) for row in rows)
    return "<section><h3>%s</h3><table>%s%s</table></section>" % (title, head, body)

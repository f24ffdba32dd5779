# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as one HTML page. Pure: rows and what the hosts returned to text.

Self-contained and shut: no external resource, a content security policy that forbids any, every value escaped. What a colour
says, a sign and a word say too.
"""

import base64
import hashlib
import html
import json
import re

from ansible_collections.zstack.zbs.plugins.module_utils._backoff import ticks_to_attempt
from ansible_collections.zstack.zbs.plugins.plugin_utils import _page_style

# Gravest first: the order of the tiles and of the table.
STATUSES = ("Disconnected", "Unreachable", "Unknown", "Connecting", "Connected")
SIGNS = {"Disconnected": "✖", "Unreachable": "⊘", "Unknown": "?", "Connecting": "…", "Connected": "✔"}
_COLUMNS = ("Host", "Status", "Why", "Down since", "Volumes", "Backoff window", "Hugepages")
# Windows up to this long are drawn tick by tick.
_MOST_PIPS = 16


def page(hosts, totals, made):
    """The page as text.

    hosts   [(row of _fleet, what zbs_vhost_health returned on that host, {} when it returned nothing), ...]
    totals  of _fleet.totals
    made    when, as ISO 8601 text in UTC
    """
    ordered = sorted(hosts, key=lambda item: (_rank(item[0]["status"]), -item[0]["broken"], item[0]["host"]))
    script = _page_style.SCRIPT
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'" % digest
    down = sum(number for status, number in totals["status"].items() if status != "Connected")
    return "".join(
        [
            "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>",
            '<meta http-equiv="Content-Security-Policy" content="%s">' % policy,
            '<meta name=viewport content="width=device-width, initial-scale=1"><meta name=robots content=noindex>',
            "<title>%s ZBS vhost targets</title>" % ("%d ✖" % down if down else "✔"),
            "<style>%s</style></head><body>" % _page_style.STYLE,
            "<header><h1>ZBS vhost targets</h1>",
            '<p class=made>as of <time id=made datetime="%s">%s</time><span id=age></span></p></header>'
            % (_text(made), _text(_when(made))),
            _tiles(hosts, totals),
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


def _rank(status):
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


_WORDS = {None: "–", True: "yes", False: "no"}


def _text(value):
    """Any value as text that is safe between tags and in a quoted attribute."""
    plain = _WORDS[value] if value is None or isinstance(value, bool) else str(value)
    return html.escape(plain, quote=True)


def _when(text):
    """An ISO 8601 time in UTC as people read it; anything else as it is."""
    match = re.match(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$", str(text))
    return "%s %s UTC" % match.groups() if match else text


def _status(status):
    return '<span class="status %s"><b aria-hidden=true>%s</b> %s</span>' % (
        _text(str(status).lower()),
        SIGNS.get(status, "?"),
        _text(status),
    )


def _tiles(hosts, totals):
    """Counts: hosts by status, then volumes."""
    tiles = []
    for status in STATUSES:
        number = totals["status"].get(status, 0)
        tiles.append(
            '<li class="tile %s%s"><strong>%d</strong> %s</li>'
            % (status.lower(), "" if number else " none", number, _status(status))
        )
    volumes = sum(row["volumes"] for row, _health in hosts)
    broken = sum(row["broken"] for row, _health in hosts)
    tiles.append('<li class="tile plain"><strong>%d</strong> <span>volumes served</span></li>' % (volumes - broken))
    tiles.append(
        '<li class="tile %s"><strong>%d</strong> <span>%s broken volumes</span></li>'
        % ("disconnected" if broken else "plain none", broken, SIGNS["Disconnected"] if broken else "")
    )
    return "<ul class=tiles>%s</ul>" % "".join(tiles)


def _legend():
    parts = "".join("<span><i class=%s></i> %s</span>" % (key, words) for key, words in _SEGMENTS)
    return (
        "<p class=legend>Hugepages: %s <span class=gap>Backoff window in ticks: <i class=gone></i> gone "
        "<i class=ahead></i> still to wait</span></p>" % parts
    )


_SEGMENTS = (("target", "target"), ("guests", "VMs and others"), ("reserved", "promised"), ("free", "free"))


def _host(row, health):
    """A host: its line, and the evidence folded away under it."""
    cells = [
        "<th scope=row class=name>%s</th>" % _text(row["host"]),
        "<td>%s<small>%s</small></td>" % (_status(row["status"]), _text(row["verdict"] or "not judged")),
        "<td class=why>%s%s%s</td>" % (_text(row["reason"] or "answers"), _disagrees(row), _warnings(health)),
        "<td class=number>%s</td>" % _text(_when(row["since"])),
        "<td class=number>%s</td>" % _volumes_cell(row, health),
        "<td>%s</td>" % (_windows(health) or "–"),
        "<td>%s</td>" % (_hugepages(health) or "–"),
    ]
    evidence = (
        '<tr class=more><td colspan=%d><details data-host="%s"><summary aria-label="Evidence of %s">evidence</summary>%s</details></td></tr>'
        % (len(_COLUMNS), _text(row["host"]), _text(row["host"]), _evidence(health, row.get("manager") or []))
        if health or row.get("manager")
        else ""
    )
    return '<tbody class="%s"><tr>%s</tr>%s</tbody>' % (_text(str(row["status"]).lower()), "".join(cells), evidence)


def _disagrees(row):
    """The manager's other opinion, where it has one."""
    return "<small class=warning>≠ %s</small>" % _text(row["disagrees"]) if row.get("disagrees") else ""


def _warnings(health):
    return "".join("<small class=warning>⚠ %s</small>" % _text(item) for item in health.get("warnings") or [])


def _volumes_cell(row, health):
    if health.get("volumes") is None:
        return "not told" if health else "–"
    broken = (
        "<small class=broken>%s %d broken</small>" % (SIGNS["Disconnected"], row["broken"]) if row["broken"] else ""
    )
    return "%d%s" % (row["volumes"], broken)


def _windows(health):
    """The backoff windows of the host: one line for each storage and protocol."""
    lines = []
    for storage, protocols in sorted((health.get("ledger") or {}).items()):
        for protocol, entry in sorted(protocols.items()):
            ahead = ticks_to_attempt(entry)
            words = {0: "attempt is due", 1: "attempt on the next tick"}.get(
                ahead, "attempt in %d ticks" % (ahead or 0)
            )
            failures = entry.get("failures", 0)
            lines.append(
                "<div class=window><small>%s %s</small>%s<span>%s</span><small>%d failed attempt%s</small></div>"
                % (
                    _text(storage),
                    _text(protocol),
                    _pips(failures, entry.get("skip", 0)),
                    words,
                    failures,
                    _s(failures),
                )
            )
    return "".join(lines)


def _s(number):
    return "" if number == 1 else "s"


def _pips(failures, skip):
    """The window as pips, the ticks gone filled; a long one as a bar."""
    if not failures and not skip:
        return ""
    whole = max(skip, min(2 ** min(failures, 30), 64))
    if whole > _MOST_PIPS:
        return (
            '<span class="bar" role=img aria-label="%d of %d ticks to wait"><i class=gone style="width:%.1f%%"></i></span>'
            % (
                skip,
                whole,
                100.0 * (whole - skip) / whole,
            )
        )
    pips = "<i class=gone></i>" * (whole - skip) + "<i class=ahead></i>" * skip
    return '<span class=pips role=img aria-label="%d of %d ticks to wait">%s</span>' % (skip, whole, pips)


def _hugepages(health):
    """A bar for each pool with pages: what the target holds, what others do, what is promised, what is free."""
    bars = []
    held_kib = (health.get("process") or {}).get("hugepages_kib") or 0
    for pool in health.get("hugepages") or []:
        if not pool["total"]:
            continue
        used = max(0, pool["total"] - pool["free"])
        # smaps counts every size together; a target uses one, and the 2M pool is the one it is given.
        target = min(used, held_kib // pool["size_kib"]) if pool["size_kib"] == 2048 else 0
        reserved = min(pool["reserved"], pool["free"])
        parts = (
            ("target", target),
            ("guests", used - target),
            ("reserved", reserved),
            ("free", pool["free"] - reserved),
        )
        segments = "".join(
            '<i class=%s style="width:%.2f%%"></i>' % (key, 100.0 * number / pool["total"])
            for key, number in parts
            if number
        )
        words = "%d of %d free" % (pool["free"] - reserved, pool["total"])
        bars.append(
            '<div class=pool><span class=bar role=img aria-label="%s">%s</span><small>%s: %s%s</small></div>'
            % (words, segments, _size(pool["size_kib"]), words, "<br>target: %d" % target if target else "")
        )
    return "".join(bars)


def _size(kib):
    return "%dG" % (kib // 1048576) if kib % 1048576 == 0 else "%dM" % (kib // 1024) if kib % 1024 == 0 else "%dK" % kib


def _evidence(health, manager):
    """Everything that the verdict stands on, as small tables; the rest as JSON."""
    blocks = []
    protocols = health.get("protocols") or {}
    rows = [
        [name, item.get("verdict"), item.get("latency_ms"), item.get("reason")]
        for name, item in sorted(protocols.items())
    ]
    blocks.append(_grid("Protocols", ("protocol", "verdict", "ms", "reason"), rows))
    volumes = health.get("volumes") or []
    keys = ("controller", "bdev", "block_size", "sessions", "broken")
    blocks.append(_grid("Volumes", keys, [[item.get(key) for key in keys] for item in volumes]))
    for key in ("target", "process", "container"):
        found = health.get(key) or {}
        shown = [[name, value] for name, value in sorted(found.items()) if value not in (None, "", [])]
        blocks.append(_grid(key.capitalize(), None, shown))
    keys = ("storage", "protocol", "manager", "manager_changed", "host", "host_since", "disagrees")
    blocks.append(_grid("Manager and host", keys, [[item[key] for key in keys] for item in manager]))
    if health.get("ledger"):
        ledger = json.dumps(health["ledger"], indent=1, sort_keys=True, ensure_ascii=False, default=str)
        blocks.append("<section><h3>Ledger</h3><pre>%s</pre></section>" % _text(ledger))
    return "<div class=evidence>%s</div>" % "".join(blocks)


def _grid(title, heads, rows):
    if not rows:
        return ""
    head = "<tr>%s</tr>" % "".join("<th>%s</th>" % _text(item) for item in heads) if heads else ""
    body = "".join("<tr>%s</tr>" % "".join("<td>%s</td>" % _text(item) for item in row) for row in rows)
    return "<section><h3>%s</h3><table>%s%s</table></section>" % (title, head, body)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the cells of the fleet's page, as HTML; every value of a host is escaped. Pure."""

import html
import re

from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible
from ansible_collections.zstack.zbs.plugins.module_utils._window.backoff import ticks_to_attempt

# Windows up to this long are drawn tick by tick.
_MOST_PIPS = 16
BROKEN = "✖"

_WORDS = {None: "–", True: "yes", False: "no"}


def text(value):
    """Any value as text that is safe between tags and in a quoted attribute; every value of a host goes by here."""
    plain = _WORDS[value] if value is None or isinstance(value, bool) else str(value)
    return html.escape(visible(plain), quote=True)


def when(value):
    """An ISO 8601 time in UTC as people read it; anything else as it is."""
    match = re.match(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$", str(value))
    return "%s %s UTC" % match.groups() if match else value


def plural(number):
    """The s of a plural."""
    return "" if number == 1 else "s"


def since(value):
    """A time in two lines that don't break, so that its column stays narrow."""
    day, _blank, hour = when(value or "").partition(" ")
    return "<span class=time>%s</span> <span class=time>%s</span>" % (text(day), text(hour)) if value else ""


def disagrees(row):
    """The manager's other opinion, where it has one."""
    return "<small class=warning>≠ %s</small>" % text(row["disagrees"]) if row.get("disagrees") else ""


def warnings(health):
    """What the probe warned of."""
    return "".join("<small class=warning>⚠ %s</small>" % text(item) for item in health.get("warnings") or [])


def attempts(health):
    """How the last attempt of each protocol ended, where it did not bring the target back."""
    found = []
    for _storage, protocols in sorted((health.get("ledger") or {}).items()):
        for protocol, entry in sorted(protocols.items()):
            last = entry.get("last_attempt") or {}
            if last.get("outcome") not in (None, "healed"):
                why = ": %s" % last["error"] if last.get("error") else ""
                said = "last attempt (%s, %s) %s%s" % (protocol, when(last.get("at")), last["outcome"], why)
                found.append("<small>%s</small>" % text(said))
    return "".join(found)


def volumes(row, health):
    """How many volumes, and how many of them are broken."""
    if health.get("volumes") is None:
        return "not reported" if health else ""
    broken = "<small class=broken>%s %d broken</small>" % (BROKEN, row["broken"]) if row["broken"] else ""
    held = row.get("held_elsewhere")
    elsewhere = "<small class=broken>%s %d held elsewhere</small>" % (BROKEN, held) if held else ""
    return "%d%s%s" % (row["volumes"], broken, elsewhere)


def hold(row):
    """What keeps the heal from this host, above its windows."""
    found = row.get("hold")
    if not found:
        return ""
    until = "<small>until %s</small>" % text(when(found["until"])) if found.get("until") else ""
    return "<div class=held><span><b aria-hidden=true>‖</b> held</span>%s<small>%s</small></div>" % (
        until,
        text(found.get("reason")),
    )


def windows(row, health):
    """The backoff windows of the host: one line for each storage and protocol."""
    lines = []
    unless = ", if not held then" if row.get("hold") else ""
    for storage, protocols in sorted((health.get("ledger") or {}).items()):
        for protocol, entry in sorted(protocols.items()):
            ahead = ticks_to_attempt(entry)
            words = {None: "left to the deployer", 0: "attempt is due", 1: "attempt on the next tick"}.get(
                ahead, "attempt in %d ticks" % (ahead or 0)
            )
            failures = entry.get("failures", 0)
            lines.append(
                "<div class=window><small>%s %s</small>%s<span>%s%s</span><small>%d failed attempt%s</small></div>"
                % (
                    text(storage),
                    text(protocol),
                    _pips(failures, entry.get("skip", 0)),
                    words,
                    unless if ahead is not None else "",
                    failures,
                    plural(failures),
                )
            )
    return "".join(lines)


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


def hugepages(health):
    """A bar for each pool with pages: what the target holds, what others do, what is promised, what is free."""
    bars = []
    held_kib = (health.get("process") or {}).get("hugepages_kib") or 0
    for pool in health.get("hugepages") or []:
        if not pool["total"]:
            continue
        used = max(0, pool["total"] - pool["free"])
        # What the target took is told in KiB; it uses one size, and the 2M pool is the one it is given.
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

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `zbs-vhost-guard status` prints: the status file as a page for people. Pure."""

from . import status


def page(data, clock):
    """The lines of the page; `data` of status.read."""
    passed = status.age(data, clock)
    fresh = passed is not None and passed <= status.FRESH_SECONDS
    target = data.get("target") or {}
    lines = [
        "guard    %s, process %s, code %s"
        % (
            "at work"
            if fresh
            else "not at work (last wrote %s)" % ("before this boot" if passed is None else "%.0f s ago" % passed),
            data.get("pid"),
            str(data.get("code"))[:12],
        ),
        "target   %s%s%s"
        % (
            target.get("state") or "not looked at yet",
            ", process %s" % target["pid"] if target.get("pid") else "",
            ": %s" % target["reason"] if target.get("reason") else "",
        ),
    ]
    if data.get("told"):
        lines.append("told     %s" % data["told"])
    names = data.get("vms") or {}
    rows = [
        (
            bdev,
            names.get(str(disk["pid"]), "process %s" % disk["pid"]),
            "%.0f s ago" % max(0.0, clock.monotonic - disk["seen"]),
        )
        for bdev, disk in sorted(data["disks"].items())
    ]
    lines += _table("DISK", "VM", "SEEN SERVED", rows)
    lines += ["left to the tick: %s: %s" % item for item in sorted((data.get("left") or {}).items())]
    restored = [
        (item["at"], item["bdev"], "%s, %.1f s after the target answered" % (item["outcome"], item["seconds"]))
        for item in data.get("restored") or []
    ]
    return lines + _table("RESTORED AT", "DISK", "OUTCOME", restored)


def _table(first, second, third, rows):
    if not rows:
        return []
    rows = [(first, second, third)] + rows
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [""] + ["%s  %s  %s" % (row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2]) for row in rows]

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager's times. Pure.

It writes them as `Oct 30, 2017 1:50:00 PM`, in its own time zone, without saying which: only who knows the zone can
tell how long ago that was.
"""

import datetime
import re

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_US = re.compile(r"^([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)\s([AP]M)$")
_ISO = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$")
_OFFSET = re.compile(r"^([+-])(\d\d):?(\d\d)$")


def zone(text):
    """The time zone for `Asia/Shanghai`, `UTC` or `+08:00`; None for no text, ZbsError for an unknown one."""
    if not text:
        return None
    if text in ("UTC", "Z"):
        return datetime.timezone.utc
    offset = _OFFSET.match(text)
    if offset:
        return _fixed(*offset.groups())
    try:
        import zoneinfo

        return zoneinfo.ZoneInfo(text)
    except (ImportError, ValueError, OSError, KeyError):  # an unknown zone is a KeyError
        raise ZbsError(
            "timezone is %r, which this controller does not know; give one as Asia/Shanghai or +08:00" % text,
            code="bad_timezone",
        ) from None


def since(text, where):
    """The manager's time as ISO 8601 text in UTC; None where it or its zone (`where`, of `zone`) is not known."""
    try:
        moment = _moment(str(text or "").strip(), where)
        return moment and moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, ZbsError):  # the 31st of February, the year 0 of UTC, an offset of 99 hours
        return None


def _moment(text, where):
    us = _US.match(text)
    if us and us.group(1) in _MONTHS and where:
        month, day, year, hour, minute, second, half = us.groups()
        hours = int(hour) % 12 + (12 if half == "PM" else 0)
        return datetime.datetime(
            int(year), 1 + _MONTHS.index(month), int(day), hours, int(minute), int(second), tzinfo=where
        )
    iso = _ISO.match(text)
    if iso:
        year, month, day, hour, minute, second, told = iso.groups()
        where = zone(told) or where
        if where:
            return datetime.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=where)
    return None


def _fixed(sign, hours, minutes):
    ahead = datetime.timedelta(hours=int(hours), minutes=int(minutes))
    if ahead >= datetime.timedelta(hours=24):
        raise ZbsError("timezone is %s%s:%s; give at most 23:59" % (sign, hours, minutes), code="bad_timezone")
    return datetime.timezone(ahead if sign == "+" else -ahead)

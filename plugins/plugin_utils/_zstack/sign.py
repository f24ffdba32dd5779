# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request proves who asks: the session's uuid, or a signature with an access key. Pure but for the clock."""

import base64
import hashlib
import hmac
import time

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The time zone that the manager writes as PRC: eight hours ahead of UTC, without daylight saving.
_PRC_SECONDS = 8 * 3600


def password_hash(password):
    """What a login sends in the password's place: its SHA-512 in lower-case hex."""
    return hashlib.sha512(password.encode("utf-8")).hexdigest()


def date(seconds):
    """The `Date` of a signed request, in English whatever the locale: Mon, 02 Jan 2006 15:04:05 PRC."""
    when = time.gmtime(seconds + _PRC_SECONDS)
    return "%s, %02d %s %d %02d:%02d:%02d PRC" % (
        _DAYS[when.tm_wday],
        when.tm_mday,
        _MONTHS[when.tm_mon - 1],
        when.tm_year,
        when.tm_hour,
        when.tm_min,
        when.tm_sec,
    )


def signature(secret, method, when, uri):
    """Base64 of HMAC-SHA1 over method, date and URI (without context path and query)."""
    text = "\n".join((method, when, uri))
    return base64.b64encode(hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha1).digest()).decode()


def of_session(uuid):
    """Headers by (method, uri) for a session."""
    return lambda _method, _uri: {"Authorization": "OAuth %s" % uuid}


def of_access_key(key_id, secret, clock=time.time):
    """Headers by (method, uri) for an access key."""

    def headers(method, uri):
        when = date(clock())
        return {"Date": when, "Authorization": "ZStack %s:%s" % (key_id, signature(secret, method, when, uri))}

    return headers


def of_nobody(_method, _uri):
    """Headers of a request that needs no login."""
    return {}

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of a ZStack manager's API from what an operator gives as its address. Pure."""

from urllib.parse import urlsplit

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

_EXAMPLE = "give the API's address, such as http://10.0.0.2:8080/zstack"


def parse_url(text):
    """(address without its path, context path) such as ("https://mn:8443", "/zstack"); ZbsError for what is none.

    The context path is what a signature leaves out; without a path it is the manager's own, /zstack.
    """
    text = str(text or "").strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise ZbsError("url is %r (%s); %s" % (_shown(text), exc, _EXAMPLE), code="bad_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ZbsError(
            "url is %r, which is not an http or https address; %s" % (_shown(text), _EXAMPLE), code="bad_url"
        )
    if "@" in parts.netloc:
        raise ZbsError(
            "url has a login in it, which would show up in logs; give account and password as options", code="bad_url"
        )
    if parts.query or parts.fragment:
        raise ZbsError("url is %r, with more than a path; %s" % (text, _EXAMPLE), code="bad_url")
    path = parts.path.rstrip("/")
    if path == "/v1" or path.endswith("/v1"):
        path = path[: -len("/v1")]
    host = "[%s]" % parts.hostname if ":" in parts.hostname else parts.hostname
    address = "%s://%s%s" % (parts.scheme, host, ":%d" % port if port else "")
    return address, path or "/zstack"


def _shown(text):
    """The text without a login in it."""
    scheme, separator, rest = text.partition("://")
    return "%s%s%s" % (scheme, separator, rest.rpartition("@")[2]) if separator else text.rpartition("@")[2]

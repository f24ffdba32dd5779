# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of the manager means: the JSON it holds, a reason to ask again, or an error in a sentence. Pure."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools import outside
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

# Letters of what a manager says of an error that are repeated; management-server.log has all.
_MOST_CODE, _MOST = 40, 1000


class Again(Exception):
    """Not an answer yet, and asking again may bring one; `error` is the ZbsError for when it never does."""

    def __init__(self, error):
        super().__init__(error.message)
        self.error = error


def read_answer(status, text, location, where):
    """The answer's JSON object; Again, or ZbsError.

    status, text  of the HTTP answer
    location      its Location header, None for none
    where         the address asked, for messages
    """
    if 300 <= status < 400:
        raise ZbsError(
            "%s redirects to %s; set url to the final address" % (where, location or "nowhere"),
            code="redirect",
        )
    document = _document(text, where)
    if status in (200, 202, 204):
        if document is None:
            raise ZbsError(
                "%s answered %s instead of JSON; url must be the API's address (port 8080, path /zstack), not the UI's"
                % (where, _kind(text)),
                code="not_json",
            )
        return document
    raise _refusal(status, text, document, where)


def _refusal(status, text, document, where):
    error = outside.shaped((document or {}).get("error"), dict)
    code = str(error.get("code") or "")[:_MOST_CODE]
    said = " ".join(str(error.get("details") or error.get("description") or "")[:_MOST].split())
    words = ": ".join(part for part in (code, said) if part) or _kind(text)
    if code.startswith("ID.") or status in (401, 403):
        return ZbsError(
            "%s refused the login (%s); check the account and password, or the access key" % (where, words),
            code="login_refused",
            details={"status": status, "code": code},
        )
    if status == 404:
        return ZbsError(
            "%s is not there (HTTP 404); check url: the API's address ends in :8080/zstack" % where, code="not_found"
        )
    failure = ZbsError(
        "%s failed with HTTP %d (%s); see the manager's management-server.log" % (where, status, words),
        code="manager_failed",
        details={"status": status, "code": code},
    )
    return Again(failure) if status == 503 else failure


def _document(text, where):
    """The JSON object in the text, {} for no text at all, None for anything else; ZbsError `too_large` for more than can be read."""
    if not text.strip():
        return {}
    try:
        document = outside.loads(text)
    except outside.TooMuch as exc:
        raise ZbsError(
            "%s answered JSON that can't be read (%s); give a smaller page_size" % (where, exc), code="too_large"
        ) from None
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _kind(text):
    """What a body looks like, in words that hold nothing of it but what it is."""
    start = text.lstrip()[:200].lower()
    if not start:
        return "nothing"
    if start.startswith(("<!doctype html", "<html")) or "<html" in start:
        return "an HTML page"
    return "%d characters of text" % len(text)

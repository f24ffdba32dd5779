# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a ZStack manager one thing over HTTP: bounded in time, size and tries; no secret leaves through a message."""

import time
import warnings
from urllib.parse import urlsplit

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

from . import sign
from .answer import Again, read_answer
from .url import parse_url

try:
    import requests

    HAS_REQUESTS = True
except ImportError:  # the controller's Python may lack it; `Manager` says so
    HAS_REQUESTS = False

# Seconds before the second, third ... try.
PAUSES = (0.5, 1.0, 2.0)
_POLL_SECONDS = 0.5
# A page of thousands of hosts is a few MiB.
_LARGEST = 256 * 1024 * 1024


class Manager:
    """One manager; `hide(secret)` keeps a word out of every message."""

    def __init__(self, url, timeout=60.0, validate_certs=True, ca_path=None, sleep=time.sleep):
        if not HAS_REQUESTS:
            raise ZbsError(
                "the Python package requests is missing on the controller; install it with `pip install requests`",
                code="no_requests",
            )
        self.address, self.context = parse_url(url)
        self.calls = 0
        self._timeout = timeout
        self._verify = (ca_path or True) if validate_certs else False
        self._sleep = sleep
        self._secrets = []
        self._http = requests.Session()

    @property
    def name(self):
        """The address for messages."""
        return self.address + self.context

    def hide(self, secret):
        """Never let this word into a message."""
        if secret:
            self._secrets.append(secret)

    def close(self):
        """Let the connections go."""
        self._http.close()

    def call(self, method, path, headers=sign.of_nobody, query=(), body=None):
        """The answer to METHOD `path` (such as /v1/hosts), a JSON object; ZbsError in one sentence.

        A 503 and a lost connection are tried again, a few times; a long action's 202 is followed to its end.
        """
        try:
            status, answer = self._tried(method, path, headers, query, body)
            return self._followed(answer, headers) if status == 202 else answer
        except ZbsError as error:
            for secret in self._secrets:
                error.message = error.message.replace(secret, "***")
            raise ZbsError(error.message, error.code, error.details) from None

    def _tried(self, method, path, headers, query, body):
        for pause in PAUSES:
            try:
                return self._once(method, path, headers, query, body)
            except Again:
                self._sleep(pause)
        try:
            return self._once(method, path, headers, query, body)
        except Again as again:
            raise ZbsError(
                "%s (tried %d times)" % (again.error.message, len(PAUSES) + 1), again.error.code, again.error.details
            ) from None

    def _followed(self, answer, headers):
        """The end of an action that the manager goes on with: its location is asked until it is done."""
        location = answer.get("location")
        try:
            path = urlsplit(location).path if isinstance(location, str) else ""
        except ValueError:
            path = ""
        # Only the path counts: the manager may know itself by another address, and a login goes to ours alone.
        place = path.rfind("/v1/")
        if place < 0:
            raise ZbsError("%s accepted an action and does not say where to follow it" % self.name, code="no_location")
        end = time.monotonic() + self._timeout
        while time.monotonic() < end:
            status, answer = self._tried("GET", path[place:], headers, (), None)
            if status != 202:
                return answer
            self._sleep(_POLL_SECONDS)
        raise ZbsError(
            "an action at %s is not done after %g s; give a larger timeout" % (self.name, self._timeout), code="timeout"
        )

    def _once(self, method, path, headers, query, body):
        where = self.name + path
        self.calls += 1
        end = time.monotonic() + self._timeout
        try:
            with warnings.catch_warnings():
                # validate_certs=false is somebody's choice; urllib3 would complain at every request.
                warnings.simplefilter("ignore")
                response = self._http.request(
                    method,
                    where,
                    params=list(query),
                    json=body,
                    # An object of ours, or the user's ~/.netrc would replace the header.
                    auth=_Headers(headers, self.context),
                    timeout=self._timeout,
                    verify=self._verify,
                    allow_redirects=False,
                    stream=True,
                )
            with response:
                text = self._text(response, where, end)
        except requests.exceptions.SSLError as exc:
            raise ZbsError(
                "%s can't be trusted (%s); set ca_path to its CA, or check the name in url" % (where, _reason(exc)),
                code="tls",
            ) from None
        except requests.exceptions.Timeout:
            raise _late(where, self._timeout) from None
        except (
            requests.exceptions.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
        ) as exc:
            if "timed out" in str(exc).lower():  # in the middle of the body urllib3 gives it another name
                raise _late(where, self._timeout) from None
            raise Again(
                ZbsError("%s can't be reached (%s); check url and the network" % (where, _reason(exc)), "unreachable")
            ) from None
        except (requests.exceptions.RequestException, OSError) as exc:
            raise ZbsError("%s can't be asked (%s)" % (where, _reason(exc)), code="bad_request") from None
        return response.status_code, read_answer(response.status_code, text, response.headers.get("Location"), where)

    def _text(self, response, where, end):
        """The body, within the deadline of the whole answer: a timeout of the socket's alone never ends a drip."""
        pieces, size = [], 0
        # Small pieces, for the deadline is looked at between two of them.
        for piece in response.iter_content(512):
            size += len(piece)
            pieces.append(piece)
            if time.monotonic() > end:
                raise _late(where, self._timeout)
            if size > _LARGEST:
                raise ZbsError("%s answered more than %d MiB" % (where, _LARGEST >> 20), code="too_large")
        return b"".join(pieces).decode("utf-8", errors="replace")


class _Headers:
    """requests' `auth`: adds the headers that `headers(method, uri)` gives for the request as it is sent."""

    def __init__(self, headers, context):
        self._headers = headers
        self._context = context

    def __call__(self, request):
        uri = urlsplit(request.url).path[len(self._context) :]
        request.headers.update(self._headers(request.method, uri))
        return request


def _late(where, seconds):
    return ZbsError("%s did not answer within %g s; give a larger timeout" % (where, seconds), code="timeout")


def _reason(exc):
    """The system's own reason in few words: requests wraps urllib3's error, which wraps that of the socket or of TLS."""
    chain, place = [exc], 0
    while place < len(chain):
        item = chain[place]
        below = [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
        chain += [found for found in below if isinstance(found, BaseException) and found not in chain]
        place += 1
    for name in ("verify_message", "strerror"):
        said = [getattr(item, name, None) for item in chain]
        words = next((word for word in said if isinstance(word, str) and word), None)
        if words:
            return words
    return " ".join(str(chain[-1]).split())

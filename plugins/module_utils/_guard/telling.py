# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A word to a controller when the target of this host stays down: one POST an outage, tried again with growing pauses.

It is a word only. What is done about it the controller decides, with its own inventory and the host's own ledger.
"""

import json
import threading

# Seconds that one try may take, and the pauses before the tries: bounded, so that nothing is told hours later.
TRY_SECONDS = 5.0
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 60.0, 60.0)


class Teller:
    """Tells in a thread of its own, so that a receiver that hangs never holds up the look."""

    def __init__(self, url, token_file, say, post=None):
        self._url = url
        self._token_file = token_file
        self._say = say
        self._post = post or _post
        self._over = threading.Event()
        self._thread = None
        self.last = None  # how the last telling went, in words

    def tell(self, event):
        """Begin to tell `event` (plain data), unless one is being told."""
        if not self._url or (self._thread is not None and self._thread.is_alive()):
            return
        self._over.clear()
        self._thread = threading.Thread(target=self._try_all, args=(event,))
        self._thread.daemon = True
        self._thread.start()

    def stop(self):
        """The outage is over, or the guard ends: no further try."""
        self._over.set()

    def _try_all(self, event):
        for number, pause in enumerate(PAUSES, 1):
            if self._over.wait(pause):
                return
            try:
                status = self._post(self._url, json.dumps(event).encode(), self._token())
                problem = None if 200 <= status < 300 else "it answered %d" % status
            except (OSError, ValueError) as exc:
                problem = str(exc) or type(exc).__name__
            except Exception as exc:  # noqa: BLE001  http.client has errors of its own kind for what is no HTTP
                problem = "what answers is no web server (%s)" % type(exc).__name__
            if problem is None:
                self.last = "told at try %d" % number
                self._say("the controller was told that the target is down")
                return
            self.last = "try %d of %d: %s" % (number, len(PAUSES), problem)
            if number in (1, len(PAUSES)):
                self._say("the controller could not be told that the target is down: %s" % self.last)

    def _token(self):
        if not self._token_file:
            return None
        with open(self._token_file, "rb") as handle:
            token = handle.read(4096).strip()
        if not token or not all(33 <= byte <= 126 for byte in token):
            # http.client would name its value.
            raise ValueError("%s holds no token of one line" % self._token_file)
        return token.decode("ascii")


def _post(url, body, token):
    """POST `body` and return the status. A redirect is not followed: the token goes to nobody but the URL that was given."""
    from http import client  # only an outage pays for it
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    kind = client.HTTPSConnection if parts.scheme == "https" else client.HTTPConnection
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection = kind(parts.hostname, parts.port, timeout=TRY_SECONDS)
    try:
        connection.request("POST", (parts.path or "/") + ("?" + parts.query if parts.query else ""), body, headers)
        return connection.getresponse().status
    finally:
        connection.close()

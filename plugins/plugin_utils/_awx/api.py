# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's API: one call at a time, lists whole, a refusal as one sentence."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible

ACTIVE = ("new", "pending", "waiting", "running")


class AwxError(Exception):
    """What AWX refused, or what can't be: one sentence for the operator."""

    def __init__(self, sentence):
        super().__init__(visible(sentence))


class Api:
    """`send(method, path, data)` gives (status, body); for a GET the data are the query."""

    def __init__(self, send):
        self._send = send

    def get(self, path, **query):
        """The body at a path."""
        return self._succeed("GET", path, query)

    def every(self, path, **query):
        """All objects of a list, of all its pages."""
        page = self.get(path, page_size=200, **query)
        found = list(page["results"])
        while page.get("next"):
            page = self.get(page["next"])
            found += page["results"]
        return found

    def one(self, path, **query):
        """The object of a list that is unique by the query; None where there is none."""
        found = self.every(path, **query)
        if len(found) > 1:
            raise AwxError(
                "AWX has %d of %s with %s; rename those that are not of this site." % (len(found), path, query)
            )
        return found[0] if found else None

    def post(self, path, **data):
        """What AWX made of it."""
        return self._succeed("POST", path, data)

    def patch(self, path, **data):
        """The object as it is afterwards."""
        return self._succeed("PATCH", path, data)

    def delete(self, path):
        """Take an object away."""
        return self._succeed("DELETE", path, None)

    def _succeed(self, method, path, data):
        status, body = self._send(method, path, data)
        if not 200 <= status < 300:
            raise AwxError("AWX refuses %s %s (HTTP %d): %s" % (method, path, status, words(body)))
        return body


def words(body):
    """What a body says, on one line."""
    if isinstance(body, dict):
        said = [body[name] for name in ("detail", "error", "msg", "__all__") if body.get(name)]
        return words(said[0]) if said else "; ".join("%s: %s" % (name, words(body[name])) for name in sorted(body))
    if isinstance(body, (list, tuple)):
        return "; ".join(words(one) for one in body)
    return " ".join(str(body).split())


def wait(look, timeout, clock, interval=2):
    """Call `look` until it gives something, for at most `timeout` seconds; None when it did not. `clock` is like the module time."""
    end = clock.monotonic() + timeout
    while True:
        found = look()
        if found is not None:
            return found
        if clock.monotonic() >= end:
            return None
        clock.sleep(min(interval, max(0, end - clock.monotonic())))

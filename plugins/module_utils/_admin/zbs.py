# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program zbs on the admin node: what it says of the cluster's pools and volumes. It changes nothing."""

import re
import threading

from .._tools import command, outside
from .._tools.answers import last_object
from .._tools.errors import ZbsError
from .zbsadm import MOST_SAID

ZBS = "/usr/bin/zbs"
# One question to the cluster; it must not use up the time of what comes after it.
ASK_SECONDS = 30.0
# Who has one volume open is told from memory: what takes longer is taken for no answer. After one such the next may take less, so that a
# cluster that hangs leaves time for what can be done without its answer.
CLIENT_SECONDS = 15.0
NEXT_SECONDS = 3.0


# A pool may have a hundred thousand volumes, of some hundred bytes each: of such a row the name alone is taken, before the answer is read.
_LISTING_BYTES = 16 * command.MAX_OUTPUT
_ROW = re.compile(r"\{[^{}]{13,8192}\}")
_NAME = re.compile(r'"fileName"\s*:\s*"(?:[^"\\]|\\.)*"')


class Zbs:
    """One zbs: `path` of the program. What a release can do is asked once, whichever of two threads comes first."""

    def __init__(self, path=ZBS):
        self.path = path
        self._tells_clients = None
        self._asking = threading.Lock()
        self._client_seconds = CLIENT_SECONDS

    def pools(self, deadline):
        """{logical pool: its physical pool} of the cluster; ZbsError where zbs does not tell."""
        data = self._ask(["list", "logical-pool"], "the cluster's pools", deadline)
        return parse_pools(data)

    def volumes(self, pool, deadline):
        """The names of the volumes in a logical pool; ZbsError where zbs does not tell."""
        words = ["list", "file", "--pool", pool]
        return parse_volumes(self._ask(words, "the pool %s" % pool, deadline, _LISTING_BYTES, shortened))

    def clients(self, path, deadline):
        """The addresses of who has the volume POOL/VOLUME open, as zbs words them (None for one that it left out).

        ZbsError where that is not known: `no_path` for a release that can't tell, else as the other questions.
        """
        until = deadline.share(self._client_seconds)
        try:
            if not self._has_path(until):
                raise ZbsError("this release of zbs can't tell it: `zbs list client` has no --path", "no_path")
            words = ["list", "client", "--path", path]
            return parse_clients(self._ask(words, "the clients of the volume %s" % path, until))
        except ZbsError as exc:
            if exc.code == "zbs_timeout":
                self._client_seconds = NEXT_SECONDS
            raise

    def _has_path(self, until):
        """Whether `zbs list client` knows --path; ZbsError where its help does not come."""
        with self._asking:
            if self._tells_clients is None:
                result = command.run([self.path, "list", "client", "--help"], until)
                if result.timed_out:
                    raise ZbsError("`zbs list client --help` did not end within %.0f s" % until.seconds, "zbs_timeout")
                self._tells_clients = bool(re.search(r"(?<![\w-])--path(?![\w-])", result.out + result.err))
            return self._tells_clients

    def _ask(self, words, what, deadline, most=None, read=str):
        """What zbs answered, with its error judged. `what` for the messages, `most` bytes of it, of which `read` makes a text of JSON."""
        until = deadline.share(ASK_SECONDS)
        result = command.run([self.path] + words + ["--format", "json"], until, most=most)
        if result.timed_out:
            raise ZbsError("%s could not be listed within %.0f s" % (what, until.seconds), "zbs_timeout")
        if result.cut:
            raise ZbsError("%s could not be listed: the answer is larger than can be read" % what, "zbs_failed")
        data = last_object(read(result.out), ("error", "result"))
        error = data.get("error") if data is not None else {"code": result.rc, "message": result.sentence()}
        # A success carries an error too, of code 0.
        if isinstance(error, dict) and (data is None or error.get("code")):
            said = str(error.get("message") or "no answer")[:MOST_SAID]
            raise ZbsError("%s could not be listed: %s" % (what, said), "zbs_failed")
        return data


def shortened(text):
    """A listing of volumes with nothing but its name in each row; what is no plain row stays as it is."""
    # More rows than that are too many with their names alone.
    return _ROW.sub(_short, text) if text.count("{") <= outside.MOST_PARTS else text


def _short(match):
    name = _NAME.search(match.group())
    return "{%s}" % name.group() if name else match.group()


def parse_pools(data):
    """{logical pool: physical pool, or None} in the answer of `zbs list logical-pool`; ZbsError `bad_listing` for another shape."""
    groups = data.get("result") if isinstance(data, dict) else None
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise _bad("its pools", "zbs list logical-pool")
    found = {}
    for group in groups:
        rows = group.get("logicalPoolInfos")
        if not isinstance(rows, list):
            raise _bad("its pools", "zbs list logical-pool")
        for row in rows:
            name = row.get("logicalPoolName") if isinstance(row, dict) else None
            if isinstance(name, str) and name:
                physical = row.get("physicalPoolName")
                found[name] = physical if isinstance(physical, str) and physical else None
    return found


def parse_volumes(data):
    """The volume names in the answer of `zbs list file --pool POOL`; ZbsError `bad_listing` for another shape.

    Two shapes are known: `{"result": [{"fileName": ...}]}` and `{"result": {"fileInfo": [{"fileName": ...}]}}`.
    """
    found = data.get("result") if isinstance(data, dict) else None
    if isinstance(found, dict):
        found = found.get("fileInfo")
    if not isinstance(found, list):
        raise _bad("a pool", "zbs list file")
    return [item["fileName"] for item in found if isinstance(item, dict) and isinstance(item.get("fileName"), str)]


def parse_clients(data):
    """The addresses in the answer of `zbs list client --path`, None for a client without one; ZbsError `bad_listing` for another shape.

    Nobody's having it open is told by an empty list alone: a missing one, or an answer without its error of code 0, tells nothing.
    """
    error, found = data.get("error"), data.get("result")
    done = isinstance(error, dict) and error.get("code") == 0 and not isinstance(error.get("code"), bool)
    if not done or not isinstance(found, list):
        raise _bad("the clients of a volume", "zbs list client --path")
    addresses = [item.get("ip") if isinstance(item, dict) else None for item in found]
    return [address if isinstance(address, str) else None for address in addresses]


def _bad(what, words):
    return ZbsError("zbs listed %s in an unknown form; run `%s` by hand" % (what, words), "bad_listing")

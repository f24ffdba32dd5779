# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an SSH server answers, as RFC 4253 4.2 has it: its version may follow on other lines, in pieces, and only once we gave ours.

No key is exchanged and nobody logs in.
"""

import socket

from .._tools.errors import system_words
from .._tools.visible import visible

_OURS = b"SSH-2.0-zbs_vhost_preflight\r\n"
# Those that speak version 2; 1.99 is what speaks version 1 too (5.1).
_THEIRS = (b"SSH-2.0-", b"SSH-1.99-")
# What comes before the version is a banner for people; OpenSSH's client reads as many lines.
_MOST_LINES, _MOST_BYTES, _MOST_LINE = 1024, 65536, 1024
# A server speaks first as a rule. One that shares its port with others waits until the client has spoken.
_PATIENCE = 1.0
_SHOWN = 80


class Greeting:
    """What a server said until now, piece by piece: `found` is None while it may still be an SSH server's, else whether it is one."""

    def __init__(self):
        self.found = None
        self._first = b""
        self._rest = b""
        self._lines = self._bytes = 0

    def add(self, data):
        """Take a piece; b"" is the end."""
        self._bytes += len(data)
        lines = data.split(b"\n")
        # What comes in single bytes is not joined again and again: more of a line tells nothing.
        lines[0] = self._rest + lines[0][:_MOST_LINE]
        self._rest = lines.pop()[:_MOST_LINE]
        for line in lines:
            self._first = self._first or line.strip()[:_MOST_LINE]
            if line.startswith(b"SSH-"):
                self._judge(line, False)
                return
        if self._rest.startswith(b"SSH-"):
            self._judge(self._rest, bool(data))
            return
        self._lines += len(lines)
        if not data or self._lines > _MOST_LINES or self._bytes > _MOST_BYTES:
            self.found = False

    @property
    def first(self):
        """What it began with; empty where it said nothing."""
        return self._first or self._rest.strip()

    def _judge(self, line, may_go_on):
        if line.startswith(_THEIRS):
            self.found = True
        elif not (may_go_on and any(version.startswith(line) for version in _THEIRS)):
            self.found = False

    def words(self):
        """What it began with, for people; "" for nothing."""
        return visible(" ".join(self.first.decode("utf-8", "replace").split())[:_SHOWN])


def problem(host, port, deadline):
    """Why no SSH server answers there, None when one does."""
    greeting = Greeting()
    try:
        with socket.create_connection((host, port), timeout=max(0.05, deadline.left())) as connection:
            _listen(connection, greeting, deadline.share(min(_PATIENCE, deadline.left() / 2)))
            if greeting.found is None:
                connection.sendall(_OURS)
                _listen(connection, greeting, deadline)
    except socket.gaierror:
        return "its name does not resolve"
    except socket.timeout:
        pass
    except OSError as exc:
        if not greeting.first:
            return system_words(exc)
        greeting.found = False
    if greeting.found:
        return None
    said = greeting.words()
    if greeting.found is None:
        return "no answer within %.0f s%s" % (deadline.seconds, ", only '%s' and no version" % said if said else "")
    return "what answers is not an SSH server%s" % (" (it says '%s')" % said if said else "")


def _listen(connection, greeting, deadline):
    """Read until the greeting is judged or the time is over."""
    while greeting.found is None and not deadline.spent():
        connection.settimeout(max(0.05, deadline.left()))
        try:
            greeting.add(connection.recv(4096))
        except socket.timeout:
            return

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPDK's JSON-RPC 2.0 over a unix socket: one request, one answer, one deadline, always closed.

Rules from measuring real SPDK (v24.01 and v26.05):
- a method without parameters refuses even `params: {}`;
- an answer may arrive in pieces and has no length: it ends when the JSON object is complete;
- on malformed JSON the target closes without a byte;
- it serves 64 connections at a time, so one that is left open takes a place for ever.
"""

import errno
import json
import os
import socket
import struct

from .._tools import outside
from .._tools.errors import ZbsError, system_words

# sun_path holds 108 bytes with its closing zero; a longer path is cut off silently by the target.
MAX_PATH = 107
# A target with thousands of bdevs answers a few MB; more than this is no SPDK.
MAX_ANSWER = 32 * 1024 * 1024


class SpdkProblem(ZbsError):
    """A call that brought no answer. `code` tells which kind:

    nobody    nobody listens: no file (ENOENT), or a file that refuses (ECONNREFUSED)
    silent    somebody listens and did not answer before the deadline
    closed    the connection was closed without a whole answer
    junk      what came back is no JSON-RPC answer, too long, or not whole before the deadline: whoever says something is
              not silent, and what can't be understood is no reason to heal
    denied    no permission for the socket or its folder
    bad_path  the path can't be a socket's path
    not_asked the deadline was spent before the question could be put: nobody can be called silent who was not asked
    """


class SpdkError(ZbsError):
    """The target answered with an error object; `rpc_code` is its number, `message` its text."""

    def __init__(self, method, rpc_code, message):
        super().__init__("the target refused %s: %s (%s)" % (method, message, rpc_code), "rpc_error")
        self.rpc_code = rpc_code


class Answer:
    """`result` as SPDK gave it, and `pid` of the process that listens (None when the kernel does not tell)."""

    def __init__(self, result, pid):
        self.result = result
        self.pid = pid


def call(path, method, deadline, params=None):
    """Call `method` on the socket at `path` and return an Answer, or raise SpdkProblem or SpdkError.

    `params` None leaves the key out, which is what a method without parameters wants. A raised SpdkProblem carries
    `details.pid` when the connection stood, so that a hung target's process can still be looked at.
    """
    _check(path)
    request = {"jsonrpc": "2.0", "id": os.getpid(), "method": method}
    if params is not None:
        request["params"] = params
    if deadline.spent():
        raise SpdkProblem("%s could not be asked %s: no time was left for it" % (path, method), "not_asked")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        _connect(sock, path, deadline)
        pid = _peer_pid(sock)
        try:
            sock.settimeout(max(0.001, deadline.left()))
            sock.sendall(json.dumps(request).encode())
            answer = _receive(sock, path, request["id"], deadline)
        except socket.timeout:
            raise SpdkProblem(
                "%s accepts connections and did not answer %s within %.1f s" % (path, method, deadline.seconds),
                "silent",
                {"pid": pid},
            )
        except (BrokenPipeError, ConnectionResetError):
            raise SpdkProblem("%s closed the connection without an answer" % path, "closed", {"pid": pid})
        except SpdkProblem as exc:
            exc.details["pid"] = pid
            raise
    if "error" in answer:
        error = answer["error"] if isinstance(answer["error"], dict) else {}
        raise SpdkError(method, error.get("code"), str(error.get("message", "no message"))[:300])
    return Answer(answer["result"], pid)


def listener(path, deadline):
    """Process id of the process that listens on the socket, which is asked nothing: one that hangs is known at once too.

    None where nobody listens, and where the kernel does not tell.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            _check(path)
            _connect(sock, path, deadline)
        except SpdkProblem:
            return None
        return _peer_pid(sock)


def _check(path):
    """SpdkProblem `bad_path` for what can't be a socket's path."""
    if not path or "\0" in path:
        # The kernel would take these for no name, an abstract one, or the part before the zero.
        raise SpdkProblem("%r is not a socket path; give its full path" % path, "bad_path")
    if len(os.fsencode(path)) > MAX_PATH:
        raise SpdkProblem(
            "the socket path %s is longer than %d bytes, which no unix socket can have; use a shorter socket directory"
            % (path, MAX_PATH),
            "bad_path",
        )


def _connect(sock, path, deadline):
    """Connect; a full backlog (EAGAIN, after 511 unanswered connects) means that somebody listens and takes nothing."""
    sock.settimeout(max(0.001, deadline.left()))
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as exc:
        raise SpdkProblem("nothing listens on %s (%s)" % (path, system_words(exc)), "nobody", {"errno": exc.errno})
    except PermissionError as exc:
        raise SpdkProblem("no permission to connect to %s (%s); run as root" % (path, system_words(exc)), "denied")
    except (BlockingIOError, socket.timeout):
        raise SpdkProblem("a process listens on %s, but its connection queue is full" % path, "silent")
    except OSError as exc:
        if exc.errno in (errno.EPROTOTYPE, errno.ENOTSOCK):
            raise SpdkProblem("%s is a socket of another kind than SPDK's" % path, "junk")
        raise SpdkProblem("%s can't be connected to (%s)" % (path, exc), "denied")


def _peer_pid(sock):
    """Process id of the listener, from the kernel; None where it can't be told (another pid namespace gives 0)."""
    try:
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return None
    return struct.unpack("3i", raw)[0] or None


def _receive(sock, path, request_id, deadline):
    """Read pieces until the answer with our id is complete."""
    buffer = bytearray()  # grows in place: bytes would be copied whole for every piece of a long answer
    heard, braces = 0, Braces()
    while True:
        try:
            piece = _piece(sock, deadline)
        except socket.timeout:
            if not heard:
                raise
            raise SpdkProblem(
                "%s sent %d bytes and no complete answer within %.1f s" % (path, heard, deadline.seconds),
                "junk",
            )
        if not piece:
            raise SpdkProblem("%s closed the connection in the middle of an answer" % path, "closed")
        heard += len(piece)
        piece = piece if buffer else piece.lstrip()
        buffer += piece
        if heard > MAX_ANSWER:
            raise SpdkProblem("%s answered more than %d bytes: that is not SPDK" % (path, MAX_ANSWER), "junk")
        if buffer and buffer[:1] != b"{":
            raise SpdkProblem("%s answered something that is not JSON-RPC" % path, "junk")
        if not buffer or not braces.closed_by(piece):
            continue
        # It is read once: a try at every piece would read a long answer as many times as it has pieces.
        try:
            text = outside.decoded(buffer)
            del buffer[:]
            answer, _end = outside.scan(outside.checked(text))
        except ValueError as exc:
            raise SpdkProblem("%s answered JSON that can't be understood (%s)" % (path, exc), "junk")
        if answer.get("id") != request_id or not ("result" in answer or "error" in answer):
            raise SpdkProblem("%s answered JSON that does not answer the request" % path, "junk")
        return answer


class Braces:
    """Whether the object that a text of JSON begins with is closed, piece by piece."""

    def __init__(self):
        self._open = 0
        self._in_string = False
        self._left = b""

    def closed_by(self, piece):
        """Take the next bytes; whether the object ends in them, or has ended before."""
        piece = self._left + piece
        # A backslash belongs to what follows it.
        backslashes = len(piece) - len(piece.rstrip(b"\\"))
        self._left = piece[-1:] if backslashes % 2 else b""
        piece = piece[: len(piece) - len(self._left)]
        parts = piece.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        told = b"".join(parts[1 if self._in_string else 0 :: 2])
        self._in_string ^= len(parts) % 2 == 0
        self._open += told.count(b"{") - told.count(b"}")
        return self._open <= 0 and not self._in_string


def _piece(sock, deadline):
    """The next bytes, b"" at the end; socket.timeout when the deadline is spent."""
    if deadline.spent():
        raise socket.timeout()
    sock.settimeout(max(0.001, deadline.left()))
    return sock.recv(262144)

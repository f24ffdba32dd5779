"""SPDK's JSON-RPC server as it behaves on the wire.

- a request may come in pieces, several may come in one; incomplete JSON is waited for in silence;
- malformed JSON, or a request over 32 KiB, closes the connection without a byte, waiting answers included;
- answers are one line each; none for a request without an id, or with a null one, unless it is an error;
- 64 connections are served, further ones sit in the backlog; a connection whose peer has gone keeps its slot as long
  as a request of it is unanswered.
"""

from __future__ import annotations

import json
import socket
from typing import Any, Callable

from . import errors
from .errors import RpcError
from .jsonscan import Malformed, scan
from .params import JsonObject, loads
from .reactor import Reactor

MAX_CONNECTIONS = 64
MAX_REQUEST = 32 * 1024  # bytes, SPDK_JSONRPC_RECV_BUF_SIZE
MAX_UNSENT = 1024 * 1024  # bytes of waiting answers; a client that reads none is not read from either
NO_ID = object()
PENDING = object()  # what a handler returns when it will answer later

Dispatch = Callable[["Request"], Any]


class Request:
    """One request; answered once, by ``reply`` or ``fail``."""

    def __init__(self, connection: Connection, ident: Any, method: str, params: Any) -> None:
        self.connection = connection
        self.ident = ident
        self.method = method
        self.params = params  # None when there are none: SPDK treats null alike
        self._answered = False

    def reply(self, result: Any) -> None:
        """Answer with a result; nothing is sent to a notification."""
        self._answer(None if self.ident in (NO_ID, None) else {"result": result})

    def fail(self, error: RpcError) -> None:
        """Answer with an error, with ``"id": null`` when the request had none."""
        self._answer({"error": {"code": error.code, "message": error.message}})

    def _answer(self, body: dict[str, Any] | None) -> None:
        if self._answered:
            raise RuntimeError(f"request {self.method} was answered twice")
        self._answered = True
        line = b""
        if body is not None:
            ident = None if self.ident is NO_ID else self.ident
            answer = {"jsonrpc": "2.0", "id": ident, **body}
            line = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
        self.connection.answered(line)


class Connection:
    """One client."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock
        self._fd = sock.fileno()
        self._received = b""
        self._to_send = b""
        self._outstanding = 0
        self._closed = False
        sock.setblocking(False)
        self._watch()

    def _watch(self) -> None:
        if not self._closed:
            readable = self._readable if len(self._to_send) < MAX_UNSENT else None
            self._server.reactor.watch(self._fd, readable, self._writable if self._to_send else None)

    def _readable(self) -> None:
        try:
            piece = self._sock.recv(MAX_REQUEST - len(self._received))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        if not piece:
            self.close()
            return
        self._received += piece
        self._take_requests()

    def _writable(self) -> None:
        self._flush()
        if self._received and not self._to_send and not self._closed:
            self._take_requests()

    def _take_requests(self) -> None:
        while len(self._to_send) < MAX_UNSENT:
            try:
                length = scan(self._received)
            except Malformed:
                self.close()
                return
            if not length:
                if len(self._received) >= MAX_REQUEST:
                    self.close()
                break
            data, self._received = self._received[:length], self._received[length:]
            self._outstanding += 1
            self._server.handle(self, loads(data))
        self._flush()

    def answered(self, line: bytes) -> None:
        """A request has its answer (empty: none is due)."""
        self._outstanding -= 1
        if self._closed:
            self._release()
            return
        self._to_send += line
        self._watch()  # not sent here, so that malformed JSON right behind the request still silences it

    def _flush(self) -> None:
        if self._to_send and not self._closed:
            try:
                sent = self._sock.send(self._to_send)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self.close()
                return
            self._to_send = self._to_send[sent:]
        self._watch()

    def close(self) -> None:
        """Close the socket; the slot is free once nothing is outstanding."""
        if not self._closed:
            self._closed = True
            self._server.reactor.watch(self._fd, None)
            self._sock.close()
            self._release()

    def finish(self) -> None:
        """Send what fits of the waiting answers, then close (at shutdown)."""
        self._flush()
        self.close()

    def _release(self) -> None:
        if not self._outstanding:
            self._server.released(self)


class Server:
    """Serves ``listener`` on ``reactor``; ``dispatch(request)`` returns a result or PENDING, or raises RpcError."""

    def __init__(self, reactor: Reactor, listener: socket.socket, dispatch: Dispatch) -> None:
        self.reactor = reactor
        self._listener = listener
        self._dispatch = dispatch
        self._connections: set[Connection] = set()
        listener.setblocking(False)
        self._watch()

    def _watch(self) -> None:
        room = len(self._connections) < MAX_CONNECTIONS
        self.reactor.watch(self._listener.fileno(), self._accept if room else None)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        self._connections.add(Connection(self, sock))
        self._watch()

    def released(self, connection: Connection) -> None:
        """A connection gave its slot back."""
        self._connections.discard(connection)
        if self._listener.fileno() >= 0:
            self._watch()

    def handle(self, connection: Connection, value: Any) -> None:
        """Answer one JSON value, be it a good request or not."""
        request, valid = _request(connection, value)
        if not valid:
            request.fail(RpcError(errors.INVALID_REQUEST, "Invalid request"))
            return
        try:
            result = self._dispatch(request)
        except RpcError as error:
            request.fail(error)
            return
        if result is not PENDING:
            request.reply(result)

    def close(self) -> None:
        """Stop listening and let every client go."""
        self.reactor.watch(self._listener.fileno(), None)
        self._listener.close()
        for connection in list(self._connections):
            connection.finish()


def _request(connection: Connection, value: Any) -> tuple[Request, bool]:
    """Build the request, and say whether it is valid. The id is kept as far as SPDK would have read it."""
    known = {"jsonrpc", "method", "params", "id"}
    if not isinstance(value, JsonObject) or value.duplicate or "method" not in value or set(value) - known:
        return Request(connection, NO_ID, "", None), False
    ident = value.get("id", NO_ID)
    method = value["method"]
    if value.get("jsonrpc", "2.0") != "2.0" or not isinstance(method, str):
        return Request(connection, NO_ID, "", None), False
    if ident is not NO_ID and (isinstance(ident, (bool, list, dict))):
        return Request(connection, NO_ID, method, None), False
    params = value.get("params")
    if params is not None and not isinstance(params, (list, dict)):
        return Request(connection, ident, method, None), False
    return Request(connection, ident, method, params), True

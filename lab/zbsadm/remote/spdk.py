"""One question to the target's admin socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from ..codes import TARGET_ABSENT, TARGET_SILENT
from .report import Refused, path


class RpcError(Exception):
    """The target said no."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        self.code = error.get("code")
        self.reason = error.get("message")
        super().__init__(f"{method} failed: {self.reason} (SPDK's code {self.code})")


def call(admin_socket: str, method: str, params: dict[str, Any], seconds: float) -> Any:
    """The result of a call; RpcError for an error answer; the deadline holds for connecting and all pieces together."""
    deadline = time.monotonic() + seconds
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        try:
            connection.connect(path(admin_socket))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise Refused(TARGET_ABSENT, f"Nobody listens on {admin_socket}: {error.strerror}") from None
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        connection.sendall(json.dumps(request).encode())
        return _answer(connection, method, deadline)
    except (socket.timeout, BlockingIOError):
        raise Refused(TARGET_SILENT, f"{admin_socket} did not answer {method} within {seconds} s") from None
    except (BrokenPipeError, ConnectionResetError):
        raise Refused(TARGET_SILENT, f"The target closed {admin_socket} during {method}") from None
    finally:
        connection.close()


def _answer(connection: socket.socket, method: str, deadline: float) -> Any:
    """Read pieces until they are one JSON object: the answer need not end in a newline."""
    received = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout
        connection.settimeout(left)
        piece = connection.recv(65536)
        if not piece:
            raise Refused(TARGET_SILENT, f"The target closed the connection without an answer to {method}")
        received += piece
        try:
            message = json.loads(received.decode())
        except ValueError:
            continue
        if message.get("error"):
            raise RpcError(method, message["error"])
        return message.get("result")

"""QMP, the control protocol of QEMU's programs: one command at a time over a connected socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, Callable

from .errors import StorageError

DEADLINE = 30.0  # seconds for one command; a data plane slower than that counts as failed


class Qmp:
    """Commands and events. ``on_end`` is called once when the other side has gone."""

    def __init__(self, sock: socket.socket, on_end: Callable[[], None]) -> None:
        self._sock = sock
        self._on_end = on_end
        self._received = b""
        self._events: list[dict[str, Any]] = []
        self._ended = False
        deadline = time.monotonic() + DEADLINE
        while "QMP" not in self._read(deadline):
            pass
        self.command("qmp_capabilities")

    def fileno(self) -> int:
        return self._sock.fileno()

    def command(self, name: str, **arguments: Any) -> Any:
        """Run one command (underscores in argument names become dashes); return what it returns."""
        body = {"execute": name, "arguments": {key.replace("_", "-"): value for key, value in arguments.items()}}
        deadline = time.monotonic() + DEADLINE
        self._sock.settimeout(DEADLINE)
        try:
            self._sock.sendall(json.dumps(body).encode() + b"\n")
        except OSError as error:
            raise self._end(error) from error
        while True:
            answer = self._read(deadline)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise StorageError(f"{name}: {answer['error'].get('desc', answer['error'])}")
            self._events.append(answer)

    def wait_event(self, name: str, **data: Any) -> None:
        """Wait for the event ``name`` with this data; it may have come already."""
        deadline = time.monotonic() + DEADLINE
        while True:
            for event in self._events:
                if event.get("event") == name and data.items() <= event.get("data", {}).items():
                    self._events.remove(event)
                    return
            self._events.append(self._read(deadline))

    def drain(self) -> None:
        """Call when the socket is readable between commands: events that nobody waits for are dropped."""
        try:
            self._sock.setblocking(False)
            piece = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._end(None)
            return
        self._received = (self._received + piece).rpartition(b"\n")[2]
        self._events.clear()

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                raise StorageError(f"qemu-storage-daemon did not answer within {DEADLINE:.0f} s")
            self._sock.settimeout(left)
            try:
                piece = self._sock.recv(65536)
            except socket.timeout:
                continue
            except OSError as error:
                raise self._end(error) from error
            if not piece:
                raise self._end(None)
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def _end(self, cause: OSError | None) -> StorageError:
        if not self._ended:
            self._ended = True
            self._on_end()
        return StorageError(f"qemu-storage-daemon has gone ({cause or 'end of file'})")

    def close(self) -> None:
        self._sock.close()

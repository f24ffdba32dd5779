"""A target in this process, over a storage that only listens: what the protocol tests talk to."""

from __future__ import annotations

import itertools
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from lab.target.admin_socket import AdminSocket  # noqa: E402
from lab.target.dialect import DIALECTS  # noqa: E402
from lab.target.errors import StorageError  # noqa: E402
from lab.target.jsonrpc import Server  # noqa: E402
from lab.target.reactor import Reactor  # noqa: E402
from lab.target.target import Target  # noqa: E402

DEADLINE = 10.0
MEMORY = 64 * 1024 * 1024
FIXTURES = ROOT / "tests/unit/plugins/fixtures/spdk-rpc"


class ListeningStorage:
    """Implements ``storage.Storage`` with nothing behind it: exports are sockets that accept nobody."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.nodes: dict[str, int] = {}
        self.exports: dict[str, tuple[socket.socket, str, str]] = {}
        self.fail_next = False

    def _new(self, size: int) -> str:
        if self.fail_next:
            self.fail_next = False
            raise StorageError("told to fail")
        node = f"n{next(self._numbers)}"
        self.nodes[node] = size
        return node

    def add_file(self, path: Path, readonly: bool) -> str:
        return self._new(path.stat().st_size)

    def add_null(self, size: int) -> str:
        return self._new(size)

    def resize(self, node: str, size: int) -> None:
        self.nodes[node] = size

    def remove(self, node: str) -> None:
        del self.nodes[node]

    def export(self, node: str, path: str, *, readonly: bool, block_size: int) -> str:
        assert node in self.nodes
        listener = socket.socket(socket.AF_UNIX)
        try:
            Path(path).unlink(missing_ok=True)
            listener.bind(path)
            listener.listen()
        except OSError as error:
            listener.close()
            raise StorageError(str(error)) from error
        export = f"e{next(self._numbers)}"
        self.exports[export] = (listener, path, node)
        return export

    def unexport(self, export: str) -> None:
        listener, path, _ = self.exports.pop(export)
        listener.close()
        os.unlink(path)


class Bench:
    """A served target. ``guests`` maps a socket path to the inodes that shall count as its sessions."""

    def __init__(self, folder: Path, version: str, wait_for_rpc: bool = False) -> None:
        self.folder = folder
        self.pools = folder / "pools"
        self.sockets = folder / "sockets"
        self.sockets.mkdir()
        self.admin = str(self.sockets / "admin.sock")
        self.storage = ListeningStorage()
        self.guests: dict[str, list[int]] = {}
        self.reactor = Reactor()
        self.target = Target(
            self.reactor,
            DIALECTS[version],
            self.storage,
            cpus=[0],
            memory=MEMORY,
            sockets=self.sockets,
            pools=self.pools,
            wait_for_rpc=wait_for_rpc,
            find_sessions=lambda path: self.guests.get(path, []),
        )

    def volume(self, name: str, size: int = 16 << 20) -> None:
        """Make the backing file of the ZBS volume ``<pool>/<volume>``."""
        path = self.pools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(DEADLINE)
        client.connect(self.admin)
        return client

    def raw(self, data: bytes) -> bytes:
        """Send ``data`` on a new connection; return the first line of the answer, or b"" when it was closed."""
        with self.connect() as client:
            client.sendall(data)
            return read_line(client)

    def ask(self, method: str, **params: Any) -> Any:
        """One call on a new connection; return the whole answer."""
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params:
            request["params"] = params
        return json.loads(self.raw(json.dumps(request).encode()))

    def result(self, method: str, **params: Any) -> Any:
        answer = self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method: str, **params: Any) -> tuple[int, str]:
        answer = self.ask(method, **params)
        assert "result" not in answer, answer
        return answer["error"]["code"], answer["error"]["message"]


def read_line(client: socket.socket) -> bytes:
    """Up to a newline, or the end."""
    data = b""
    while not data.endswith(b"\n"):
        piece = client.recv(65536)
        if not piece:
            return data
        data += piece
    return data


def is_silent(client: socket.socket, seconds: float = 0.3) -> bool:
    """True when nothing comes, not even an end, for ``seconds``."""
    client.settimeout(seconds)
    try:
        client.recv(1)
        return False
    except socket.timeout:
        return True
    finally:
        client.settimeout(DEADLINE)


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until ``condition`` holds; fail after the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE} s: {what}"
        time.sleep(0.01)


@contextmanager
def served(version: str = "v26.05", wait_for_rpc: bool = False) -> Iterator[Bench]:
    """A bench that answers, in a short folder of its own (socket paths end at 107 bytes)."""
    with tempfile.TemporaryDirectory(prefix="zt") as name:
        bench = Bench(Path(name), version, wait_for_rpc)
        admin = AdminSocket(bench.admin)
        server = Server(bench.reactor, admin.listener, bench.target.dispatch)
        thread = threading.Thread(target=bench.reactor.run, daemon=True)
        thread.start()
        try:
            yield bench
        finally:
            bench.reactor.stop()
            thread.join(DEADLINE)
            assert not thread.is_alive()
            server.close()
            bench.target.close()
            admin.close()
            bench.reactor.close()

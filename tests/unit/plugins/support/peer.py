"""A real unix-socket server in a thread, whose behaviour on each connection is a function."""

import contextlib
import json
import os
import socket
import tempfile
import threading

# Far above what a test needs; a thread that is stuck fails the test instead of hanging it.
PATIENCE = 10.0


def listening():
    """A TCP socket that listens on a free port of 127.0.0.1."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("127.0.0.1", 0))
    server.listen(16)
    return server


class Peer:
    """Listens on `path`; on every connection calls `behave(conn, request)`, then waits for the client's end.

    requests  the bytes received, one item a connection
    ends      one item a connection that the client closed: True
    """

    def __init__(self, path, behave):
        self.path = path
        self.requests = []
        self.ends = []
        self._behave = behave
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(16)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while True:
            try:
                conn, _address = self._listener.accept()
            except OSError:
                return
            with conn, contextlib.suppress(OSError):
                conn.settimeout(PATIENCE)
                request = self._read_request(conn)
                self.requests.append(request)
                # A client that has what it needs may close while the rest is still being sent: an end like any other.
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    self._behave(conn, request)
                    while conn.recv(65536):
                        pass
                self.ends.append(True)

    @staticmethod
    def _read_request(conn):
        """The bytes of one JSON object (requests have no length and no newline)."""
        data = b""
        while True:
            data += conn.recv(65536)
            with contextlib.suppress(ValueError):
                json.loads(data.decode())
                return data

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        # shutdown wakes the accept; close alone would leave the thread in it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the peer's thread did not end"


def answer(result, **more):
    """Bytes of the answer to a request, as a function of the request's bytes."""

    def build(request):
        return json.dumps(dict({"jsonrpc": "2.0", "id": json.loads(request)["id"], "result": result}, **more)).encode()

    return build


def sends(build):
    """A behaviour that sends `build(request)` in one piece."""
    return lambda conn, request: conn.sendall(build(request))


@contextlib.contextmanager
def short_folder():
    """A folder with a short path, since a socket's path has at most 107 bytes and pytest's are long."""
    with tempfile.TemporaryDirectory(prefix="zbs-", dir="/tmp") as folder:
        yield os.path.realpath(folder)

"""The admin socket: taken over from a dead predecessor, refused when a living one holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket

from .controllers import SOCKET_PATH_MAX
from .errors import StartError

BACKLOG = 512


class AdminSocket:
    """``listener`` accepts on ``path``. A lock file beside it says who owns it, as SPDK does it."""

    def __init__(self, path: str) -> None:
        if len(os.fsencode(path)) > SOCKET_PATH_MAX:
            raise StartError(f"RPC Listen address Unix socket path too long: {path} has over {SOCKET_PATH_MAX} bytes")
        self._path = path
        self._lock_path = f"{path}.lock"
        try:
            self._lock = os.open(self._lock_path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartError(f"Cannot open lock file {self._lock_path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise StartError(f"RPC Unix domain socket path {path} in use. Specify another.") from error
        try:
            self.listener = _listen(path)
        except OSError as error:
            os.close(self._lock)
            raise StartError(f"could not bind JSON-RPC server to {path}: {error.strerror}") from error

    def close(self) -> None:
        """Remove the socket and the lock file (the listener is the server's to close)."""
        for path in (self._path, self._lock_path):
            with contextlib.suppress(FileNotFoundError):  # somebody swept the folder: the aim is reached
                os.unlink(path)
        os.close(self._lock)


def _listen(path: str) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # safe: whoever made it no longer holds the lock
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener

"""The errors this program knows: one for answers on the admin socket, two for itself."""

from __future__ import annotations

import errno as errnos
import os

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
INVALID_STATE = -1


class RpcError(Exception):
    """An error answer: JSON-RPC ``code`` and ``message`` exactly as SPDK would send them."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @classmethod
    def of_errno(cls, number: int, code: int | None = None) -> RpcError:
        """SPDK's usual error: ``-errno`` (or ``code`` where a method hides it) with the C library's message."""
        return cls(-number if code is None else code, os.strerror(number))


class StartError(Exception):
    """The target cannot start; the text is printed as it is and the exit status is 1."""


class StorageError(Exception):
    """The data plane refused something or did not answer; ``errno`` is the nearest errno."""

    def __init__(self, message: str, errno: int = errnos.EIO) -> None:
        super().__init__(message)
        self.errno = errno

"""The two ways in which a call can end badly."""

from __future__ import annotations


class UsageError(Exception):
    """The command line is wrong: one sentence on stderr, exit status 2, nothing was done."""


class Failure(Exception):
    """zbsadm could not do it: told in the JSON answer as ``error.code`` and ``error.message``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

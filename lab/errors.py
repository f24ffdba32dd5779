"""What goes wrong in the lab, as one sentence for the person in front of it."""

from __future__ import annotations


class LabError(Exception):
    """One sentence that names the thing, the value and the remedy. The command line prints it and exits with 1."""


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived. Not an Exception, so that no handler takes it for a failure of its own."""

    def __init__(self, signal_name: str) -> None:
        super().__init__(signal_name)
        self.signal_name = signal_name

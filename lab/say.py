"""Progress, one line each, with the seconds since the command began."""

from __future__ import annotations

import sys
import threading
import time

_BEGAN = time.monotonic()
_LOCK = threading.Lock()


def say(text: str) -> None:
    """Print one line of progress at once, also when several threads speak."""
    with _LOCK:
        print(f"[lab {time.monotonic() - _BEGAN:5.1f}s] {text}", flush=True)


def warn(text: str) -> None:
    """Print one line of trouble that does not end the command."""
    with _LOCK:
        print(f"[lab {time.monotonic() - _BEGAN:5.1f}s] Warning: {text}", file=sys.stderr, flush=True)

"""The settings file: read by every call, changed by one at a time.

It is an object of settings (see settings.py; what is absent has its default) and of ``faults`` (see faults.py).
A change is made under a lock on a file beside it and by rename, so a reader sees the old or the new file, never half.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, TypeVar

from . import faults, paths, settings
from .codes import ADMIN_BROKEN
from .errors import Failure

Result = TypeVar("Result")


def load() -> dict[str, Any]:
    """The whole document, checked. An absent file is an empty one; a broken one is a Failure, never the defaults."""
    path = paths.settings()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("it is no JSON object")
        settings.read(document)
        faults.check(document.setdefault("faults", []))
    except FileNotFoundError:
        return {"faults": []}
    except (OSError, ValueError) as error:
        raise Failure(ADMIN_BROKEN, f"The stand-in's settings file {path} can't be read: {error}") from None
    return document


@contextmanager
def _locked() -> Iterator[None]:
    lock = paths.settings().with_suffix(".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failure(ADMIN_BROKEN, f"The lock file {lock} can't be opened: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(document: dict[str, Any]) -> None:
    path = paths.settings()
    handle, temporary = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise Failure(ADMIN_BROKEN, f"The settings file {path} can't be written: {error.strerror}") from None


def update(change: Callable[[dict[str, Any]], Result]) -> Result:
    """Let ``change`` alter the document in place, alone; written only when it did alter it."""
    with _locked():
        document = load()
        before = json.dumps(document, sort_keys=True)
        result = change(document)
        if json.dumps(document, sort_keys=True) != before:
            _replace(document)
        return result

"""How a step ends: one marked JSON line."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable

from ..codes import HOST_BROKEN


class Refused(Exception):
    """The host is not as the step needs it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def path(name: str) -> str:
    """A path of this host; a test puts a folder in front of it."""
    root = os.environ.get("ZBSADM_STANDIN_ROOT", "")
    return root + name if root else name


def answer(act: Callable[[dict[str, Any]], dict[str, Any]], values: dict[str, Any], mark: str) -> None:
    """Run a step and print its result behind the mark, on a line of its own, whatever else stdout got to see."""
    try:
        result = {"found": act(values)}
    except Refused as error:
        result = {"error": {"code": error.code, "message": error.message}}
    except OSError as error:
        # A host that is broken in a way that no step foresaw (a read-only disk, no permission) is still told in a word.
        result = {"error": {"code": HOST_BROKEN, "message": f"The host refused a system call: {error}"}}
    sys.stdout.write("\n" + mark + json.dumps(result) + "\n")
    sys.stdout.flush()

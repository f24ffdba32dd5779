# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that a VM's arguments name, as that process sees it. Read only."""

import contextlib
import os
import stat

from . import process

_MOST_BYTES = 1048576
_SECONDS = 1.0


def read(pid, path, root="/"):
    """The text of the file; None where it can't be read in time, or is no file."""
    folder = os.path.join(root, "proc", str(pid))
    # What a process calls by a relative name lies in its working folder, everything else below its root.
    there = (
        os.path.join(folder, "root", path.lstrip("/")) if path.startswith("/") else os.path.join(folder, "cwd", path)
    )
    return process.in_time(_text, there, _SECONDS)


def _text(path):
    """None, too, for a device or a pipe: to open one may wait, or do something."""
    with contextlib.suppress(OSError, ValueError):
        if stat.S_ISREG(os.stat(path).st_mode):
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as stream:
                return stream.read(_MOST_BYTES).decode("utf-8", "replace")
    return None

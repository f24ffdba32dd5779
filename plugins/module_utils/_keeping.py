# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of evidence: each file written whole or not at all, and never more than so many."""

import contextlib
import os
import re
import time
import uuid

from . import _replacing
from ._errors import ZbsError, system_words

FOLDER = "/var/log/zbs-vhost"
# Only what bears such a name is ours to remove.
_OURS = re.compile(r"^evidence-[0-9]{8}T[0-9]{6}Z-[a-z_]{1,40}-[A-Za-z0-9_]{1,20}\.txt\Z")
_TEMPORARY = ".zbs-"  # of _replacing, left by a process that was killed
# A write that was killed leaves its temporary file; none takes so long.
_STALE = 3600.0


def write(folder, occasion, stamp, text, keep):
    """Write `text` to a new file in `folder` and remove the oldest beyond `keep`: (path, how many were removed).

    stamp  the time for the name, as 20260102T030405Z
    ZbsError `evidence_unwritable` leaves every older file where it is.
    """
    path = os.path.join(folder, "evidence-%s-%s-%s.txt" % (stamp, occasion, uuid.uuid4().hex[:8]))
    try:
        _make(folder)
        _replacing.replace(path, text, 0o640, errors="replace")
    except OSError as exc:
        raise ZbsError(
            "no evidence can be kept in %s (%s); free space or make it a writable folder" % (folder, system_words(exc)),
            "evidence_unwritable",
        )
    return path, _prune(folder, keep, os.path.basename(path))


def _make(folder):
    """Make the folder, for root and its group only; one that is there is the operator's and keeps its mode."""
    if os.path.isdir(folder):
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o750)
        os.chmod(folder, 0o750)  # whatever the umask
    if not os.path.isdir(folder):
        raise NotADirectoryError(20, "it is no folder")


def surplus(folder, keep, newest=None):
    """The names of the files beyond `keep`, the oldest, when one more is there (`newest`, which is none of them)."""
    with contextlib.suppress(OSError):
        names = sorted(name for name in os.listdir(folder) if _OURS.match(name) and name != newest)
        return names[: max(0, len(names) - (keep - 1))]
    return []


def _prune(folder, keep, newest):
    """Remove all but the `keep` newest, the one just written always among them (a clock may have jumped back)."""
    removed = 0
    for name in surplus(folder, keep, newest):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))
            removed += 1
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(_TEMPORARY) and time.time() - os.lstat(path).st_mtime > _STALE:
                os.unlink(path)
    return removed

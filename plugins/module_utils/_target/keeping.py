# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of evidence: each file written whole or not at all, and never more than so many."""

import contextlib
import os
import re
import uuid

from .._tools import replacing
from .._tools.errors import ZbsError, system_words
from .._tools.folder import Place, opened
from .._tools.visible import visible

FOLDER = "/var/log/zbs-vhost"
# Only what bears such a name is ours to remove.
_OURS = re.compile(r"^evidence-[0-9]{8}T[0-9]{6}Z-[a-z_]{1,40}-[A-Za-z0-9_]{1,20}\.txt\Z")


def write(folder, occasion, stamp, text, keep):
    """Write `text` to a new file in `folder` and remove the oldest beyond `keep`: (path, how many were removed).

    stamp  the time for the name, as 20260102T030405Z
    text   is read on terminals, so what a program logged must not act on one
    ZbsError `evidence_unwritable` leaves every older file where it is.
    """
    name = "evidence-%s-%s-%s.txt" % (stamp, occasion, uuid.uuid4().hex[:8])
    try:
        _make(folder)
        with opened(folder, ours=True) as place:
            place = Place(place.handle, name, None)
            replacing.put(place, replacing.beside(place, visible(text).encode("utf-8"), 0o640))
            return os.path.join(folder, name), _prune(place, keep)
    except OSError as exc:
        raise ZbsError(
            "no evidence can be kept in %s (%s); free space or make it a writable folder of root"
            % (folder, system_words(exc)),
            "evidence_unwritable",
        )


def _make(folder):
    """Make the folder, for root and its group only; one that is there is the operator's and keeps its mode."""
    folder = os.path.abspath(folder)
    with opened(os.path.dirname(folder), make=0o755):
        pass
    with opened(folder, make=0o750):
        pass


def surplus(folder, keep, newest=None):
    """The names of the files beyond `keep`, the oldest, when one more is there (`newest`, which is none of them)."""
    with contextlib.suppress(OSError), opened(folder) as place:
        return _surplus(place, keep, newest)
    return []


def _surplus(place, keep, newest):
    names = sorted(name for name in place.names() if _OURS.match(name) and name != newest)
    return names[: max(0, len(names) - (keep - 1))]


def _prune(place, keep):
    """Remove all but the `keep` newest, the one just written always among them (a clock may have jumped back)."""
    removed = 0
    with contextlib.suppress(OSError):
        for name in _surplus(place, keep, place.name):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=place.handle)
                removed += 1
    return removed

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of metrics on a host: written for a target, and gone with it, or its alerts would last for ever.

Where it was written last is noted beside the ledger, so that a removal finds it without being told.
"""

import contextlib
import os
import stat

from .._tools import folder, replacing
from .._tools.errors import ZbsError, system_words

NAME = "zbs_vhost.prom"
NOTE = ".zbs_vhost.metrics"
_MOST_BYTES = 4097


def write(textfile_dir, text):
    """Replace `textfile_dir`/zbs_vhost.prom whole; returns its path. ZbsError `textfile` when that can't be.

    The collector reads every file whose name ends in .prom, hidden ones too, so the temporary one ends otherwise.
    """
    path = os.path.join(textfile_dir, NAME)
    try:
        # The exporter runs as a user of its own; nothing in it is a secret.
        replacing.replace(path, text, 0o644, errors="replace")
    except OSError as exc:
        raise ZbsError(
            "the metrics can't be written to %s (%s); make textfile_dir the folder that node_exporter's "
            "--collector.textfile.directory names" % (path, system_words(exc)),
            "textfile",
        )
    return path


def note(facts_dir, textfile_dir):
    """Note down where the metrics are. Where that can't be, a removal has to be told."""
    there = os.path.abspath(textfile_dir)
    if _noted(facts_dir) == there:
        return
    with contextlib.suppress(OSError, ValueError):
        with folder.opened(facts_dir, ours=True, make=0o755):
            pass
        replacing.replace(os.path.join(facts_dir, NOTE), there + "\n", 0o644, ours=True)


def forget(facts_dir, textfile_dir=None, check_mode=False):
    """Remove the metrics from `textfile_dir` and from where they were written last: the paths of what is removed, or would be.

    ZbsError `textfile` for a file that can't be removed.
    """
    removed = []
    for where in sorted({os.path.abspath(one) for one in (textfile_dir, _noted(facts_dir)) if one}):
        path = os.path.join(where, NAME)
        try:
            if _remove(path, check_mode):
                removed.append(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            raise ZbsError(
                "the metrics in %s can't be removed (%s); remove that file" % (path, system_words(exc)), "textfile"
            )
    with contextlib.suppress(OSError):
        _remove(os.path.join(facts_dir, NOTE), check_mode)
    return removed


def _remove(path, check_mode):
    """Whether there is a file of ours, which is gone afterwards."""
    with folder.holding(path) as place:
        if not stat.S_ISREG(os.stat(place.name, dir_fd=place.handle, follow_symlinks=False).st_mode):
            return False
        if not check_mode:
            os.unlink(place.name, dir_fd=place.handle)
            place.sync()
        return True


def _noted(facts_dir):
    """The folder that was noted down; None where none was, or not by us."""
    with contextlib.suppress(OSError, ValueError):
        with folder.holding(os.path.join(facts_dir, NOTE), ours=True) as place:
            handle = os.open(
                place.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place.handle
            )
        with os.fdopen(handle, "rb") as stream:
            found = stream.read(_MOST_BYTES).decode("utf-8").rstrip("\n")
        return found if found.startswith("/") and len(found) < _MOST_BYTES - 1 and "\0" not in found else None
    return None

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is replaced whole: whoever reads it, and whatever crashes meanwhile, there is the old one or the new one."""

import contextlib
import os
import time
import uuid

from . import folder

PREFIX, SUFFIX = ".zbs-", ".tmp"
# A write that was killed leaves its temporary file; none takes so long.
_STALE = 3600.0


def replace(path, text, mode, errors="strict", ours=False):
    """Write `text` (UTF-8) beside `path` and put it in its place, with that mode whatever the umask; OSError when it can't be.

    errors  how characters that UTF-8 does not have are written, as in open()
    ours    see _tools/folder: for what is believed when it is read again

    The temporary file is hidden and ends in .tmp, so that no reader of a folder takes it for one of its own; none is left behind.
    A link in the file's own place is replaced, not gone along.
    """
    data = text.encode("utf-8", errors)
    with folder.holding(path, ours=ours) as place:
        put(place, beside(place, data, mode))


def beside(place, data, mode):
    """Write `data` (bytes) to a new hidden file in the folder of a Place, on the disk when this returns: its name."""
    temporary = folder.Place(place.handle, PREFIX + uuid.uuid4().hex + SUFFIX, None)
    handle = folder.create(temporary, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        _discard(place, temporary.name)
        raise
    return temporary.name


def link_beside(place, target):
    """Make a hidden link to `target` in the folder of a Place: its name."""
    name = PREFIX + uuid.uuid4().hex + SUFFIX
    os.symlink(target, name, dir_fd=place.handle)
    return name


def put(place, temporary):
    """Give the file `temporary` in the folder of a Place the Place's own name."""
    try:
        os.rename(temporary, place.name, src_dir_fd=place.handle, dst_dir_fd=place.handle)
    except OSError:
        _discard(place, temporary)
        raise
    place.sync()
    _sweep(place)


def _sweep(place):
    """Remove what writes left that were killed long ago."""
    with contextlib.suppress(OSError):
        for name in place.names():
            if name.startswith(PREFIX) and name.endswith(SUFFIX):
                found = os.stat(name, dir_fd=place.handle, follow_symlinks=False)
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime > _STALE:
                    _discard(place, name)


def _discard(place, name):
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=place.handle)

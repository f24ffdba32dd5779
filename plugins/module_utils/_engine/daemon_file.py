# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json on disk: the file, its backups, and which of them an engine was started with.

A link that an operator made of the file stays one: the file that it leads to is replaced.
"""

import contextlib
import errno
import glob
import os
import re
import shutil
import stat
import time

from .._tools import folder, replacing
from .._tools.errors import ZbsError, system_words
from . import daemon_text


def read(path):
    """The text of the file, empty where there is none; ZbsError `daemon_json` where it can't be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as reader:
            if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            data = reader.read(daemon_text.MOST + 1)
            if len(data) > daemon_text.MOST:
                raise OSError(errno.EFBIG, "it is larger than %d MiB" % (daemon_text.MOST >> 20))
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise ZbsError(
            "%s can't be read (%s); make it a text file that root can read" % (path, system_words(exc)), "daemon_json"
        )
    return daemon_text.decode(data, path)


def in_force(path, since):
    """The content with which an engine that runs since `since` (seconds since 1970) was started; None when nobody knows.

    That is the file itself when it is older, else the youngest backup whose content is and that was made after the start: a
    backup keeps the date of what it was made from, and its name says when something else took its place.
    """
    if not os.path.lexists(path):
        return {}
    older = []
    for name in [path] + glob.glob(glob.escape(path) + ".*~"):
        with contextlib.suppress(OSError, ZbsError):
            info = os.stat(name)
            if info.st_mtime <= since and (name == path or _replaced(path, name, info) >= since):
                content = daemon_text.parse(read(name), name, twins=True)
                older.append((info.st_mtime, name == path, content))
    return max(older, key=lambda item: item[:2])[2] if older else None


def doubtful(path, since):
    """Whether the file bears a date before `since` and something happened to it later all the same: `cp -p`, a package and a
    rename bring files with old dates.
    """
    try:
        info = os.stat(path)
    except OSError:
        return False
    return info.st_mtime <= since < info.st_ctime


def _replaced(path, name, info):
    """When the content of this backup was replaced, as its name and its inode have it: the earlier of the two."""
    match = re.match(r"\.(\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d)(-\d+)?~$", name[len(path) :])
    try:
        named = time.mktime(time.strptime(match.group(1) if match else "", "%Y-%m-%d@%H:%M:%S")) + 1
    except (ValueError, OverflowError):
        return info.st_ctime
    return min(info.st_ctime, named)


def prepare(path, text):
    """Write `text` beside `path` and return the temporary file's name; ZbsError `daemon_json` when that can't be."""
    try:
        with folder.holding(path, follow=True, make=0o755) as place:
            name = replacing.beside(place, text.encode("utf-8"), _mode(place))
            return os.path.join(os.path.dirname(place.path), name)
    except OSError as exc:
        raise ZbsError("%s can't be written (%s); make its folder writable" % (path, exc.strerror), "daemon_json")


def replace(path, temporary, backup=True, clock=time.time):
    """Put the temporary file into the place of `path` in one step; returns the name of the backup, None without one."""
    kept = None
    try:
        with folder.holding(path, follow=True) as place:
            if backup and _mode(place, None) is not None:
                kept = _free_name(path, clock())
                _copy(place, kept)
            replacing.put(place, os.path.basename(temporary))
    except OSError as exc:
        raise ZbsError("%s can't be replaced (%s); it is unchanged" % (path, exc.strerror), "daemon_json")
    return kept


def discard(temporary):
    """Remove a temporary file that did not become the file."""
    with contextlib.suppress(OSError):
        os.unlink(temporary)


def _free_name(path, now):
    """A dated name for a backup; two in one second don't take each other's."""
    name = "%s.%s" % (path, time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime(now)))
    number = 0
    while os.path.lexists(name + ("-%d" % number if number else "") + "~"):
        number += 1
    return name + ("-%d" % number if number else "") + "~"


def _copy(place, path):
    """Copy the file in a Place to `path`, where nothing may be, with its mode and date."""
    source = os.open(place.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place.handle)
    with os.fdopen(source, "rb") as reader, folder.holding(path) as new:
        info = os.fstat(reader.fileno())
        with os.fdopen(folder.create(new, stat.S_IMODE(info.st_mode) & 0o777), "wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.utime(writer.fileno(), ns=(info.st_atime_ns, info.st_mtime_ns))


def _mode(place, otherwise=0o644):
    try:
        return os.stat(place.name, dir_fd=place.handle, follow_symlinks=False).st_mode & 0o777
    except OSError:
        return otherwise

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""daemon.json on disk: the file, its backups, and which of them an engine was started with."""

import contextlib
import glob
import os
import shutil
import tempfile
import time

from . import _daemon_json
from ._errors import ZbsError


def read(path):
    """The text of the file, empty where there is none; ZbsError `daemon_json` where it can't be read."""
    try:
        with open(path, encoding="utf-8-sig") as handle:
            return handle.read()
    except (IOError, UnicodeDecodeError) as exc:
        if isinstance(exc, FileNotFoundError):
            return ""
        raise ZbsError(
            "%s can't be read (%s); make it a text file that root may read"
            % (path, getattr(exc, "strerror", None) or "it is no UTF-8"),
            "daemon_json",
        )


def in_force(path, since):
    """The content with which an engine that runs since `since` (seconds since 1970) was started; None when nobody knows.

    That is the file itself when it is older, else the youngest backup whose content is: a backup keeps the date of what
    it was made from.
    """
    if not os.path.lexists(path):
        return {}
    older = []
    for name in [path] + glob.glob(glob.escape(path) + ".*~"):
        with contextlib.suppress(OSError, ZbsError):
            changed = os.stat(name).st_mtime
            if changed <= since:
                older.append((changed, name == path, _daemon_json.parse(read(name), name)))
    return max(older, key=lambda item: item[:2])[2] if older else None


def prepare(path, text):
    """Write `text` beside `path` and return the temporary file's name; ZbsError `daemon_json` when that can't be."""
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    try:
        if not os.path.isdir(folder):
            os.makedirs(folder, 0o755)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".daemon.json-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), _mode(real))
            os.fsync(stream.fileno())
    except OSError as exc:
        raise ZbsError("%s can't be written (%s); make its folder writable" % (path, exc.strerror), "daemon_json")
    return temporary


def replace(path, temporary, backup=True, clock=time.time):
    """Put the temporary file into the place of `path` in one step; returns the name of the backup, None without one."""
    real = os.path.realpath(path)
    kept = None
    try:
        if backup and os.path.exists(real):
            kept = _free_name(path, clock())
            shutil.copy2(real, kept)
        os.rename(temporary, real)
        folder = os.open(os.path.dirname(real), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as exc:
        raise ZbsError("%s can't be replaced (%s); it is as it was" % (path, exc.strerror), "daemon_json")
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


def _mode(real):
    try:
        return os.stat(real).st_mode & 0o777
    except OSError:
        return 0o644

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to a folder in which root writes: no step of it may be one that somebody else laid.

The path is walked a name at a time, each opened below the one before and never through a link, so that nothing can be swapped
between a look and a use. A link is an operator's, and is gone along, when it is root's (or ours) and lies in a folder where
nobody else can make or rename anything; any other is refused. Whoever writes then does so below the handle, by name.

What is refused is an OSError like any other, its text a sentence about the step.
"""

import contextlib
import errno
import os
import stat

from . import trust

# A controller may be no Linux, and then its folders have to be readable.
_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40  # as the kernel


class Place:
    """Where a path really is: `handle` of the folder (for dir_fd), `name` in it ("" for the folder itself), its real `path`.

    closed  whether nobody else can turn the way there, so that the path leads there again; None where nobody looked
    """

    def __init__(self, handle, name, path, closed=None):
        self.handle = handle
        self.name = name
        self.path = path
        self.closed = closed

    def sync(self):
        """See that the folder's names are on the disk."""
        self._with_folder(os.fsync)

    def names(self):
        """What is in the folder."""
        return self._with_folder(os.listdir)

    def _with_folder(self, function):
        """`function` of a handle that may be read, which that of a step is not."""
        handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.handle)
        try:
            return function(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def opened(path, ours=False, make=None):
    """The Place of the folder `path`, open while the block runs.

    ours  nobody but root, or we, may own it, and not everybody may write to it: what lies there is believed
    make  the mode of what is missing of it (whatever the umask); None to make nothing
    """
    with _walked(path, "", make) as place:
        if ours:
            _own(place)
        yield place


@contextlib.contextmanager
def holding(path, follow=False, ours=False, make=None):
    """The Place of the file `path`, its folder open while the block runs; the file itself need not be there.

    follow  go along an operator's link in the file's own place, so that it stays a link
    """
    folder, name = os.path.split(os.path.abspath(path))
    with _walked(folder, name, make, follow) as place:
        if ours:
            _own(place)
        yield place


def create(place, mode):
    """A new file in a Place, ours alone until it has its `mode`: its handle. OSError where anything is in its place."""
    handle = os.open(
        place.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=place.handle
    )
    try:
        os.fchmod(handle, mode)
    except OSError:
        os.close(handle)
        os.unlink(place.name, dir_fd=place.handle)
        raise
    return handle


@contextlib.contextmanager
def _walked(folder, name, make, follow=False):
    way = _Way(make)
    try:
        last = way.go(os.path.abspath(folder).split("/"), name if follow else None)
        name = last if follow else name
        yield Place(way.handle, name, os.path.join(way.path, name) if name else way.path, way.closed)
    finally:
        os.close(way.handle)


class _Way:
    """A walk from the root: `handle` and `path` of the folder it has come to, and `closed`: whether nobody else could turn it."""

    def __init__(self, make):
        self.handle, self.path, self.closed = os.open("/", _STEP), "/", True
        self._make = make
        self._links = 0

    def go(self, steps, file=None):
        """Walk through `steps`; with `file`, a name there, along its links too: the name where that ends, "" where in a folder."""
        todo = ([] if file is None else [file]) + steps[::-1]
        behind_link = len(todo)  # how many steps are left when those of the last link's target are done
        while todo:
            step = todo.pop()
            if step in ("", "."):
                continue
            info = self._look(step)
            if info is not None and stat.S_ISLNK(info.st_mode):
                behind_link = min(behind_link, len(todo))
                todo += self._along(step, info)[::-1]
            elif file is not None and not todo:
                return step
            elif info is None and (self._make is None or len(todo) >= behind_link):
                # Nor is a link that leads nowhere made to lead somewhere.
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            else:
                self._enter(step, info is None)
        return ""

    def _look(self, step):
        try:
            return os.stat(step, dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _along(self, step, info):
        """The steps of a link's target, the way being at their beginning; OSError unless it can only be an operator's."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        path = os.path.join(self.path, step)
        if info.st_uid not in (0, os.geteuid()):
            raise PermissionError(
                errno.EPERM, "%s is a link of user %d, and only links of root are followed" % (path, info.st_uid)
            )
        if not _is_closed(os.fstat(self.handle)):
            raise PermissionError(errno.EPERM, "%s is a link that users other than root can put there" % path)
        target = os.readlink(step, dir_fd=self.handle)
        if target.startswith("/"):
            self._to(os.open("/", _STEP), "/")
        return target.split("/")

    def _enter(self, step, missing):
        self.closed = self.closed and _is_closed(os.fstat(self.handle))
        path = os.path.dirname(self.path) if step == ".." else os.path.join(self.path, step)
        self._to(_made(self.handle, step, self._make) if missing else os.open(step, _STEP, dir_fd=self.handle), path)

    def _to(self, handle, path):
        os.close(self.handle)
        self.handle, self.path = handle, path


def _made(handle, name, mode):
    """Make a folder below `handle` and return a handle of it; who makes it at the same time has made it."""
    try:
        os.mkdir(name, mode, dir_fd=handle)
    except FileExistsError:
        return os.open(name, _STEP, dir_fd=handle)
    made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
    try:
        if os.fstat(made).st_uid == os.geteuid():
            os.fchmod(made, mode)
        return os.open(".", _STEP, dir_fd=made)
    finally:
        os.close(made)


def _is_closed(folder):
    """Whether nobody but root, or we, can take a name of root's in a folder away and put another thing there."""
    return folder.st_uid in (0, os.geteuid()) and (
        not trust.others_write(folder) or bool(folder.st_mode & stat.S_ISVTX)
    )


def _own(place):
    info = os.fstat(place.handle)
    if info.st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "its folder belongs to user %d; give it to root" % info.st_uid)
    if info.st_mode & 0o002 and not info.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, "everyone can write to its folder; take that permission away")

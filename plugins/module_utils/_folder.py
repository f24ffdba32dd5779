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

# A controller may be no Linux, and then its folders have to be readable.
_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40  # as the kernel


class Place:
    """Where a path really is: `handle` of the folder (for dir_fd), `name` in it ("" for the folder itself), and its real `path`."""

    def __init__(self, handle, name, path):
        self.handle = handle
        self.name = name
        self.path = path

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


def is_trusted(info):
    """Whether a file (its os.stat_result) is root's or ours and nobody else may write to it."""
    return info.st_uid in (0, os.geteuid()) and not _others_write(info)


@contextlib.contextmanager
def _walked(folder, name, make, follow=False):
    todo = os.path.abspath(folder).split("/")[::-1]
    if follow:
        todo.insert(0, name)
    handle, path, links = os.open("/", _STEP), "/", 0
    left_after_link = len(todo)  # what is left of the way once the last link's own target is walked
    try:
        while todo:
            step = todo.pop()
            if step in ("", "."):
                continue
            if step == "..":
                handle, path = _swap(handle, os.open("..", _STEP, dir_fd=handle)), os.path.dirname(path)
                continue
            here = os.path.join(path, step)
            last = follow and not todo
            try:
                info = os.stat(step, dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                if last:
                    yield Place(handle, step, here)
                    return
                if (
                    make is None or len(todo) >= left_after_link
                ):  # a link that leads nowhere is not made to lead somewhere
                    raise
                handle, path = _swap(handle, _made(handle, step, make)), here
                continue
            if stat.S_ISLNK(info.st_mode):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                _judge(here, info, os.fstat(handle))
                left_after_link = min(left_after_link, len(todo))
                target = os.readlink(step, dir_fd=handle)
                todo += target.split("/")[::-1]
                if target.startswith("/"):
                    handle, path = _swap(handle, os.open("/", _STEP)), "/"
            elif last:
                yield Place(handle, step, here)
                return
            else:
                handle, path = _swap(handle, os.open(step, _STEP, dir_fd=handle)), here
        yield Place(handle, "" if follow else name, path if follow or not name else os.path.join(path, name))
    finally:
        os.close(handle)


def _swap(old, new):
    os.close(old)
    return new


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


def _judge(path, link, folder):
    """OSError unless a link can only be an operator's."""
    if link.st_uid not in (0, os.geteuid()):
        raise PermissionError(
            errno.EPERM, "%s is a link of user %d, and only root's are gone along" % (path, link.st_uid)
        )
    sticky = folder.st_mode & stat.S_ISVTX
    if folder.st_uid not in (0, os.geteuid()) or (_others_write(folder) and not sticky):
        raise PermissionError(errno.EPERM, "%s is a link that others than root can put there" % path)


def _own(place):
    info = os.fstat(place.handle)
    if info.st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "its folder belongs to user %d; give it to root" % info.st_uid)
    if info.st_mode & 0o002 and not info.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, "everybody may write to its folder; take that away")


def _others_write(info):
    """Whether somebody besides the owner and root may write to it."""
    group = info.st_mode & 0o020 and info.st_gid not in (0, os.getegid())
    return bool(group or info.st_mode & 0o002)

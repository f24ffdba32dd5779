# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: the backoff windows of this host in its local facts, so that they outlive every manager.

One JSON file `zbs_vhost.fact` in the facts folder, read back by Ansible as `ansible_local.zbs_vhost`:

    {"version": 1, "entries": {"<primary storage>": {"<protocol>": {entry of _backoff}}}}

A step is: lock, read, change, write a temporary file beside it, fsync, rename, fsync the folder. A crash at any instant
leaves the old or the new file, whole. A file that can't be understood is set aside, never taken for "no failures".
"""

import contextlib
import errno
import json
import os
import stat

from . import _lock
from ._errors import ZbsError

FACTS_DIR = "/etc/ansible/facts.d"
NAME = "zbs_vhost.fact"
LOCK = ".zbs_vhost.lock"
VERSION = 1
# Far above what a host can need; a file beyond it is not ours, and reading it would cost the tick.
MAX_SIZE = 4 * 1024 * 1024

# Keys of an entry and the types they must have, so that nothing later meets a surprise.
_ENTRY = {
    "status": str,
    "verdict": str,
    "reason": (str, type(None)),
    "since": str,
    "failures": int,
    "skip": int,
    "last_attempt": (dict, type(None)),
    "lease": (dict, type(None)),
}
_LEASE = {"boot_id": str, "started": (int, float), "expires": (int, float), "who": str}


class Ledger:
    """The content of the file.

    entries  {primary storage: {protocol: entry}}
    lost     a sentence when the file could not be understood, else None
    missing  whether there is no file
    """

    def __init__(self, entries=None, lost=None, missing=False):
        self.entries = entries or {}
        self.lost = lost
        self.missing = missing

    def get(self, storage, protocol):
        """The entry, or None."""
        return self.entries.get(storage, {}).get(protocol)

    def put(self, storage, protocol, entry):
        """Set the entry; None takes it away."""
        if entry is not None:
            self.entries.setdefault(storage, {})[protocol] = entry
            return
        self.entries.get(storage, {}).pop(protocol, None)
        if not self.entries.get(storage):
            self.entries.pop(storage, None)

    def as_facts(self):
        """What is written, and what is returned as ansible_facts.zbs_vhost."""
        return {"version": VERSION, "entries": self.entries}


def read(facts_dir=FACTS_DIR):
    """Read the ledger without a lock (the file is only ever replaced whole). Never raises for its content."""
    path = os.path.join(facts_dir, NAME)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return Ledger(missing=True)
        return Ledger(lost="%s can't be read (%s)" % (path, os.strerror(exc.errno)))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Ledger(lost="%s can't be read (it is no regular file)" % path)
        # The handle stays ours: fdopen leaves one open that it refuses.
        with os.fdopen(handle, "rb", closefd=False) as stream:
            text = stream.read(MAX_SIZE + 1)
    except OSError as exc:
        return Ledger(lost="%s can't be read (%s)" % (path, os.strerror(exc.errno)))
    finally:
        os.close(handle)
    try:
        return Ledger(_parse(text))
    except (ValueError, RecursionError) as exc:
        return Ledger(lost="%s can't be understood (%s)" % (path, exc))


def _parse(text):
    """Entries of a ledger's text; ValueError says what is wrong with it."""
    if len(text) > MAX_SIZE:
        raise ValueError("it is larger than %d bytes" % MAX_SIZE)
    if not text.strip():
        raise ValueError("it is empty")
    data = json.loads(text.decode("utf-8"))
    if not isinstance(data, dict) or not isinstance(data.get("entries"), dict):
        raise ValueError("it has no entries")
    if data.get("version") != VERSION:
        raise ValueError("it is of version %s and this collection knows version %d" % (data.get("version"), VERSION))
    for storage, protocols in data["entries"].items():
        if not isinstance(protocols, dict):
            raise ValueError("the entry of %s is no object" % storage)
        for protocol, entry in protocols.items():
            _check(entry, _ENTRY, "the entry of %s/%s" % (storage, protocol))
            if entry["failures"] < 0 or entry["skip"] < 0:
                raise ValueError("the entry of %s/%s counts below zero" % (storage, protocol))
            if entry["lease"] is not None:
                _check(entry["lease"], _LEASE, "the lease of %s/%s" % (storage, protocol))
    return data["entries"]


def _check(value, shape, name):
    if not isinstance(value, dict):
        raise ValueError("%s is no object" % name)
    for key, kinds in shape.items():
        # A bool is an int to Python, and no counter to us.
        if not isinstance(value.get(key), kinds) or isinstance(value.get(key), bool):
            raise ValueError("%s has no proper %s" % (name, key))


@contextlib.contextmanager
def locked(facts_dir, deadline):
    """Hold the ledger's lock while the block runs; the folder is made where it isn't there."""
    try:
        os.makedirs(facts_dir, mode=0o755, exist_ok=True)
    except OSError as exc:
        raise _unwritable(facts_dir, exc)
    with _lock.hold(os.path.join(facts_dir, LOCK), deadline, "a step of the ledger"):
        yield


def write(ledger, facts_dir):
    """Replace the file; the caller holds the lock. ZbsError `ledger_unwritable` leaves the old file as it was."""
    path = os.path.join(facts_dir, NAME)
    temporary = os.path.join(facts_dir, ".%s.%d" % (NAME, os.getpid()))
    data = (json.dumps(ledger.as_facts(), indent=2, sort_keys=True) + "\n").encode("utf-8")
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # of a process of this number that was killed
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(handle, 0o644)  # whatever the umask; and never executable, which would break `setup`
            stream.write(data)
            stream.flush()
            os.fsync(handle)
        os.replace(temporary, path)
        _sync_folder(facts_dir)
    except OSError as exc:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise _unwritable(facts_dir, exc)


def set_aside(facts_dir, stamp):
    """Keep a file that can't be understood under a dated name beside it, which is no *.fact; returns the new path.

    The bad file stays in its place too until `write` replaces it: a crash between the two steps must not leave "no file",
    which the next tick would take for "no failures". Only what can't be linked (a folder) is moved.
    """
    path = os.path.join(facts_dir, NAME)
    aside = "%s.bad-%s-%d" % (path, stamp, os.getpid())
    try:
        try:
            os.link(path, aside, follow_symlinks=False)
        except OSError:
            os.rename(path, aside)
        _sync_folder(facts_dir)
    except OSError as exc:
        raise _unwritable(facts_dir, exc)
    return aside


def _sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(facts_dir, exc):
    return ZbsError(
        "the ledger in %s can't be written (%s); free space or make it writable, no attempt is made until then"
        % (facts_dir, os.strerror(exc.errno) if exc.errno else exc),
        "ledger_unwritable",
        {"facts_dir": facts_dir},
    )

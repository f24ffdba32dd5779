# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of the ledger: lock, read, change, write a temporary file beside it, fsync, rename, fsync the folder.

A crash at any instant leaves the old or the new file, whole. A file that can't be understood is set aside, never taken for
"no failures".
"""

import contextlib
import json
import os

from .._tools import folder, lock, replacing
from .._tools.errors import ZbsError, system_words
from .ledger import NAME

LOCK = ".zbs_vhost.lock"


@contextlib.contextmanager
def locked(facts_dir, deadline):
    """Hold the ledger's lock while the block runs; the folder is made where it isn't there."""
    try:
        with folder.opened(facts_dir, ours=True, make=0o755):
            pass
    except OSError as exc:
        raise _unwritable(facts_dir, exc)
    with lock.hold(os.path.join(facts_dir, LOCK), deadline, "a step of the ledger"):
        yield


def write(ledger, facts_dir):
    """Replace the file; the caller holds the lock. ZbsError `ledger_unwritable` leaves the old file as it was."""
    text = json.dumps(ledger.as_facts(), indent=2, sort_keys=True) + "\n"
    try:
        # Never executable, which would break `setup`.
        replacing.replace(os.path.join(facts_dir, NAME), text, 0o644, ours=True)
    except OSError as exc:
        raise _unwritable(facts_dir, exc)


def set_aside(facts_dir, stamp):
    """Keep a file that can't be understood under a dated name beside it, which is no *.fact; returns the new path.

    The bad file stays in its place too until `write` replaces it: a crash between the two steps must not leave "no file",
    which the next tick would take for "no failures". Only what can't be linked (a folder) is moved.
    """
    aside = "%s.bad-%s-%d" % (NAME, stamp, os.getpid())
    try:
        with folder.opened(facts_dir, ours=True) as place:
            both = {"src_dir_fd": place.handle, "dst_dir_fd": place.handle}
            try:
                os.link(NAME, aside, follow_symlinks=False, **both)
            except OSError:
                os.rename(NAME, aside, **both)
            place.sync()
    except OSError as exc:
        raise _unwritable(facts_dir, exc)
    return os.path.join(facts_dir, aside)


def _unwritable(facts_dir, exc):
    return ZbsError(
        "the ledger in %s can't be written (%s); free space or make it writable, no attempt is made until then"
        % (facts_dir, system_words(exc)),
        "ledger_unwritable",
        {"facts_dir": facts_dir},
    )

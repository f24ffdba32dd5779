# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of ansible-playbook learns once and all of its workers share: small notes in a folder of the run's own.

A worker process has no way back to the others but what its task registers, and hosts that work at the same time would all learn the
same for themselves. So a note has a lock: one asks, the others wait for it and read.
"""

import contextlib
import fcntl
import hashlib
import json
import os


class Notes:
    """The notes in `folder`, which goes with the run. Each has a kind (a word) and a name (any text)."""

    def __init__(self, folder):
        self._folder = folder

    def read(self, kind, name):
        """The note, {} where there is none."""
        try:
            with open(self._path(kind, name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    @contextlib.contextmanager
    def alone(self, kind, name):
        """The note as a dict that nobody else changes meanwhile; what is in it at the end is kept.

        Waits as long as another one holds it. The lock goes with its process, so it is never left behind.
        """
        path = self._path(kind, name)
        with open(path + ".lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            note = self.read(kind, name)
            before = json.dumps(note, default=str)
            yield note
            if json.dumps(note, default=str) != before:
                # Readers take no lock, so they see the old one or the new one whole.
                with open(path + ".new", "w", encoding="utf-8") as file:
                    json.dump(note, file, default=str)
                os.replace(path + ".new", path)

    def _path(self, kind, name):
        return os.path.join(self._folder, "zbs_vhost_%s-%s" % (kind, hashlib.sha256(name.encode()).hexdigest()[:32]))

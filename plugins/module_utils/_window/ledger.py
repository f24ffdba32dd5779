# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: the backoff windows of this host in its local facts, so that they outlive every manager.

One JSON file `zbs_vhost.fact` in the facts folder, read back by Ansible as `ansible_local.zbs_vhost`:

    {"version": 1, "entries": {"<primary storage>": {"<protocol>": {entry of _window/backoff}}}}

and, only where there is something to say:

    "history":  {"<primary storage>": {"<protocol>": {history of _window/backoff}}}
    "distrust": {"since": "<when a ledger was lost>", "seen": {"<primary storage>": ["<protocol>", ...]}}
    "disks":    what _observe/disks keeps of the VMs' disks
    "target":   what _observe/identity keeps of the process that answered last
    "deployed": {what was deployed last, of _target/desired}

After a ledger was lost nobody knows what stood in it, so each storage and protocol that is down when it is seen for the
first time since starts in its longest window. That mark stays: a storage that is rarely looked at must not be forgotten.

This file is what a tick at a host that is well needs of it; _window/ledger_writing changes it.
"""

import errno
import os
import stat

from .._observe import identity
from .._observe.disks import check_disks, traced
from .._tools import outside, trust
from .._tools.errors import system_words

FACTS_DIR = "/etc/ansible/facts.d"
NAME = "zbs_vhost.fact"
# The hold of the operator lies beside it; see _window/hold.
HOLD_NAME = "zbs_vhost.hold"
VERSION = 1
# Entries of volumes are named so; see _window/volume_step.
VOLUME = "volume:"
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
# Keys that an entry may have.
_ENTRY_MORE = {"healthy": int, "flaps": int, "due": bool, "left": bool, "held_by": list}
_HISTORY = {"recoveries": list, "failures": int, "skip": int}
_DISTRUST = {"since": str, "seen": dict}
_DEPLOYED = {"hash": str, "parts": dict, "at": str, "container_id": (str, type(None))}
_LEASE = {"boot_id": str, "started": (int, float), "expires": (int, float), "who": str}


class Ledger:
    """The content of the file.

    entries   {primary storage: {protocol: entry}}
    history   {primary storage: {protocol: history}}
    distrust  None, or {since, seen: {primary storage: [protocols]}}
    disks     of _observe/disks; {} where there is nothing to remember
    target    of _observe/identity; None where there is nothing to remember
    deployed  None, or what was deployed last: a record of _target/desired
    lost      a sentence when the file could not be understood, else None
    missing   whether there is no file
    """

    def __init__(
        self,
        entries=None,
        lost=None,
        missing=False,
        history=None,
        distrust=None,
        disks=None,
        deployed=None,
        target=None,
    ):
        self.entries = entries or {}
        self.history = history or {}
        self.distrust = distrust
        self.disks = disks or {}
        self.deployed = deployed
        self.target = target
        self.lost = lost
        self.missing = missing

    def get(self, storage, protocol):
        """The entry, or None."""
        return self.entries.get(storage, {}).get(protocol)

    def put(self, storage, protocol, entry):
        """Set the entry; None takes it away."""
        _put(self.entries, storage, protocol, entry)

    def get_history(self, storage, protocol):
        """The history, or None."""
        return self.history.get(storage, {}).get(protocol)

    def put_history(self, storage, protocol, history):
        """Set the history; None takes it away."""
        _put(self.history, storage, protocol, history)

    def distrusts(self, storage, protocol):
        """Whether a ledger was lost since this protocol was seen up or down.

        Of a volume never: to create what a VM hangs on takes nothing away from anybody, so there is no safer window than none.
        """
        if protocol.startswith(VOLUME):
            return False
        if self.lost is not None:
            return True
        return self.distrust is not None and protocol not in self.distrust["seen"].get(storage, [])

    def distrust_all(self, now):
        """Begin to distrust: a ledger was lost."""
        self.distrust = {"since": now, "seen": {}}

    def saw(self, storage, protocol):
        """The protocol was seen up or down, so from now on what stands here is the truth about it."""
        if self.distrust is None or protocol.startswith(VOLUME):
            return
        protocols = self.distrust["seen"].setdefault(storage, [])
        if protocol not in protocols:
            protocols.append(protocol)
            protocols.sort()

    def remember_paths(self, paths):
        """Keep which volumes bdevs were traced to: {bdev: POOL/VOLUME}."""
        self.disks = traced(self.disks, paths)

    def as_facts(self):
        """What is written, and what is returned as ansible_facts.zbs_vhost."""
        facts = {"version": VERSION, "entries": self.entries}
        if self.history:
            facts["history"] = self.history
        if self.distrust is not None:
            facts["distrust"] = self.distrust
        if self.disks:
            facts["disks"] = self.disks
        if self.target is not None:
            facts["target"] = self.target
        if self.deployed is not None:
            facts["deployed"] = self.deployed
        return facts


def _put(table, storage, protocol, value):
    if value is not None:
        table.setdefault(storage, {})[protocol] = value
        return
    table.get(storage, {}).pop(protocol, None)
    if not table.get(storage):
        table.pop(storage, None)


def read_ledger(facts_dir=FACTS_DIR):
    """Read the ledger without a lock (the file is only ever replaced whole). Never raises for its content."""
    path = os.path.join(facts_dir, NAME)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR):
            return Ledger(missing=True)
        return Ledger(lost="%s can't be read (%s)" % (path, system_words(exc)))
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            return Ledger(lost="%s can't be read (it is not a regular file)" % path)
        if not trust.is_trusted(info):  # it says which volume a disk is: nobody else's word is taken for that
            return Ledger(lost="%s can't be trusted (users other than root can write to it)" % path)
        # The handle stays ours: fdopen leaves one open that it refuses.
        with os.fdopen(handle, "rb", closefd=False) as stream:
            text = stream.read(MAX_SIZE + 1)
    except OSError as exc:
        return Ledger(lost="%s can't be read (%s)" % (path, system_words(exc)))
    finally:
        os.close(handle)
    try:
        data = _parse(text)
    except ValueError as exc:
        return Ledger(lost="%s can't be understood (%s)" % (path, " ".join(str(exc).split())[:200]))
    return Ledger(
        data["entries"],
        history=data.get("history"),
        distrust=data.get("distrust"),
        disks=data.get("disks"),
        deployed=data.get("deployed"),
        target=data.get("target"),
    )


def _parse(text):
    """The content of a ledger's text; ValueError says what is wrong with it."""
    if len(text) > MAX_SIZE:
        raise ValueError("it is larger than %d bytes" % MAX_SIZE)
    if not text.strip():
        raise ValueError("it is empty")
    data = outside.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("entries"), dict):
        raise ValueError("it has no entries")
    if data.get("version") != VERSION:
        raise ValueError("it is of version %s, but this collection knows version %d" % (data.get("version"), VERSION))
    for name, entry in _each(data["entries"], "entry"):
        _check(entry, _ENTRY, name)
        _check(entry, {key: kind for key, kind in _ENTRY_MORE.items() if key in entry}, name)
        if not all(_is_count(number) for number in (entry["failures"], entry["skip"], entry.get("healthy", 0))):
            raise ValueError("%s has a number that is not a count" % name)
        if not all(isinstance(address, str) for address in entry.get("held_by", [])):
            raise ValueError("%s has no valid held_by" % name)
        if entry["lease"] is not None:
            _check(entry["lease"], _LEASE, "the lease in %s" % name)
    if "history" in data:
        for name, history in _each(data["history"], "history"):
            _check(history, _HISTORY, name)
            if not all(_is_count(number) for number in history["recoveries"] + [history["failures"], history["skip"]]):
                raise ValueError("%s has a number that is not a count" % name)
    if "distrust" in data:
        _check_distrust(data["distrust"])
    if "disks" in data:
        check_disks(data["disks"])
    if "target" in data:
        identity.check(data["target"])
    if "deployed" in data:
        _check(data["deployed"], _DEPLOYED, "its record of what was deployed")
    return data


def _each(table, kind):
    """(name, value) of everything in a table by storage and protocol."""
    if not isinstance(table, dict):
        raise ValueError("its table of each %s is not an object" % kind)
    for storage, protocols in table.items():
        if not isinstance(protocols, dict):
            raise ValueError("the %s of %s is not an object" % (kind, storage))
        for protocol, value in protocols.items():
            yield "the %s of %s/%s" % (kind, storage, protocol), value


def _check_distrust(distrust):
    _check(distrust, _DISTRUST, "its mark of a loss")
    for storage, protocols in distrust["seen"].items():
        if not isinstance(protocols, list) or not all(isinstance(protocol, str) for protocol in protocols):
            raise ValueError("its mark of a loss has no valid protocols of %s" % storage)


def _is_count(number):
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _check(value, shape, name):
    if not isinstance(value, dict):
        raise ValueError("%s is not an object" % name)
    for key, kinds in shape.items():
        # What may be null has to be there all the same. A bool is an int to Python, and no counter to us.
        if (
            key not in value
            or not isinstance(value[key], kinds)
            or (isinstance(value[key], bool) and kinds is not bool)
        ):
            raise ValueError("%s has no valid %s" % (name, key))

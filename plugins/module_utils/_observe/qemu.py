# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VMs of this host: which processes run one, and which sockets those are connected to. Read only.

A program runs a VM by its name (that of its file, whatever it calls itself, or the one that it was called by) or because its arguments
speak of vhost-user and it holds a VM of KVM. What only its connections betray is in _observe/connected.
"""

import errno
import os
import re
import threading
import time

from .._tools.errors import system_words
from . import qemu_words
from .process import read_stat

# QEMU under its many names (qemu-system-x86_64, .qemu-system-x86_64-wrapped, qemu-kvm-ev, kvm-spice), and others that take vhost-user
# disks; no qemu-storage-daemon, and no qemu-x86_64, which runs a program of another machine.
_NAME = re.compile(
    r"\.?(?:(?:[^\s/]*qemu[^\s/]*[-_](?:system|kvm)|kvm-spice|cloud-hypervisor|stratovirt)(?:[-_.][^\s/]*)?"
    r"|(?:kvm|qemu|qemu[-_.]?[0-9][0-9.]*)(?:[-_.](?:wrapped|real|bin|orig|distrib))?)\Z"
)
_NO_VM = ("img", "io", "nbd", "ga", "helper", "daemon", "agent")
_DELETED = " (deleted)"
# Of a process's arguments no more is read; those of a VM with a thousand disks are shorter.
MOST_BYTES = 1048576
# The arguments lie in the process's memory, whose lock may never be free: so long one of them is waited for.
STUCK_SECONDS = 0.5


class Vm:
    """A process that runs a VM: `pid`, `started` (clock ticks after boot, which with the pid tells it from a later process of that
    pid), `name` and `uuid` (None where not given), `argv` (list of str; what is no UTF-8 in them has a replacement character).
    """

    def __init__(self, pid, started, argv, name=None, uuid=None):
        self.pid = pid
        self.started = started
        self.argv = argv
        self.name = qemu_words.vm_name(argv) or name
        self.uuid = qemu_words.vm_uuid(argv) or uuid

    def as_dict(self):
        """Plain data for a module's return."""
        return {"pid": self.pid, "started_ticks": self.started, "name": self.name, "uuid": self.uuid}


class Look:
    """Every process once: `vms` by pid, `unseen` {pid: why it is not known what it is or needs}. `seconds` is all that it may take."""

    def __init__(self, root="/", seconds=None):
        self._found: dict = {}
        self.unseen: dict = {}
        self._proc = os.path.join(root, "proc")
        self._left = sorted((int(entry) for entry in os.listdir(self._proc) if entry.isdigit()), reverse=True)
        self._at = 0  # the process that is looked at, 0 before the first
        self._worker, self._problem = threading.current_thread(), None
        self._taking = threading.Lock()
        if seconds is None:
            self._work()
        else:
            self._work_until(time.monotonic() + seconds, seconds)
        if self._problem:
            raise self._problem
        self.vms = [vm for _pid, vm in sorted(self._found.items())]

    def sentences(self):
        """On what may be missing."""
        some = ["process %d (%s)" % item for item in sorted(self.unseen.items())]
        more = " and %d more" % (len(some) - 3) if len(some) > 3 else ""
        words = "VMs or disks may be missing from what is known of this host, since %s can't be examined%s"
        return [words % (", ".join(some[:3]), more)] if some else []

    def _work_until(self, until, seconds):
        """Work in a thread; whoever hangs is left behind in it, and another one goes on."""
        while True:
            worker = self._worker = threading.Thread(target=self._work)
            worker.daemon = True
            at = self._at = 0  # what the one before hangs at is none of its own
            worker.start()
            while worker.is_alive() and (not at or at != self._at) and time.monotonic() < until:
                at = self._at
                worker.join(min(STUCK_SECONDS, max(0.0, until - time.monotonic())))
            if not worker.is_alive():
                return
            with self._taking:
                self._worker = threading.current_thread()  # the other one ends as soon as it goes on
            if self._at:
                self._from_outside(self._at, "its memory is locked")
            if time.monotonic() >= until:
                if self._left:
                    raise OSError(
                        errno.ETIMEDOUT, "reading the arguments of all processes took more than %.0f s" % seconds
                    )
                return

    def _work(self):
        try:
            for pid in iter(self._take, 0):
                vm = self._read(pid)
                if vm is not None and self._goes_on():
                    self._found[pid] = vm
        except Exception as exc:  # pylint: disable=broad-except  # it would be lost with its thread
            self._problem = exc

    def _take(self):
        """The next process for this worker, 0 for none. One that was given up takes none: it would be lost."""
        with self._taking:
            if not self._left or not self._goes_on():
                return 0
            self._at = self._left.pop()
            return self._at

    def _goes_on(self):
        """Whether this worker was not given up."""
        return self._worker is threading.current_thread()

    def _read(self, pid):
        folder = os.path.join(self._proc, str(pid))
        try:
            with open(os.path.join(folder, "cmdline"), "rb") as handle:
                raw = handle.read(MOST_BYTES)
            # A thread of the kernel has no arguments, and what has ended neither.
            if not raw or not _runs_vm(folder, raw):
                return None
            return of_process(folder, pid, words_of(raw))
        except (OSError, ValueError, IndexError) as exc:
            if not _has_ended(exc):
                self._from_outside(pid, system_words(exc) if isinstance(exc, OSError) else "its stat is none")
            return None

    def _from_outside(self, pid, why):
        """A process whose arguments can't be read, judged by what does not lie in its memory."""
        folder = os.path.join(self._proc, str(pid))
        try:
            found = of_process(folder, pid, [])
            if found is None or not (_is_qemu(_comm(folder)) or _is_qemu(_program(folder))):
                return
            self._found[pid] = found
        except (OSError, ValueError, IndexError) as exc:
            if _has_ended(exc):
                return
        self.unseen[pid] = why


def of_process(folder, pid, argv, **known):
    """The Vm of a process that lives, None where it has ended; `known` of its name and uuid where the arguments do not tell."""
    _name, fields = read_stat(folder)
    return None if fields[0] in "ZX" else Vm(pid, int(fields[19]), argv, **known)


def _has_ended(exc):
    return isinstance(exc, (FileNotFoundError, ProcessLookupError))


def words_of(raw):
    """The arguments (list of str) of what /proc/PID/cmdline has (bytes)."""
    return [word.decode("utf-8", "replace") for word in (raw[:-1] if raw.endswith(b"\0") else raw).split(b"\0")]


def _runs_vm(folder, raw):
    """Whether a process with these arguments runs a VM."""
    called = raw[: raw.find(b"\0")] if b"\0" in raw else raw
    if _is_qemu(os.path.basename(called.decode("utf-8", "replace"))) or _is_qemu(_program(folder)):
        return True
    return (b"vhost-user" in raw or b"vhost_user" in raw) and _holds_vm(folder)


def _is_qemu(name):
    """Whether a program of that name runs a VM: qemu-system-x86_64, qemu-kvm, kvm; no qemu-img, no qemu-storage-daemon."""
    return bool(_NAME.match(name)) and not name.endswith(_NO_VM)


def _program(folder):
    """The name of the program's file, which may have been replaced since; "" where that is not shown."""
    try:
        path = os.readlink(os.path.join(folder, "exe"))
    except OSError:
        return ""
    return os.path.basename(path[: -len(_DELETED)] if path.endswith(_DELETED) else path)


def _comm(folder):
    """The name that the kernel shows, cut off at 15 bytes."""
    return read_stat(folder)[0]


def _holds_vm(folder):
    """Whether the process holds a VM of KVM."""
    try:
        return any(link.startswith("anon_inode:kvm-vm") for _number, link in links(folder))
    except OSError:
        return False


def links(folder):
    """(descriptor, what it links to) of a process, by the folder of its /proc; those that are closed meanwhile are left out."""
    folder = os.path.join(folder, "fd")
    for entry in os.listdir(folder):
        try:
            yield entry, os.readlink(os.path.join(folder, entry))
        except (FileNotFoundError, ProcessLookupError):
            continue


def connections(vm, peers, root="/"):
    """Paths of the sockets that the process is connected to; None when they can't be told. `peers`: {inode of its end: path}.

    A descriptor that is closed meanwhile is no connection any more; it says nothing of those after it.
    """
    held = sockets_held(vm.pid, root)
    return None if held is None else {peers[inode] for inode in held.values() if inode in peers}


def sockets_held(pid, root="/"):
    """{descriptor: inode} of the sockets that a process has; None when they can't be told. One that has ended has none."""
    try:
        found = {number: inode_of(link) for number, link in links(os.path.join(root, "proc", str(pid)))}
    except (FileNotFoundError, ProcessLookupError):
        return {}
    except OSError:
        return None
    return {number: inode for number, inode in found.items() if inode is not None}


def inode_of(link):
    """The inode of what a descriptor links to, where that is a socket (socket:[77]); else None."""
    kind, _bracket, number = link.partition("[")
    return int(number[:-1]) if kind == "socket:" and number[:-1].isdigit() else None

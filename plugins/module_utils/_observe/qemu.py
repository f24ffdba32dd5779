# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VMs of this host: QEMU processes, and the sockets that their arguments and connections lead to. Read only."""

import json
import os


class Vm:
    """A running QEMU: `pid`, `started` (clock ticks after boot, which with the pid tells it from a later process of that pid),
    `name` and `uuid` (None where not given), `argv` (list of str).
    """

    def __init__(self, pid, started, argv):
        self.pid = pid
        self.started = started
        self.argv = argv
        self.name = _name(argv)
        self.uuid = _option(argv, "-uuid")

    def as_dict(self):
        """Plain data for a module's return."""
        return {"pid": self.pid, "started_ticks": self.started, "name": self.name, "uuid": self.uuid}


def read_vms(root="/"):
    """Every running QEMU of this host, by pid; one that ends meanwhile is left out."""
    proc = os.path.join(root, "proc")
    found = []
    for entry in os.listdir(proc):
        if not entry.isdigit():
            continue
        try:
            with open(os.path.join(proc, entry, "cmdline"), "rb") as handle:
                words = handle.read().split(b"\0")[:-1]
            if words and _is_qemu(os.path.basename(os.fsdecode(words[0]))):
                with open(os.path.join(proc, entry, "stat"), encoding="utf-8", errors="replace") as handle:
                    # The name in parentheses may hold anything; the last ")" ends it.
                    fields = handle.read().rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    found.append(Vm(int(entry), int(fields[19]), [os.fsdecode(word) for word in words]))
        except (OSError, ValueError, IndexError):
            continue
    return sorted(found, key=lambda vm: vm.pid)


def _is_qemu(name):
    """Whether a program of that name runs a VM: qemu-system-x86_64, qemu-kvm, kvm; no qemu-img, no qemu-storage-daemon."""
    return name in ("qemu-kvm", "kvm") or (name.startswith("qemu-system-") and len(name.split()) == 1)


def connections(vm, peers, root="/"):
    """Paths of the sockets that the process is connected to; None when they can't be told. `peers`: {inode of its end: path}.

    A descriptor that is closed meanwhile is no connection any more; it says nothing of those after it.
    """
    folder = os.path.join(root, "proc", str(vm.pid), "fd")
    paths = set()
    try:
        entries = os.listdir(folder)
    except OSError:
        return None  # it has ended, or is not ours to look into
    for entry in entries:
        try:
            inode = _inode(os.readlink(os.path.join(folder, entry)))
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if inode in peers:
            paths.add(peers[inode])
    return paths


def _inode(link):
    """The inode of what a descriptor links to, where that is a socket (socket:[77]); else None."""
    kind, _bracket, number = link.partition("[")
    return int(number[:-1]) if kind == "socket:" and number[:-1].isdigit() else None


def sockets_in(argv, folder):
    """Paths directly in `folder` that the arguments name: `-chardev socket,path=...`, `unix:...`, JSON of any depth."""
    paths = set()
    for word in argv:
        for value in _values(word):
            path = os.path.normpath(value[len("unix:") :] if value.startswith("unix:") else value)
            if os.path.dirname(path) == os.path.normpath(folder):
                paths.add(path)
    return paths


def _values(word):
    """The values in one argument: those of key=value lists, in which ",," is a comma, and the strings of a JSON text."""
    text = word[len("json:") :] if word.startswith("json:") else word
    if text.startswith("{"):
        try:
            return list(_strings(json.loads(text)))
        except (ValueError, RecursionError):
            pass
    return [value for part in _parts(word) for value in (part, part.partition("=")[2]) if value]


def _parts(word):
    """The parts of QEMU's comma-separated list, in which ",," is a comma."""
    return [part.replace("\0", ",") for part in word.replace(",,", "\0").split(",")]


def _strings(data):
    """Every string in data of JSON types."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _strings(item)


def _option(argv, name):
    """The value of the last option of that name; None when it is not given."""
    found = [value for option, value in zip(argv, argv[1:]) if option == name]
    return found[-1] if found else None


def _name(argv):
    """The VM's name in `-name guest=NAME,...` or `-name NAME,...`."""
    parts = _parts(_option(argv, "-name") or "")
    named = [part[len("guest=") :] for part in parts if part.startswith("guest=")]
    return (named + [parts[0] if "=" not in parts[0] else ""])[0] or None

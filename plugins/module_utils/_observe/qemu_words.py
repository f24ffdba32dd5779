# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the arguments of a VM's program say: its name, and the sockets of its disks, in every form that QEMU takes. Pure.

An option is `-chardev` or `--chardev`; its value is a list `socket,id=a,path=/p` (",," is a comma), one with dotted keys
(`addr.type=unix,addr.path=/p`), or JSON.
"""

import os

from .._tools import outside, paths

# The kernel takes no longer argument, and a VM with a thousand disks has fewer in all.
_MOST_WORD, _MOST, _MOST_WORDS = 131072, 1048576, 32768
# Of paths that lie elsewhere so many are led through their links; and the kernel takes no longer path of a socket.
_MOST_PATHS, _MOST_PATH = 2000, 108
# What lies in a folder of sockets and is no disk: what a VM listens on itself, or takes for something else. The last ones are
# cloud-hypervisor's.
_NO_DISKS = (
    "net",
    "netdev",
    "nic",
    "monitor",
    "mon",
    "qmp",
    "qmp-pretty",
    "serial",
    "parallel",
    "vnc",
    "spice",
    "gdb",
    "pidfile",
    "D",
    "add-fd",
    "fs",
    "api-socket",
    "vsock",
    "console",
)
# Of a device's name: what serves disks, or may. A chardev without a device may be of one that was plugged in later.
_DISK_DRIVERS = ("blk", "scsi", "vhost-user-device", "vhost-user-test")
_LIBBLKIO = "virtio-blk-vhost-user"
_ON = ("", "on", "yes", "true", "y", True)
_KEYS = ("", "id", "driver", "type", "chardev", "server", "abstract", "reconnect", "reconnect-ms", "fd")


class _Group:
    """An option with its value: the `keys` of it that tell of a socket, and `values` that may be paths."""

    def __init__(self, option, pairs):
        self.option = option
        self.keys, self.values = {}, []
        for key, value in pairs:
            key = key.rpartition(".")[2]
            if key in _KEYS:
                self.keys[key] = value
            if isinstance(value, str) and value.startswith(("/", "unix:")):
                self.values.append(value)

    def is_on(self, key):
        """Whether a flag is set."""
        return self.keys.get(key, "off") in _ON

    def driver(self):
        """The kind of a device, or of what else has a chardev."""
        return str(self.keys.get("driver") or self.keys.get("type") or self.keys.get("") or "")

    def again(self):
        """Seconds after which a lost connection is made again, 0 for never; None where that can't be said."""
        if self.driver() == _LIBBLKIO:
            return 0
        if self.option != "chardev":
            return None
        try:
            late = self.keys.get("reconnect-ms")
            found = float(self.keys.get("reconnect", 0)) if late is None else float(late) / 1000
            return int(found) if found == int(found) else found
        except (TypeError, ValueError, OverflowError):
            return None


def sockets(argv, folder, real=paths.real, read=None):
    """(disks, others) of the paths directly in `folder` that the arguments name.

    disks   {path: seconds after which the VM connects again, 0 where it never does, None where that is not said}; a connection that
            was made before and handed over (`fd=9`) has its descriptor, "9", in place of a path
    others  paths of what is known to be no disk
    real    leads a path through its links: a folder may have several names
    read    gives the text of a file that the arguments name (-readconfig), or None; without it none is read
    """
    real, folder = _bounded(real), os.path.normpath(folder)
    found: dict = {}
    groups: list = []
    chardevs: dict = {}
    users: dict = {}
    for group in _groups(argv, read):
        keys = group.keys
        if group.option == "chardev":
            chardevs.setdefault(keys.get("id"), group)
        elif isinstance(keys.get("chardev"), str):
            users.setdefault(keys["chardev"], []).append(group.driver() if group.option == "device" else "")
        if group.values or "fd" in keys:
            groups.append(group)
    for owner, key, value in _sets(argv):
        if owner in chardevs and key in _KEYS:
            chardevs[owner].keys[key] = value
    disks: dict = {}
    others: set = set()
    for group in groups:
        socket = group.option == "chardev"
        real_here = real if socket or group.driver() == _LIBBLKIO else None
        here = []
        for value in group.values:
            key = value, real_here is None
            if key not in found:
                found[key] = inside(value, folder, real_here)
            if found[key] is not None:
                here.append(found[key])
        if not _is_disk(group, users.get(group.keys.get("id")) if socket else None):
            others.update(here)
            continue
        disks.update((path, group.again()) for path in here)
        if socket and "fd" in group.keys:
            disks[str(group.keys["fd"])] = 0
    return disks, others - set(disks)


def _bounded(real):
    """`real` that asks the system once for a path, and for no more of them than a VM may have."""
    known: dict = {}

    def ask(path):
        if path not in known and len(known) < _MOST_PATHS:
            known[path] = real(path)
        return known.get(path, path)

    return ask


def _is_disk(group, drivers):
    """Whether the sockets of a group may be those of disks. `drivers` of the devices that have it."""
    if group.option in _NO_DISKS or group.is_on("server") or group.is_on("abstract"):
        return False
    return not drivers or any(word in driver for driver in drivers for word in _DISK_DRIVERS)


def inside(value, folder, real=None):
    """A path as `folder` (in its normal form) and a name directly in it, where it leads there; else None. `real` as for sockets, None for
    no links."""
    value = value[len("unix:") :] if value.startswith("unix:") else value
    if not value.startswith("/") or "\0" in value or len(value) > _MOST_PATH:
        return None
    path = os.path.normpath("/" + value.lstrip("/"))
    if real is not None and os.path.dirname(path) != folder:
        path = real(path)
        if os.path.dirname(path) == real(folder):
            path = os.path.join(folder, os.path.basename(path))
    return path if os.path.dirname(path) == folder and path != folder else None


def _groups(argv, read):
    """The groups of the arguments: what follows on an option is its value, anything else stands for itself."""
    left, option = _MOST, ""
    for word in argv[:_MOST_WORDS]:
        left -= len(word)
        if left < 0:
            return
        if word.startswith("-") and word.strip("-"):
            option, equals, word = word.lstrip("-").partition("=")
            if not equals:
                continue
        if option == "readconfig" and read is not None:
            for section, pairs in _sections((read(word) or "")[:_MOST]):
                yield _Group(section, pairs)
        yield _Group(option, _pairs(word))
        option = ""


def _pairs(word):
    """(key, value) of a list or of JSON; what a list begins with has the key "". A value may be JSON again."""
    if len(word) > _MOST_WORD:
        return
    found = _json(word)
    if found is not None:
        yield from found
        return
    for number, part in enumerate(_parts(word)):
        key, equals, value = part.partition("=")
        if number and not equals:
            yield key, ""  # a flag
        if not equals or part.startswith(("/", "unix:")):
            key, value = "" if number == 0 else "/", part
        yield key, value
        if value.startswith("json:"):
            yield from _json(value) or ()


def _json(word):
    """(key, value) of everything in JSON; None for what is none."""
    text = word[len("json:") :] if word.startswith("json:") else word
    try:
        return list(_flat("", outside.loads(text))) if text.startswith("{") else None
    except ValueError:
        return None


def _parts(word):
    """The parts of QEMU's comma-separated list, in which ",," is a comma."""
    return [part.replace("\0", ",") for part in word.replace(",,", "\0").split(",")]


def _flat(key, data):
    """(key, value) of everything in data of JSON types; what stands further out comes later."""
    items = data.items() if isinstance(data, dict) else [(key, item) for item in data]
    for name, item in items:
        if isinstance(item, (dict, list)):
            yield from _flat(name, item)
    for name, item in items:
        if not isinstance(item, (dict, list)):
            yield name, item


def _sets(argv):
    """(ID, key, value) of each `-set chardev.ID.KEY=VALUE`."""
    for option, word in zip(argv, argv[1:]):
        if option in ("-set", "--set") and word.startswith("chardev."):
            path, _equals, value = word.partition("=")
            owner, _dot, key = path[len("chardev.") :].rpartition(".")
            yield owner, key, value


def _sections(text):
    """(option, pairs) of a file of -readconfig: [chardev "ID"], and below it lines KEY = "VALUE"."""
    option = ""
    pairs: list = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            yield option, pairs
            option, _blank, name = line.strip("[]").partition(" ")
            pairs = [("id", name.strip().strip('"'))]
        elif "=" in line and not line.startswith("#"):
            key, _equals, value = line.partition("=")
            pairs.append((key.strip(), value.strip().strip('"')))
    yield option, pairs


def _option(argv, name):
    """The value of the last option of that name; None when it is not given."""
    found = [value for option, value in zip(argv, argv[1:]) if option in ("-" + name, "--" + name)]
    return found[-1] if found else None


def vm_uuid(argv):
    """The VM's uuid in `-uuid UUID`."""
    return _option(argv, "uuid")


def vm_name(argv):
    """The VM's name in `-name guest=NAME,...` or `-name NAME,...`."""
    parts = _parts((_option(argv, "name") or "")[:_MOST_WORD])
    named = [part[len("guest=") :] for part in parts if part.startswith("guest=")]
    return (named + [parts[0] if "=" not in parts[0] else ""])[0] or None

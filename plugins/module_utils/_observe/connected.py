# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has a disk of the target although no name tells that it runs a VM: by its connections, or by what the ledger remembers. Read only."""

import os

from . import qemu


def find(inodes, unseen, root="/"):
    """(Vm, {descriptor: inode}) of the processes that hold these ends of connections; a child may have its parent's, which is not asked.

    unseen  {pid: why} of processes whose arguments can't be read, and which are not tried again
    """
    wanted, found = set(inodes), []
    for pid in sorted(int(entry) for entry in os.listdir(os.path.join(root, "proc")) if entry.isdigit()):
        sockets = qemu.sockets_held(pid, root) or {}
        if wanted.intersection(sockets.values()):
            vm = _vm(pid, None if pid in unseen else root, root)
            if vm is not None:
                wanted -= set(sockets.values())
                found.append((vm, sockets))
    return found


def remembered(disks, vms, root="/"):
    """The Vms of the ledger's `disks` that live and are not among `vms`."""
    seen, found = {vm.pid for vm in vms}, []
    for disk in disks.values():
        known = disk["vm"]
        if known["pid"] not in seen and not disk["released"]:
            seen.add(known["pid"])
            vm = _vm(known["pid"], None, root, name=known["name"], uuid=known["uuid"])
            if vm is not None and vm.started == known["started_ticks"]:
                found.append(vm)
    return found


def _vm(pid, readable, root, **known):
    """The Vm of a process, None where it has ended. `readable`: below which folder its arguments can be read, None for nowhere."""
    folder = os.path.join(root, "proc", str(pid))
    argv: list = []
    try:
        if readable is not None:
            with open(os.path.join(folder, "cmdline"), "rb") as handle:
                argv = qemu.words_of(handle.read(qemu.MOST_BYTES))
        return qemu.of_process(folder, pid, argv, **known)
    except (OSError, ValueError, IndexError):
        return None

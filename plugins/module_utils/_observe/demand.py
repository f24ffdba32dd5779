# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sockets of the target the VMs of this host need. Read only; a volume's socket is never connected to."""

import os

from . import qemu, qemu_words

# Reading the arguments of ten thousand processes takes a second; whoever takes longer waits for a lock that somebody holds.
VMS_SECONDS = 3.0
# A target that is told to end answers for the ten seconds that Docker gives it, and a second controller may look right after the first.
SURE_SECONDS = 30.0

# How a need is known: from the VM's arguments, from a connection that it has, or from one that the ledger remembers.
ARGUMENTS, CONNECTION, LEDGER = "arguments", "connection", "ledger"


def collect(socket_dir, admin_socket, root="/", read_peers=None, disks=None, ask=False):
    """What the VMs that run on this host need: {vms, connections_known, needs, unseen}.

    disks  {bdev: disk} that the ledger remembers: their VMs are VMs, whatever their programs are called
    ask    whether the kernel is asked who is connected also where no VM is seen: the target has sessions, or does not tell

    vms                [{pid, started_ticks, name, uuid}] of the processes that run one
    connections_known  whether the kernel told who is connected to what, of every VM
    needs              [{bdev, socket, vm, seen, reconnect}]; `seen` is how it is known, see above; `reconnect` the seconds after which
                       the VM connects again, 0 where it never does, None where that is not known
    unseen             sentences on what may be missing

    OSError where /proc does not tell.
    """
    look = qemu.Look(root, VMS_SECONDS)
    vms = look.vms
    if disks:
        from . import connected

        vms += connected.remembered(disks, vms, root)
    peers = (read_peers or _read_peers)() if vms or ask else {}
    folder, admin = os.path.normpath(socket_dir), os.path.normpath(admin_socket)
    names = {folder, os.path.realpath(folder)}
    ours = {
        inode: os.path.join(folder, os.path.basename(path))
        for inode, path in (peers or {}).items()
        if os.path.dirname(path) in names and os.path.normpath(path) != admin
    }
    held = {vm.pid: qemu.sockets_held(vm.pid, root) for vm in vms}
    strange = set(ours).difference(*(sockets.values() for sockets in held.values() if sockets))
    if strange:
        from . import connected

        for vm, sockets in connected.find(strange, look.unseen, root):
            vms.append(vm)
            held[vm.pid] = sockets
    needs = []
    for vm in vms:
        if held[vm.pid] is None:
            look.unseen.setdefault(vm.pid, "its connections are not shown")
        needs += _needs(vm, held[vm.pid] or {}, ours, (folder, admin), root)
    unseen = look.sentences()
    if os.geteuid() != 0:
        from . import unshown

        unseen += unshown.sentences(root)
    return {
        "vms": [vm.as_dict() for vm in vms],
        "connections_known": peers is not None and not unseen,
        "needs": needs,
        "unseen": unseen,
    }


def _needs(vm, sockets, ours, places, root):
    """What one VM needs. `sockets` {descriptor: inode} that it has, `ours` {inode: path} of the target's; (folder, admin socket)."""
    folder, admin = places

    def read(path):
        from . import qemu_file

        return qemu_file.read(vm.pid, path, root)

    disks, others = qemu_words.sockets(vm.argv, folder, read=read)
    by_number = {number: ours[inode] for number, inode in sockets.items() if inode in ours}
    connected = set(by_number.values()) - others
    named = {path for path in disks if path.startswith("/")}
    handed = {by_number[number] for number in disks if number in by_number}
    needs = []
    for path in sorted((named | connected) - {admin}):
        seen = [word for word, paths in ((ARGUMENTS, named), (CONNECTION, connected)) if path in paths]
        again = disks.get(path, 0 if path in handed else None)
        needs.append(
            {"bdev": os.path.basename(path), "socket": path, "vm": vm.as_dict(), "seen": seen, "reconnect": again}
        )
    return needs


def _read_peers():
    from . import unix_peers  # a host without VMs has nobody to ask about

    return unix_peers.read_peers()


def _identity(vm):
    """What tells a process from a later one of the same pid."""
    return vm["pid"], vm["started_ticks"]


def remember(disks, vms, needs, volumes, target, now):
    """What the ledger keeps after a look at a target that answers: {bdev: {socket, vm, target, released[, missed]}}.

    disks        of before
    vms, needs   of `collect`, the kernel having told who is connected to what
    volumes      rows of zbs_vhost_health, not None
    target       {pid, started} of the process that answers; a disk keeps the one on which it was seen connected
    now          seconds since boot

    A disk that was plugged in later stands in no argument: that its VM was connected is all there is to know of it. One that
    was taken out again while the target lived is `released`, whatever the VM's arguments say, and nobody's need any more.
    Until it is missed for SURE_SECONDS it is only `missed`, since that first look: a target that is about to end has let go of its disks
    too while it still answers. A VM that is gone needs nothing.
    """
    alive = {_identity(vm) for vm in vms}
    kept = {bdev: disk for bdev, disk in disks.items() if _identity(disk["vm"]) in alive}
    rows = {row.get("controller"): row for row in volumes}
    connected = {need["bdev"]: need for need in needs if CONNECTION in need["seen"]}
    for bdev, disk in kept.items():
        # Gone with the target that had it, it has to come back; gone from a target that lives on, or no longer connected to a
        # controller that does, it was taken out.
        there = bdev in rows and rows[bdev].get("broken")
        if bdev not in connected and disk["target"] == target and not there and not disk["released"]:
            kept[bdev] = _missed(disk, now)
    for bdev, need in connected.items():
        kept[bdev] = {"socket": need["socket"], "vm": need["vm"], "target": target, "released": False}
    return kept


def _missed(disk, now):
    """The disk once more missed at a target that lives."""
    since = disk.get("missed", now)
    if now - since < SURE_SECONDS:
        return dict(disk, missed=min(since, now))
    return dict({key: value for key, value in disk.items() if key != "missed"}, released=True)


def complete(found, disks, target):
    """The needs of `found` together with the `disks` that the ledger remembers, without those that their VM let go of.

    target  {pid, started} of the process that answers, None when none does: what is missed there was lost with the one before
    """
    alive = {_identity(vm) for vm in found["vms"]}
    gone = {bdev for bdev, disk in disks.items() if disk["released"] or ("missed" in disk and disk["target"] == target)}
    released = {(bdev, _identity(disks[bdev]["vm"])) for bdev in gone}
    needs = [
        need
        for need in found["needs"]
        if CONNECTION in need["seen"] or (need["bdev"], _identity(need["vm"])) not in released
    ]
    known = {need["bdev"] for need in needs}
    for bdev, disk in sorted(disks.items()):
        if bdev not in known and bdev not in gone and _identity(disk["vm"]) in alive:
            needs.append(
                {"bdev": bdev, "socket": disk["socket"], "vm": disk["vm"], "seen": [LEDGER], "reconnect": None}
            )
    return needs


def judge(needs, volumes):
    """`needs` with `broken` each: whether no living controller serves that socket; None where that can't be told.

    volumes  rows of zbs_vhost_health: [] for a target that is gone, None when it did not tell
    """
    if volumes is None:
        return [dict(need, broken=None) for need in needs]
    served = {volume.get("controller") for volume in volumes if not volume.get("broken")}
    return [dict(need, broken=need["bdev"] not in served) for need in needs]


def sentence(demand):
    """A warning about the broken ones of `demand`, None when there is none."""
    broken = [need for need in demand if need["broken"]]
    return _listed(broken, "%d disk%s of running VMs %s not served: ") if broken else None


def stays_lost(demand):
    """A warning about the disks that do not come back by themselves, None when there is none."""
    lost = [need for need in demand if need.get("reconnect") == 0]
    words = "%d disk%s of running VMs %s without reconnect, so after an outage only a restart of the VM brings back: "
    return _listed(lost, words) if lost else None


def _listed(needs, words):
    """A sentence about some disks: how many, and the first ones by name."""
    named = ["%s of VM %s" % (need["bdev"], vm_name(need["vm"])) for need in needs[:3]]
    more = " and %d more" % (len(needs) - 3) if len(needs) > 3 else ""
    one = len(needs) == 1
    return words % (len(needs), "" if one else "s", "is" if one else "are") + ", ".join(named) + more


def vm_name(vm):
    """The VM in words."""
    return vm["name"] or "process %d" % vm["pid"]

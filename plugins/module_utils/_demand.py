# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sockets of the target the VMs of this host need. Read only; a volume's socket is never connected to."""

import os

from . import _qemu, _unix_peers


def collect(socket_dir, admin_socket, root="/", read_peers=_unix_peers.read_peers):
    """The needs of the VMs that run on this host: [{bdev, socket, vm, seen}].

    vm    {pid, started_ticks, name, uuid} of the QEMU process
    seen  how it is known: `arguments` of the process, `connection` that it has (also of a disk that was plugged in later)

    A disk that was plugged in later and whose target died meanwhile is in neither.
    """
    vms = _qemu.read_vms(root)
    peers = (read_peers() or {}) if vms else {}
    needs = []
    for vm in vms:
        named = _qemu.sockets_in(vm.argv, socket_dir)
        connected = {
            path for path in _qemu.connections(vm, peers, root) if os.path.dirname(path) == os.path.normpath(socket_dir)
        }
        for path in sorted((named | connected) - {os.path.normpath(admin_socket)}):
            seen = [word for word, paths in (("arguments", named), ("connection", connected)) if path in paths]
            needs.append({"bdev": os.path.basename(path), "socket": path, "vm": vm.as_dict(), "seen": seen})
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
    if not broken:
        return None
    named = ["%s of VM %s" % (need["bdev"], need["vm"]["name"] or need["vm"]["pid"]) for need in broken[:3]]
    more = " and %d more" % (len(broken) - 3) if len(broken) > 3 else ""
    return "%d disks of running VMs are not served: %s%s" % (len(broken), ", ".join(named), more)

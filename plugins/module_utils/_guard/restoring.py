# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating a VM's disk again in the target of this host, by the target's own RPC: look first, then act.

The calls and their parameters are those that zbsadm makes (bdev_zbs_create opens POOL/VOLUME with the marker). SPDK makes neither of
them idempotent, and what exists already may be another one's work of this very moment: it is taken as it is.
"""

from .._observe import spdk
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .._volumes.names import MARKER

# Seconds for all calls of a restore; a storage that does not answer is the tick's.
CALLS_SECONDS = 10.0


def restore(admin_socket, disks, call=spdk.call):
    """Create each of `disks` (of _guard/judge) again: {bdev: None, or why it failed}."""
    deadline = Deadline(CALLS_SECONDS)
    found = {}
    for disk in disks:
        try:
            found[disk["bdev"]] = _one(admin_socket, disk, deadline, call)
        except ZbsError as exc:
            found[disk["bdev"]] = exc.message
    return found


def _one(path, disk, deadline, call):
    bdev = disk["bdev"]
    if not _exists(path, "bdev_get_bdevs", bdev, "name", deadline, call):
        call(path, "bdev_zbs_create", deadline, {"file": disk["path"] + MARKER, "name": bdev})
    if not _exists(path, "vhost_get_controllers", bdev, "ctrlr", deadline, call):
        call(path, "vhost_create_blk_controller", deadline, {"ctrlr": bdev, "dev_name": bdev})


def _exists(path, method, name, key, deadline, call):
    """Whether the target lists an object of that name. The whole list is asked for: error codes do not tell that one is missing."""
    listed = call(path, method, deadline).result
    return isinstance(listed, list) and any(isinstance(item, dict) and item.get(key) == name for item in listed)

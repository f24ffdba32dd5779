# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hugetlbfs mounts are ours: a small file across runs, so that nobody else's mount is ever taken away.

A mount is known by its path, its device number and the boot: after a boot the same path may be somebody else's mount.
"""

import json
import os

from .._tools import folder, replacing
from .._tools.errors import ZbsError

PATH = "var/lib/zbs-vhost/mounts.json"
_VERSION = 1


def is_ours(mount, root="/"):
    """Whether this collection made the mount (a mounts.Mount); no where the boot can't be told."""
    entry = _entry(mount, root)
    return entry["boot_id"] is not None and entry in _read(root)


def note(mount, root="/"):
    """Write down that the mount is ours; ZbsError `mounts_file` when that can't be."""
    entries = [item for item in _read(root) if item.get("dir") != mount.path]
    _write(entries + [_entry(mount, root)], root)


def forget(path, root="/"):
    """Strike out what is noted of `path`; ZbsError `mounts_file` when that can't be."""
    noted = _read(root)
    entries = [item for item in noted if item.get("dir") != path]
    if entries != noted:
        _write(entries, root)


def _entry(mount, root):
    try:
        with open(os.path.join(root, "proc/sys/kernel/random/boot_id"), encoding="ascii") as handle:
            boot_id = handle.read().strip()
    except (OSError, ValueError):
        boot_id = None
    return {"dir": mount.path, "device": mount.device, "boot_id": boot_id}


def _read(root):
    """The entries; none of a file that is missing or broken, since what is not known to be ours is not."""
    try:
        with open(os.path.join(root, PATH), encoding="utf-8") as handle:
            data = json.load(handle)
    except (OSError, ValueError, RecursionError):
        return []
    entries = data.get("mounts") if isinstance(data, dict) and data.get("version") == _VERSION else None
    return [item for item in entries if isinstance(item, dict)] if isinstance(entries, list) else []


def _write(entries, root):
    path = os.path.join(root, PATH)
    try:
        with folder.opened(os.path.dirname(path), make=0o755):
            pass
        replacing.replace(path, json.dumps({"version": _VERSION, "mounts": entries}), 0o600, ours=True)
    except OSError as exc:
        raise ZbsError(
            "%s can't be written (%s), so state=absent won't recognize its own mount; make the folder writable"
            % (path, exc.strerror),
            "mounts_file",
        )

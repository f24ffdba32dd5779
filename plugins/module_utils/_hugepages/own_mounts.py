# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made and chosen of hugetlbfs mounts: a small file across runs, so that nobody else's mount is ever taken away, and a
target stays with the one that it has.

A mount is known by its path, its device number and the boot: after a boot the same path may be somebody else's mount. A choice
is a path, which a boot leaves as it is.
"""

import json
import os

from .._tools import folder, outside, replacing
from .._tools.errors import ZbsError

PATH = "var/lib/zbs-vhost/mounts.json"
_VERSION = 1


def is_ours(mount, root="/"):
    """Whether this collection made the mount (a mounts.Mount); no where the boot can't be told."""
    return _noted(mount, root) is not None


def made_at(mount, root="/"):
    """Seconds after the boot at which this collection mounted it; None where that is not known."""
    at = (_noted(mount, root) or {}).get("at_s")
    return at if isinstance(at, (int, float)) and not isinstance(at, bool) else None


def note(mount, root="/", at=None):
    """Write down that the mount is ours, and when it was made; ZbsError `mounts_file` when that can't be."""
    data = _read(root)
    others = [item for item in data["mounts"] if item.get("dir") != mount.path]
    entry = dict(_entry(mount, root), **({} if at is None else {"at_s": at}))
    _write(dict(data, mounts=others + [entry]), root)


def forget(path, root="/"):
    """Strike out what is noted of `path`; ZbsError `mounts_file` when that can't be."""
    data = _read(root)
    entries = [item for item in data["mounts"] if item.get("dir") != path]
    if entries != data["mounts"]:
        _write(dict(data, mounts=entries), root)


def chosen(page_kib, root="/"):
    """The path that an earlier run chose for a target's pages of that size; None where none did."""
    path = _read(root)["chosen"].get(str(page_kib))
    return path if isinstance(path, str) else None


def note_choice(page_kib, path, root="/"):
    """Write down the choice, or with None that there is none; ZbsError `mounts_file` when that can't be."""
    if chosen(page_kib, root) == path:
        return
    data = _read(root)
    others = {size: value for size, value in data["chosen"].items() if size != str(page_kib)}
    _write(dict(data, chosen=others if path is None else dict(others, **{str(page_kib): path})), root)


def uptime(root="/"):
    """Seconds since the boot, as processes count their start in; None where the kernel does not tell."""
    try:
        with open(os.path.join(root, "proc/uptime"), encoding="ascii") as handle:
            return float(handle.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _noted(mount, root):
    """The entry of a mount, None where it is not ours."""
    entry = _entry(mount, root)
    if entry["boot_id"] is None:
        return None
    for item in _read(root)["mounts"]:
        if all(item.get(name) == value for name, value in entry.items()):
            return item
    return None


def _entry(mount, root):
    try:
        with open(os.path.join(root, "proc/sys/kernel/random/boot_id"), encoding="ascii") as handle:
            boot_id = handle.read().strip()
    except (OSError, ValueError):
        boot_id = None
    return {"dir": mount.path, "device": mount.device, "boot_id": boot_id}


def _read(root):
    """{"mounts": entries, "chosen": {size: path}}; empty of a file that is missing or broken: what is not known to be ours is not."""
    try:
        with open(os.path.join(root, PATH), encoding="utf-8") as handle:
            data = outside.loads(handle.read())
    except (OSError, ValueError):
        data = None
    known = isinstance(data, dict) and data.get("version") == _VERSION
    entries, choices = (data.get("mounts"), data.get("chosen")) if known else (None, None)
    return {
        "mounts": [item for item in entries if isinstance(item, dict)] if isinstance(entries, list) else [],
        "chosen": outside.shaped(choices, dict),
    }


def _write(data, root):
    path = os.path.join(root, PATH)
    try:
        with folder.opened(os.path.dirname(path), make=0o755):
            pass
        replacing.replace(path, json.dumps(dict(data, version=_VERSION)), 0o600, ours=True)
    except OSError as exc:
        raise ZbsError(
            "%s can't be written (%s), so state=absent won't recognize its own mount; make the folder writable"
            % (path, exc.strerror),
            "mounts_file",
        )

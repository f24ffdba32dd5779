# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's status file: what it knows, for people, for the tick, and for the guard that comes after it.

It lies in /run, root's alone: a next guard of the same boot believes what it says of the disks that were seen served.
"""

import json
import os

from .._tools import outside, replacing, trust
from .._tools.errors import system_words

FILE = "/run/zbs-vhost/guard.json"
# Seconds after which a guard that writes once a second counts as dead.
FRESH_SECONDS = 30.0
_MOST = 8 * 1024 * 1024


def write(guard, code, clock, told, path=FILE):
    """Replace the file; OSError when that can't be."""
    health = guard.health or {}
    text = {
        "code": code,
        "pid": os.getpid(),
        "at": clock.now,
        "boot_id": clock.boot_id,
        "monotonic": round(clock.monotonic, 3),
        "target": {
            "state": guard.state,
            "pid": guard.pid,
            "since": guard.since,
            "status": health.get("status"),
            "reason": health.get("reason"),
        },
        "disks": guard.record,
        "vms": {str(vm["pid"]): vm["name"] for vm in health.get("vms") or [] if vm["name"]},
        "left": guard.left,
        "restored": guard.restored,
        "restores": guard.restores,
        "told": told,
    }
    replacing.replace(path, json.dumps(text, sort_keys=True) + "\n", 0o600, ours=True)


def read(path=FILE):
    """(the file's content, None), or (None, why there is none in words)."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            if not trust.is_trusted(os.fstat(stream.fileno())):
                return None, "%s can't be trusted (users other than root can write to it)" % path
            data = outside.loads(stream.read(_MOST))
    except OSError as exc:
        return None, "%s can't be read (%s)" % (path, system_words(exc))
    except ValueError:
        return None, "%s can't be understood" % path
    if not isinstance(data, dict) or not _proper(data.get("disks")) or not isinstance(data.get("restores"), dict):
        return None, "%s is not a guard's" % path
    return data, None


def _proper(disks):
    return isinstance(disks, dict) and all(
        isinstance(disk, dict)
        and isinstance(disk.get("pid"), int)
        and isinstance(disk.get("started_ticks"), int)
        and isinstance(disk.get("seen"), (int, float))
        for disk in disks.values()
    )


def age(data, clock):
    """Seconds since the file was written, by the clock that nobody sets; None for one of another boot."""
    written = data.get("monotonic")
    if data.get("boot_id") != clock.boot_id or not isinstance(written, (int, float)):
        return None
    passed = clock.monotonic - written
    return passed if passed >= 0 else None


def problem(clock, path=FILE):
    """Why no guard is at work, in a sentence; None where one is."""
    data, why = read(path)
    if data is None:
        return "no guard is at work on this host (%s); look at `systemctl status zbs-vhost-guard`" % why
    passed = age(data, clock)
    if passed is None or passed > FRESH_SECONDS:
        ago = "before this boot" if passed is None else "%.0f s ago" % passed
        return "the guard of this host wrote its status last %s; look at `systemctl status zbs-vhost-guard`" % ago
    return None

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How watch.py is run on a compute host: its program goes to the standard input of these words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .. import volumes
from . import vm

PROGRAM = Path(__file__).with_name("watch.py")
SECONDS = 120


def words(disks: Iterable[tuple[str, str, str]], process: int = 0) -> list[str]:
    """Watch these disks, each a bdev, its guest and the disk's name there; `process` is the target's, to be killed, 0 where it is gone."""
    said = ["python3", "-", f"{SECONDS}", f"{volumes.SOCKETS}/admin.sock", f"{process}"]
    for bdev, guest, disk in disks:
        said += [f"{volumes.SOCKETS}/{bdev}", vm.console_path(guest), disk]
    return said

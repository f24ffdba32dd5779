# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a playbook with all its worker processes: what they share with it is counted once."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

_PERIOD = 0.5  # seconds; a look costs a few milliseconds for every process


class Peak:
    """`mib`: the most that was seen."""

    mib = 0.0


@contextlib.contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Look at a process and its direct children (Ansible's workers; no modules, which run on the hosts) while the block runs."""
    peak, ended = Peak(), threading.Event()

    def look() -> None:
        while not ended.wait(_PERIOD):
            peak.mib = max(peak.mib, sum(_share(one) for one in _family(pid)) / 1024)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _family(pid: int) -> list[int]:
    try:
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return []  # it has ended


def _share(pid: int) -> int:
    """KiB of a process, of what it shares with n processes an nth (PSS, see proc(5)); 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

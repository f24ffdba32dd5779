"""The machine's hugepage pools: how they are, and putting them back. Every lab host sees and changes the same ones."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

_SYS = Path("/sys")
_NAMES = ("nr_hugepages", "nr_overcommit_hugepages")


def snapshot(sys: Path = _SYS) -> dict[str, int]:
    """Kernel file to number, for every page size; node by node where the machine has more than one node.

    With several nodes the nodes' own numbers are what was set; the machine-wide ones are only their sums.
    """
    nodes = sorted(sys.glob("devices/system/node/node[0-9]*/hugepages/hugepages-*/nr_hugepages"))
    several = len({file.parents[2] for file in nodes}) > 1
    numbers = {}
    for pool in sorted(sys.glob("kernel/mm/hugepages/hugepages-*")):
        for name in _NAMES:
            # Gigantic pages of some kernels have no overcommit to be told.
            if (pool / name).exists() and not (several and name == "nr_hugepages"):
                numbers[str(pool / name)] = _read(pool / name)
    if several:
        numbers.update({str(file): _read(file) for file in nodes})
    return numbers


def differences(before: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Kernel file to (number before, number now), only where they differ."""
    now = {file: _read(Path(file)) for file in before}
    return {file: (number, now[file]) for file, number in before.items() if now[file] != number}


def restore(before: dict[str, int], patience: float = 5.0) -> dict[str, tuple[int, int]]:
    """Put every pool back; what still differs after `patience` seconds, as `differences` gives it.

    A write that cannot be fulfilled succeeds with fewer pages, and pages that somebody holds are given back only when
    let go: so each number is written and read again until it is right.
    """
    deadline = time.monotonic() + patience
    while True:
        wrong = differences(before)
        if not wrong or time.monotonic() > deadline:
            return wrong
        for file, (number, _) in wrong.items():
            with contextlib.suppress(OSError):  # told by the difference that remains
                Path(file).write_text(str(number), encoding="ascii")
        if differences(before):
            time.sleep(0.2)


def pool_2m(sys: Path = _SYS) -> tuple[int, int]:
    """Pages of 2 MiB in the pool, and how many of them are free; (0, 0) where the kernel has no such size."""
    pool = sys / "kernel/mm/hugepages/hugepages-2048kB"
    if not pool.is_dir():
        return 0, 0
    return _read(pool / "nr_hugepages"), _read(pool / "free_hugepages")


def _read(file: Path) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except OSError:
        return -1

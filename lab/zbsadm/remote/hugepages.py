"""The host's 2 MiB hugepages and their mounts."""

from __future__ import annotations

import os
import re

from ..codes import HUGEPAGES_SHORT, HUGETLBFS_MISSING, HUGETLBFS_WRONG
from .report import Refused, path


def free_pages() -> int | None:
    """Free pages of 2 MiB; None where the kernel has no such pool."""
    try:
        with open(path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")) as stream:
            return int(stream.read())
    except (OSError, ValueError):
        return None


def mounts() -> list[str]:
    """Mount points of hugetlbfs with 2 MiB pages, oldest first; of mounts on the same point the last one counts."""
    found: dict[str, bool] = {}
    with open(path("/proc/self/mountinfo")) as stream:
        for line in stream:
            before, _dash, after = line.rstrip("\n").partition(" - ")
            # The kernel writes blanks and backslashes in a mount point as octal.
            point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), before.split(" ")[4])
            kind, _source, options = after.split(" ", 2)
            found.pop(point, None)
            found[point] = kind == "hugetlbfs" and "pagesize=2M" in options.split(",")
    return [point for point, fits in found.items() if fits]


def choose_mount(wanted: str) -> str:
    """The folder for the target: the wanted one, which must be such a mount, or the first there is."""
    present = mounts()
    if wanted:
        if wanted.rstrip("/") not in present:
            raise Refused(HUGETLBFS_WRONG, f"{wanted} is no hugetlbfs mount with 2M pages on this host")
        return wanted.rstrip("/")
    if not present:
        raise Refused(HUGETLBFS_MISSING, "No hugetlbfs with 2M pages is mounted on this host")
    return present[0]


def _parents() -> dict[int, int]:
    """The parent of each process."""
    parents = {}
    for name in os.listdir(path("/proc")):
        if name.isdigit():
            try:
                with open(path(f"/proc/{name}/stat")) as stream:
                    # The command's name may hold anything, also a bracket: count from the last one.
                    parents[int(name)] = int(stream.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue  # it ended meanwhile
    return parents


def _family(pid: int, parents: dict[int, int]) -> list[int]:
    """The process and all below it."""
    family = [pid]
    for member in family:
        family.extend(child for child, parent in parents.items() if parent == member)
    return family


def pages_of(pid: int) -> int:
    """2 MiB pages that come back when this process and its children end: those which nobody else maps."""
    kibibytes = 0
    for member in _family(pid, _parents()):
        try:
            with open(path(f"/proc/{member}/smaps_rollup")) as stream:
                found = re.findall(r"^Private_Hugetlb:\s+(\d+) kB", stream.read(), re.MULTILINE)
                kibibytes += sum(int(number) for number in found)
        except OSError:
            continue
    return kibibytes // 2048


def demand(mebibytes: int, running_pid: int | None) -> None:
    """Refuse when there is not enough for a target, with what its predecessor would give back."""
    needed = (mebibytes + 1) // 2
    free = free_pages()
    if free is None:
        raise Refused(HUGEPAGES_SHORT, "The kernel of this host has no pool of 2M hugepages")
    held = pages_of(running_pid) if running_pid else 0
    if free + held < needed:
        raise Refused(
            HUGEPAGES_SHORT,
            f"Not enough 2M hugepages: the target needs {needed}, free are {free}, "
            f"the container to be replaced holds {held}",
        )

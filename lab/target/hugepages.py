"""The target's memory: real pages from a real hugetlbfs, so that every page count on the host is true.

The file is unlinked as soon as it is mapped: a target that is killed gives its pages back.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from .errors import StartError

MIB = 1024 * 1024
MOUNTINFO = Path("/proc/self/mountinfo")
POOLS = Path("/sys/kernel/mm/hugepages")


class HugeMemory:
    """``mib`` MiB, mapped and touched. ``size`` is what was taken, in bytes: whole pages."""

    def __init__(self, folder: Path, mib: int, mountinfo: Path = MOUNTINFO, pools: Path = POOLS) -> None:
        page = hugetlbfs_page_size(folder, mountinfo)
        pages = -(-mib * MIB // page)
        free_file = pools / f"hugepages-{page // 1024}kB" / "free_hugepages"
        free = int(free_file.read_text())
        shortage = StartError(
            f"EAL: Not enough memory available! Requested: {mib}MB, available: {free * page // MIB}MB\n"
            "EAL: FATAL: Cannot init memory\n"
            "EAL: Cannot init memory\n"
            "Unable to initialize SPDK env"
        )
        if free < pages:
            raise shortage
        try:
            self._map = _map_unlinked(folder, pages * page)
        except OSError as error:  # the mount's own quota, or another process was faster
            raise shortage from error
        self.size = pages * page
        for offset in range(0, self.size, page):
            self._map[offset] = 1

    def close(self) -> None:
        """Give the pages back."""
        self._map.close()


def hugetlbfs_page_size(folder: Path, mountinfo: Path = MOUNTINFO) -> int:
    """The page size (bytes) of the hugetlbfs that ``folder`` lies on; StartError when it lies on none."""
    try:
        device = os.stat(folder).st_dev
    except OSError as error:
        raise StartError(f"EAL: Cannot open hugepage directory {folder}: {error.strerror}") from error
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo.read_text(errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[2] == wanted and after.split()[0] == "hugetlbfs":
            return os.statvfs(folder).f_bsize
    raise StartError(
        f"EAL: {folder} is no hugetlbfs mount: mount one there (mount -t hugetlbfs -o pagesize=2M none {folder})"
    )


def _map_unlinked(folder: Path, size: int) -> mmap.mmap:
    name = folder / f"spdk_pid{os.getpid()}map_0"
    name.unlink(missing_ok=True)  # of a namesake that was killed between the next two lines
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        name.unlink()
        os.ftruncate(fd, size)
        return mmap.mmap(fd, size)
    finally:
        os.close(fd)

"""The cores of the mask: reading it, pinning to them, and SPDK's lock file per core."""

from __future__ import annotations

import fcntl
import os
import re
import struct
from pathlib import Path

from .errors import StartError

LOCK_FOLDER = Path("/var/tmp")
ONLINE = Path("/sys/devices/system/cpu/online")
_MAX_CPU = 1023
_LIST = re.compile(r"\[\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*\]")
_HEX = re.compile(r"(0[xX])?[0-9a-fA-F]+")


class CpuError(Exception):
    """The text is no CPU mask."""


def parse_mask(text: str) -> list[int]:
    """Read ``[0,2-3]`` or a hex mask like ``0xd``; return the CPU numbers, ascending."""
    if _LIST.fullmatch(text):
        return _parse_list(text[1:-1])
    if _HEX.fullmatch(text):
        mask = int(text, 16)
        if mask.bit_length() > _MAX_CPU + 1:
            raise CpuError(f"the CPU mask {text} goes beyond CPU {_MAX_CPU}")
        return [cpu for cpu in range(mask.bit_length()) if mask >> cpu & 1]
    raise CpuError(f"the CPU mask {text!r} is neither a list like [0,2-3] nor a hex mask like 0xd")


def _parse_list(text: str) -> list[int]:
    cpus: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if high < low or high > _MAX_CPU:
            raise CpuError(f"the CPU range {part.strip()} is not within 0-{_MAX_CPU} or runs backwards")
        cpus.update(range(low, high + 1))
    return sorted(cpus)


def pin(cpus: list[int], online: Path = ONLINE) -> None:
    """Pin this process (and what it starts) to ``cpus``; StartError in DPDK's words when one does not exist."""
    present = online.read_text().strip()
    known = _parse_list(present)
    missing = [cpu for cpu in cpus if cpu not in known]
    if missing:
        raise StartError(
            f"EAL: lcore {missing[0]} unavailable\n"
            f"EAL: invalid core list, please check specified cores are part of {present}\n"
            "Unable to initialize SPDK env"
        )
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        raise StartError(f"EAL: Cannot set affinity to cores {cpus}: {error.strerror}") from error


class CoreLocks:
    """``spdk_cpu_lock_NNN``, locked with fcntl as SPDK does: gone with the process, however it dies."""

    def __init__(self, cpus: list[int], folder: Path = LOCK_FOLDER) -> None:
        self._locks: list[tuple[Path, int]] = []
        for cpu in cpus:
            self._claim(cpu, folder / f"spdk_cpu_lock_{cpu:03d}")

    def _claim(self, cpu: int, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            written = os.pread(fd, 4, 0)
            os.close(fd)
            self.release()
            holder = struct.unpack("i", written)[0] if len(written) == 4 else 0
            raise StartError(
                f"Cannot create lock on core {cpu}, probably process {holder} has claimed it.\n"
                "Unable to acquire lock on assigned core mask - exiting."
            ) from error
        os.ftruncate(fd, 4)
        os.pwrite(fd, struct.pack("i", os.getpid()), 0)
        self._locks.append((path, fd))

    def release(self) -> None:
        """Give the cores back and remove the files, as SPDK does at a clean end."""
        while self._locks:
            path, fd = self._locks.pop()
            path.unlink(missing_ok=True)
            os.close(fd)

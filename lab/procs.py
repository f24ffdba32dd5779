"""Processes that bear one of the lab's marks in their environment, which survives what a pid file does not.

What `up` starts gets MARK_JOB, so that a later `down` finds what a killed `up` left running (apt, dpkg, mmdebstrap);
an engine the lab started, and so its containerd and shims, gets MARK_ENGINE.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

MARK_JOB = "ZBS_LAB_JOB"
MARK_ENGINE = "ZBS_LAB_ENGINE"


def marked(mark: str) -> list[int]:
    """Pids of the living processes that have the variable `mark`; this process and its parents aside."""
    mine = _lineage(os.getpid())
    needle = mark.encode() + b"="
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in mine:
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile, or not ours to read
            continue
        if any(variable.startswith(needle) for variable in variables) and not is_zombie(int(entry.name)):
            found.append(int(entry.name))
    return sorted(found)


def end(pids: list[int], grace: float = 3.0) -> list[int]:
    """End processes: SIGTERM, after `grace` seconds SIGKILL; the pids still there 5 seconds later."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while pids and time.monotonic() < deadline:
            pids = [pid for pid in pids if alive(pid)]
            time.sleep(0.02)
        if not pids:
            break
    return pids


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    return Path(f"/proc/{pid}").exists() and not is_zombie(pid)


def name(pid: int) -> str:
    """The name of the program that runs under this pid; empty where none does, a zombie's too: it runs nothing any more."""
    try:
        return "" if is_zombie(pid) else Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


def _lineage(pid: int) -> set[int]:
    """The process and its parents up to 1."""
    family = set()
    while pid > 1 and pid not in family:
        family.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return family

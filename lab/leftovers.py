"""What an engine that was killed leaves on the machine, and removing it.

Only for an engine that the lab started, or for files that name no living process: nothing here touches an engine that
runs for somebody else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

from . import procs
from .run import run
from .settings import LABEL

ROOT = Path("/var/lib/docker")
_PIDS = {"docker.pid": "dockerd", "docker/containerd/containerd.pid": "containerd"}


def remove_stale_pids(run_dir: Path = Path("/var/run")) -> None:
    """Remove pid files whose pid is gone or, after a restart of the machine, is somebody else's."""
    for name, program in _PIDS.items():
        file = run_dir / name
        try:
            stale = procs.name(int(file.read_text(encoding="ascii"))) != program
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            stale = True
        if stale:
            file.unlink(missing_ok=True)


def labelled_on_disk() -> list[str]:
    """Ids of the lab's containers as the engine's own files tell it, for when no engine can be asked."""
    found = []
    for file in ROOT.glob("containers/*/config.v2.json"):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            if LABEL in (document.get("Config", {}).get("Labels") or {}):
                found.append(file.parent.name)
        except (OSError, ValueError, AttributeError):
            continue
    return found


def clear() -> None:
    """After the lab's engine is gone: end its shims and the lab containers' processes, unmount what it mounted."""
    procs.end(procs.marked(procs.MARK_ENGINE), grace=5)
    _kill_containers(labelled_on_disk())
    for point in mounts():
        run(["umount", "--lazy", point], timeout=20)


def mounts() -> list[str]:
    """Mount points of an engine in this mount namespace, the deepest first.

    Its root folder counts only as the bind mount of itself that an engine makes, not as a disk of its own.
    """
    points = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        origin, point = line.split()[3:5]
        if point.startswith((f"{ROOT}/", "/run/docker/")) or (point == str(ROOT) and origin == str(ROOT)):
            points.append(point)
    return sorted(points, reverse=True)


def _kill_containers(ids: list[str]) -> None:
    """Kill the processes in the control groups of these containers; nested ones lie below them."""
    deadline = time.monotonic() + 10
    while ids and time.monotonic() < deadline:
        found = [pid for pid in _pids() if _in_any(pid, ids)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _in_any(pid: int, ids: list[str]) -> bool:
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(name in groups for name in ids) and procs.alive(pid)

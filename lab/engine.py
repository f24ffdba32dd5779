"""A Docker Engine for the lab: the one that runs, or one started here and stopped again by `down`.

An engine that the lab started bears a mark in its environment (see `procs.py`), and so do its containerd and shims:
that tells whose it is also after pid files, state files and parents are gone.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

from . import docker, leftovers, procs, rootfs
from .errors import LabError
from .packages import need, which
from .run import environment
from .say import say

LOG = "dockerd.log"
_PIDFILE = Path("/var/run/docker.pid")
_START_PATIENCE = 40.0


def running() -> bool:
    """Whether a usable engine answers. Raises LabError where one that is not the lab's hangs."""
    if docker.answers(timeout=5):
        return True
    found = pid()
    if found and found not in procs.marked(procs.MARK_ENGINE) and Path(docker.SOCKET).exists():
        if docker.answers(timeout=20):
            return True
        raise LabError(f"The Docker Engine of this machine (dockerd, pid {found}) does not answer; restart it first.")
    return False


def pid() -> int:
    """The engine's pid by its pid file, 0 when that names no living dockerd."""
    try:
        found = int(_PIDFILE.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
    return found if procs.name(found) == "dockerd" else 0


def ours() -> bool:
    """Whether an engine that the lab started is there, in whatever state."""
    return bool(procs.marked(procs.MARK_ENGINE))


def prepare() -> None:
    """Have the programs of an engine; raises LabError where they cannot be had."""
    if not docker.answers(timeout=5) and not which("dockerd"):
        # Without an engine there are no images yet either, and one call of apt for both is quicker than two.
        with contextlib.suppress(LabError):
            need({"dockerd": "docker.io", **rootfs.BUILDER}, "The lab")
        need({"dockerd": "docker.io"}, "The lab")
    need({"docker": "docker-cli"}, "The lab")


def start(run_dir: Path) -> None:
    """Start an engine, coping with what a killed one left behind. Raises LabError with the engine's own words."""
    for attempt in ("first", "second"):
        if attempt == "second" or procs.marked(procs.MARK_ENGINE):
            # Half an engine of the lab's: a daemon that hangs, or a containerd whose dockerd was killed.
            leftovers.clear()
        leftovers.remove_stale_pids()
        say("starting a Docker Engine on this machine")
        began = time.monotonic()
        daemon = _spawn(run_dir / LOG)
        while time.monotonic() < began + _START_PATIENCE and daemon.poll() is None:
            if docker.answers(timeout=5):
                return
            time.sleep(0.1)
        if daemon.poll() is None:
            daemon.kill()
    raise LabError(f"The Docker Engine does not start: {_last_words(run_dir / LOG)} (see {run_dir / LOG}).")


def stop() -> None:
    """Stop the lab's own engine, leaving no process and no mount of it. Raises LabError."""
    dockerd = [pid for pid in procs.marked(procs.MARK_ENGINE) if procs.name(pid) == "dockerd"]
    procs.end(dockerd, grace=30)  # it stops its containerd itself
    left = procs.end(procs.marked(procs.MARK_ENGINE), grace=5)
    if left:
        raise LabError(
            f"The lab's Docker Engine does not end (pids {', '.join(map(str, left))}); look at them with ps."
        )
    leftovers.clear()


def _spawn(log: Path) -> "subprocess.Popen[bytes]":
    """Start dockerd in a session of its own, so that no terminal and no interrupted lab command takes it along.

    Without the default bridge: the lab does not use it, and the machine is left without a docker0 it did not have.
    """
    with log.open("ab") as sink:
        try:
            return subprocess.Popen(
                ["dockerd", "--bridge=none"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=environment({procs.MARK_ENGINE: "1"}, job=False),
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise LabError(f"Cannot run dockerd: {error.strerror}; install docker.io.") from None


def _last_words(log: Path) -> str:
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    telling = [line for line in lines if "level=fatal" in line or "failed to start" in line or "level=error" in line]
    return (telling or lines or ["it said nothing"])[-1].strip()[-300:]


def others_run() -> list[str]:
    """Names of running containers that are not the lab's."""
    return sorted(set(docker.containers(running=True, ours=False)) - set(docker.containers(running=True)))

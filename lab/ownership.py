"""Who may take the machine's lab down: the clone that brought it up, and anybody once nothing of it lives.

A machine that loses its processes (a crash, a snapshot brought back without its memory) keeps the record of a lab that
nobody uses any more; without this rule it would stop every other clone until somebody comes and says `--force`.
"""

from __future__ import annotations

from pathlib import Path

from . import docker, engine, procs
from .settings import CLONE
from .state import State


def anybodys(record: State) -> bool:
    """Whether this clone may take the lab down: its own, one whose clone is gone, or one of which nothing lives.

    To be asked under the lab's lock, for a command that is at work without any process yet is seen by that alone.
    """
    return record.owner == str(CLONE) or not Path(record.owner, "lab").is_dir() or not lives()


def lives() -> bool:
    """Whether anything of a lab runs, or may run: a command's job, the engine that a lab started, or one of its containers.

    An engine of somebody else's that does not answer just now may have them.
    """
    if procs.marked(procs.MARK_JOB) or procs.marked(procs.MARK_ENGINE):
        return True
    if docker.answers(timeout=5):
        return bool(docker.containers(running=True))
    return engine.pid() > 0


def remedy(record: State) -> str:
    """The command that takes the lab down, and where to run it when that is not here."""
    return "`make lab-down`" if anybodys(record) else f"`make lab-down` in {record.owner}"

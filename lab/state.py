"""Whose lab this machine holds, and how the machine was before: one lock and one JSON file for the whole machine.

The file is written before anything on the machine is changed, so that `down` can put things back whatever happened to
`up`. It lies in /run/zbs-lab, beside the lock that keeps two lab commands from working at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterator, Optional

from .errors import LabError
from .settings import BARE, DEBIAN, ENGINES, FLAVOURS, NAMES, UUID

VERSION = 1
STARTING, UP = "starting", "up"


@dataclass
class State:
    """One lab's record.

    `since` in seconds of the wall clock, for people; `boot_id` tells whether the machine has been restarted since;
    `hugepages` maps a kernel file to the number it held before, `forwarding` what an engine would change of the
    machine's packet forwarding (see `forwarding.py`); both may be empty. `flavours` to `names` as in the settings.
    """

    owner: str
    phase: str
    pid: int
    since: float
    boot_id: str
    prefix: str
    subnet: str
    hosts: int
    pages: int
    target_mib: int
    cache: str
    hugepages: dict[str, int] = field(default_factory=dict)
    forwarding: dict[str, str] = field(default_factory=dict)
    flavours: list[str] = field(default_factory=lambda: [DEBIAN])
    engines: list[str] = field(default_factory=lambda: [BARE])
    admin_nodes: int = 1
    names: str = UUID


class Corrupt(LabError):
    """There is a state file and it tells nothing: it says so, and `down` sets it aside."""


def boot_id() -> str:
    """The kernel's name for this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def path(run_dir: Path) -> Path:
    """Where the record lies."""
    return run_dir / "state.json"


def read(run_dir: Path) -> Optional[State]:
    """The record, or None where there is none. Raises Corrupt."""
    file = path(run_dir)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.pop("version", None) != VERSION:
            raise ValueError(f"it is no record of version {VERSION}")
        state = State(**document)
        _check(state)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Corrupt(f"The lab's record {file} cannot be read ({error}); `python3 -m lab down` cleans up.") from None
    return state


def write(run_dir: Path, state: State) -> None:
    """Replace the record as a whole, on disk before this returns. Raises LabError where the folder cannot take it."""
    file = path(run_dir)
    temporary = file.with_suffix(".new")
    try:
        with temporary.open("w", encoding="utf-8") as sink:
            json.dump({"version": VERSION, **asdict(state)}, sink, indent=1)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, file)
    except OSError as error:
        raise _no_folder(run_dir, error) from None


def forget(run_dir: Path) -> None:
    """Remove the record; nothing when there is none."""
    path(run_dir).unlink(missing_ok=True)


def set_aside(run_dir: Path) -> Path:
    """Rename a record that cannot be read to a dated name, and give that name."""
    aside = path(run_dir).with_name(time.strftime("state.json.unreadable-%Y%m%d-%H%M%S"))
    os.replace(path(run_dir), aside)
    return aside


@contextlib.contextmanager
def lock(run_dir: Path, command: str) -> Iterator[None]:
    """Hold the machine's lab lock. Raises LabError at once where another lab command holds it."""
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        holder = (run_dir / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise _no_folder(run_dir, error) from None
    with holder:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder.seek(0)
            other = holder.read().strip() or "one that has not said its name"
            raise LabError(f"Another lab command is at work on this machine ({other}); wait until it ends.") from None
        holder.truncate(0)
        holder.write(f"`lab {command}`, pid {os.getpid()}")
        holder.flush()
        yield
        holder.truncate(0)


def _check(state: State) -> None:
    kinds = {"owner": str, "phase": str, "pid": int, "boot_id": str, "prefix": str, "subnet": str, "hosts": int}
    kinds.update({"pages": int, "target_mib": int, "cache": str, "hugepages": dict, "forwarding": dict})
    kinds.update({"flavours": list, "engines": list, "admin_nodes": int, "names": str})
    for name, kind in kinds.items():
        if not isinstance(getattr(state, name), kind):
            raise ValueError(f"{name} is {getattr(state, name)!r}")
    if not isinstance(state.since, (int, float)):
        raise ValueError(f"since is {state.since!r}")
    for name, known in (("flavours", FLAVOURS), ("engines", ENGINES)):
        given = getattr(state, name)
        if not given or not set(given) <= set(known):
            raise ValueError(f"{name} is {given!r}")
    if state.admin_nodes < 1:
        raise ValueError(f"admin_nodes is {state.admin_nodes!r}")
    if state.names not in NAMES:
        raise ValueError(f"names is {state.names!r}")
    for file, number in state.hugepages.items():
        if not file.startswith("/sys/") or ".." in file or not isinstance(number, int) or number < 0:
            raise ValueError(f"hugepages has {file!r}: {number!r}")


def _no_folder(run_dir: Path, error: OSError) -> LabError:
    return LabError(
        f"The lab cannot keep its record in {run_dir} ({error.strerror}); make that folder writable, or name another in "
        "ZBS_LAB_RUN_DIR."
    )

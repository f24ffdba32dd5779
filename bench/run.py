# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a playbook, and what it took."""

import contextlib
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import memory

ROOT = Path(__file__).resolve().parent.parent
PLAYS = Path(__file__).with_name("plays")
LIMIT = 3600
# A tick.
HEAL = "zstack.zbs.heal"


@dataclass
class Cost:
    """`wall` seconds, `cpu` seconds of ansible-playbook and all that it started and waited for on this machine (a connection of SSH that
    is kept outlives it and does not count), `memory` MiB of its largest process,
    `own` CPU seconds of its main process, which nothing can share out, `lines` printed, which are in `output`, `peak` MiB of
    all its processes together (0 where nobody looked).
    """

    wall: float
    cpu: float
    memory: float
    own: float
    lines: int
    output: str = ""
    peak: float = 0.0


class PlayFailed(RuntimeError):
    """A playbook whose figures mean nothing, since it did not do its work."""


def play(
    name: str,
    *inventories: Path,
    forks: int = 10,
    env: dict[str, str] | None = None,
    extra: tuple[str, ...] = (),
    may_fail: bool = False,
    watch: bool = False,
) -> Cost:
    """Run a playbook of bench/plays (`ping.yml`) or of the collection (`zstack.zbs.heal`).

    may_fail  hosts may be unreachable (exit status 4 of ansible-playbook)
    watch     look at the memory of all processes all along, which costs time of its own

    PlayFailed with the end of its output where it fails: a benchmark of a failing playbook would be a lie.
    """
    playbook = str(PLAYS / name) if name.endswith(".yml") else name
    argv = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        *(word for inventory in inventories for word in ("-i", str(inventory))),
        "--forks",
        str(forks),
        playbook,
        *extra,
    ]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LIBRARY": str(Path(__file__).with_name("modules")),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "true",  # of local connections too, as ansible.cfg has it for SSH
        "ANSIBLE_LOCALHOST_WARNING": "false",
        **(env or {}),
    }
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    watching = memory.watched(process.pid) if watch else contextlib.nullcontext(memory.Peak())
    try:
        with watching as peak:
            output = process.stdout.read().decode(errors="replace")
    except BaseException:
        process.terminate()  # whoever interrupts the bench leaves no playbook behind
        process.wait()
        raise
    own = _own_cpu(process.pid)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0 and not (may_fail and process.returncode == 4):
        raise PlayFailed(f"{name} ended with {process.returncode}:\n" + output[-3000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began, cpu, usage.ru_maxrss / 1024, own, len(output.splitlines()), output, peak.mib)


def _own_cpu(pid: int) -> float:
    """CPU seconds of a process without its children; one that ended and was not waited for still tells (see proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

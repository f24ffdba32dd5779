# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task of the tick costs on its host: the payload, the probe, and where the time goes."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from . import payload
from .fleet import DISKS, Fleet
from .rounds import beyond
from .row import Ratio, Row

MODULE = "zstack.zbs.zbs_vhost_recovery"
STAGES = Path(__file__).with_name("stages.py")


def _cpu(program: bytes, env: dict[str, str]) -> float:
    """CPU milliseconds of one run of a payload."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, env=env, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"The payload failed: {(done.stdout + done.stderr).decode(errors='replace')[-2000:]}")
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def rows(rounds: int) -> list[Row]:
    """Payload sizes, the CPU of the probe beyond a module that does nothing, and the stages of one run."""
    payload.start()
    with Fleet(1, DISKS) as fleet:
        name = fleet.names[0]
        socket, facts = str(fleet.socket(name)), str(fleet.folder / name / "facts.d")
        env = {**os.environ, **fleet.environment()}
        arguments = {"host_ip": "192.0.2.1", "admin_socket": socket, "facts_dir": facts}
        built = {
            "ping": payload.build("ansible.builtin.ping", {}),
            "empty": payload.build("bench_empty", {}),
            "observe": payload.build(MODULE, arguments),
        }
        spent: dict[str, list[float]] = {key: [] for key in built}
        for _number in range(max(5, 4 * rounds)):
            for key, one in built.items():
                spent[key].append(_cpu(one.program, env))
        fleet.docker_calls()
        _cpu(built["observe"].program, env)
        calls = fleet.docker_calls()
        stages = _stages(built["observe"], [socket, facts], env)
    middle = {key: statistics.median(times) for key, times in spent.items()}
    stages["Ansible's wrapper: decode, write and open the archive"] = middle["observe"] - sum(stages.values())
    more = beyond(spent["observe"], spent["empty"])
    sizes = {key: len(one.program) for key, one in built.items()}
    return [
        Row(
            "payload in bytes, observe / ping",
            f"{sizes['observe']:,}",
            f"{sizes['ping']:,}",
            Ratio.of([sizes["observe"]], [sizes["ping"]]),
            "<= 2",
        ),
        Row(
            f"CPU on the host beyond an empty module, {DISKS} VMs with a disk each",
            f"{more:.0f} ms",
            f"empty {middle['empty']:.0f} ms",
            None,
            "<= 60 ms",
        ),
        Row("docker calls of a target that is known", str(calls), "-", None, "0"),
        *(Row(f"  of a run: {stage}", f"{spent_ms:.1f} ms", "-", None, "-") for stage, spent_ms in stages.items()),
    ]


def _stages(one: payload.Payload, words: list[str], env: dict[str, str]) -> dict[str, float]:
    """CPU milliseconds of each stage of a run, medians of nine."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "payload.zip"
        archive.write_bytes(one.archive)
        found = [
            json.loads(
                subprocess.run(
                    [sys.executable, str(STAGES), str(archive), *words],
                    capture_output=True,
                    env=env,
                    check=True,
                    text=True,
                ).stderr
            )
            for _number in range(9)
        ]
    return {stage: statistics.median(run[stage] for run in found) for stage in found[0]}

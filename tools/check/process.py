# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a check: its output goes to a log, its end to the screen."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import running

ROOT = Path(__file__).resolve().parent.parent.parent
LOGS = ROOT / ".cache/check"
BIN = Path(sys.executable).parent


@dataclass
class Tally:
    """How many checks passed, failed and were left out."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def words(self) -> str:
        """The counts as the closing line has them."""
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def environment(programs: Path = BIN, /, **extra: str) -> dict[str, str]:
    """The environment of a check: the programs of a venv (its bin) first, no colours, and what is named."""
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", **extra}


def telling(text: str) -> list[str]:
    """The lines of a log that tell what is wrong: those that say so, else its end; at most 60."""
    lines = text.splitlines()
    said = [line for line in lines if re.match(r"^(ERROR|FATAL|FAILED|CRITICAL|E  |\[ERROR\]|fatal:|.*: error:)", line)]
    return (said or lines)[-60:]


def log_of(name: str) -> Path:
    """Where the output of the check `name` goes."""
    return LOGS / f"{name.replace(' ', '-').replace('/', '-')}.log"


def check(
    name: str,
    argv: list[str],
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    limit: float,
    cleaning: bool = False,
) -> bool:
    """Run `argv` for at most `limit` seconds; say how it ended, and show the log's end when it failed.

    Start and end are lines of their own, since another check may run beside it. Of a run that was ended nothing begins any more
    but what is `cleaning` up after it.
    """
    if running.ended() and not cleaning:
        return False
    LOGS.mkdir(parents=True, exist_ok=True)
    log = log_of(name)
    print(f"   {name} ...", flush=True)
    started = time.monotonic()
    with log.open("wb") as output:
        try:
            done = running.run(
                argv, limit=limit, cleaning=cleaning, cwd=cwd, env=env or environment(), stdout=output, stderr=output
            )
            status = f"exit status {done.returncode}"
            passed = done.returncode == 0
        except subprocess.TimeoutExpired:
            status, passed = f"not ended after {limit:.0f} s", False
        except running.Ended:
            return False
        except FileNotFoundError:
            status, passed = f"{argv[0]} is not installed", False
    seconds = time.monotonic() - started
    ended = f"ok, {seconds:.1f} s" if passed else f"FAILED ({status}), {seconds:.1f} s; {log}"
    print(f"   {name} ... {ended}", flush=True)
    if not passed:
        print("\n".join("      | " + line for line in telling(log.read_text(errors="replace"))), flush=True)
    return passed

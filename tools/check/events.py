# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks on a real ansible-rulebook: tests/events. It has a virtual environment of its own, and a Java."""

import subprocess
import sys

from lab.errors import LabError
from lab.packages import need
from tools import venv

from . import promtool, scenarios
from .process import LOGS, ROOT, Tally, check
from .unit import counted

VENV = ROOT / ".cache/events"
_LIMIT = 900


def provide() -> None:
    """Have ansible-rulebook in VENV, and a Java on this machine. LabError where that can't be."""
    need({"java": "default-jre-headless"}, "ansible-rulebook")
    venv.provide(VENV, ROOT / "requirements/events.txt")


def provide_servers() -> None:
    """Have Prometheus and Alertmanager, Debian's, in promtool's folder. LabError where that can't be."""
    try:
        for program in promtool.PACKAGES:
            promtool.cut_out(program)
    except (OSError, subprocess.SubprocessError) as error:
        raise LabError(f"Prometheus and Alertmanager can't be had from Debian's archive: {error}") from None


def run() -> Tally:
    """Run pytest over tests/events."""
    try:
        provide()
        provide_servers()
    except LabError as error:
        print(f"   {error}", flush=True)
        return Tally(failed=1)
    report = LOGS / "events.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-q", "--durations=5", f"--junit-xml={report}", "tests/events"]
    total = counted(check("events", argv, limit=_LIMIT), report)
    total.add(scenarios.run_events())
    return total


if __name__ == "__main__":
    try:
        provide()
    except LabError as error:
        sys.exit(str(error))

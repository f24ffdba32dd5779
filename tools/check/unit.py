# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests, counted one by one from pytest's own report, and what of the plugins they reach."""

import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from lab.errors import LabError
from lab.packages import need

from . import branches, promtool, running
from .process import LOGS, Tally, check, environment

# Two at a time: each waits for programs and for clocks as long as it works. One that is done takes over from the other.
AT_ONCE = ("-n", "2", "--dist", "worksteal")


def run() -> Tally:
    """Run pytest over tests/unit under coverage. Collecting nothing (its exit status 5) is a failure like any other."""
    _provide_daemon()
    promtool.provide()
    report = LOGS / "unit.xml"
    report.unlink(missing_ok=True)
    branches.forget()
    argv = [sys.executable, "-m", "coverage", "run", "-m"]
    argv += ["pytest", "-q", *AT_ONCE, "--durations=5", f"--junit-xml={report}", "tests/unit"]
    path = environment()["PATH"]
    passed = check("pytest", argv, env=environment(PATH=f"{path}:{promtool.FOLDER}"), limit=1200)
    tally = counted(passed, report)
    if not running.ended():  # half a run measures nothing
        tally.add(branches.judge())
    return tally


def counted(passed: bool, report: Path) -> Tally:
    """What pytest wrote down, beside whether it ended well."""
    if not report.exists():
        return Tally(failed=1)
    suites = ElementTree.parse(report).getroot().findall("testsuite")
    count = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    tally = Tally(count["tests"] - failed - count["skipped"], failed, count["skipped"])
    if not passed and failed == 0:
        tally.failed = 1  # it died before or after its tests
    return tally


def _provide_daemon() -> None:
    """Root gets the program that some tests of the lab's target need; without it they are skipped, and say why."""
    if os.geteuid() == 0:
        try:
            # Debian 12 has it in the first package, Debian 13 in the second.
            programs = {"qemu-storage-daemon": "qemu-system-common", "qemu-img": "qemu-utils"}
            need(programs, "Testing the target stand-in's volumes")
        except LabError as error:
            print(f"   {error}", flush=True)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of tests/runner on a lab of two hosts: jobs as AWX's engine runs them."""

import sys

from .process import LOGS, Tally, check
from .unit import counted


def run() -> Tally:
    """Run pytest over tests/runner, which brings the lab up and takes it down again."""
    report = LOGS / "runner.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-q", "--durations=0", f"--junit-xml={report}", "tests/runner"]
    return counted(check("runner", argv, limit=1800), report)

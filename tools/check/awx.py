# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX as code against a stand-in of its API, and the context of its execution environment: tests/awx."""

import sys

from .process import LOGS, Tally, check
from .unit import counted


def run() -> Tally:
    """Run pytest over tests/awx."""
    report = LOGS / "awx.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-q", "--durations=5", f"--junit-xml={report}", "tests/awx"]
    return counted(check("awx", argv, limit=1200), report)

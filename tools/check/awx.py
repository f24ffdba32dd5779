# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX as code against a stand-in of its API, and the context of its execution environment: tests/awx.

With the newest awx.awx of the range that playbooks/awx/requirements.yml declares; the story of a site with the oldest one, too.
"""

import sys

from .process import LOGS, ROOT, Tally, check
from .unit import counted


def run() -> Tally:
    """Run pytest over tests/awx."""
    if not check("awx.awx, the oldest", [sys.executable, str(ROOT / "tools/awx_collection.py"), "oldest"], limit=700):
        return Tally(failed=1)
    report = LOGS / "awx.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-q", "--durations=5", f"--junit-xml={report}", "tests/awx"]
    return counted(check("awx", argv, limit=1800), report)

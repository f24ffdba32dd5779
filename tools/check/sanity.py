# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity over the collection as it is in git."""

import re
import sys

from . import tree
from .process import LOGS, Tally, check, environment


def run() -> Tally:
    """Run every sanity test that this machine can; each test counts as one check."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    env = environment(HOME=str(tree.prepare_home()))
    with tree.copied("sanity") as folder:
        passed = check(
            "ansible-test sanity", ["ansible-test", "sanity", "--python", python], cwd=folder, env=env, limit=1500
        )
    # The log's name is the one that `check` gives it; every test announces itself there.
    log = (LOGS / "ansible-test-sanity.log").read_text(errors="replace")
    ran = len(set(re.findall(r'^Running sanity test "([^"]+)"', log, re.M)))
    counted = re.search(r"The (\d+) sanity test\(s\) listed below", log)
    failed = 0 if passed else int(counted.group(1)) if counted else 1
    return Tally(passed=max(0, ran - failed), failed=failed)

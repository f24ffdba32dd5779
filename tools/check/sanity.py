# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity over the collection as its artifact has it; each of its tests counts as one check."""

import re
import sys
from pathlib import Path

from . import tree
from .process import BIN, Tally, check, environment, log_of

NAME = "ansible-test sanity"


def run() -> Tally:
    """Run every sanity test that this machine can."""
    with tree.copied() as folder:
        return sanity(NAME, folder, BIN, tree.home("main"), f"{sys.version_info[0]}.{sys.version_info[1]}")


def sanity(name: str, folder: Path, programs: Path, home: Path, python: str) -> Tally:
    """Run the sanity tests of the ansible-test in the folder `programs`, whose Python is `python`, as the check `name`."""
    env = environment(programs, HOME=str(home))
    passed = check(name, ["ansible-test", "sanity", "--python", python], cwd=folder, env=env, limit=1500)
    log = log_of(name).read_text(errors="replace")
    ran = len(set(re.findall(r'^Running sanity test "([^"]+)"', log, re.M)))
    counted = re.search(r"The (\d+) sanity test\(s\) listed below", log)
    failed = 0 if passed else int(counted.group(1)) if counted else 1
    return Tally(passed=max(0, ran - failed), failed=failed)

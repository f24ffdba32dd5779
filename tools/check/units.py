# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test units, the way of the field: over a tree of the artifact, with the ansible-core and the Python of choice."""

import os
import re
from pathlib import Path

from . import pythons
from .process import Tally, check, environment, log_of

# The modules' and their logic's tests: what a Python that only hosts have can run.
OF_HOSTS = ("tests/unit/plugins/modules/", "tests/unit/plugins/module_utils/")


def here(name: str, folder: Path, programs: Path, home: Path, python: str) -> Tally:
    """All tests with the interpreter of the venv whose bin is `programs`, as the check `name`."""
    env = environment(programs, HOME=str(home))
    return _counted(name, check(name, ["ansible-test", "units", "--python", python], cwd=folder, env=env, limit=1500))


def on_hosts(name: str, folder: Path, programs: Path, home: Path, python: str) -> Tally:
    """The hosts' tests with another Python, for which ansible-test makes a venv and fills it from the package index."""
    found = pythons.find(python)
    assert found is not None, python
    env = environment(programs, HOME=str(home))
    env["PATH"] += os.pathsep + str(found.parent)
    argv = ["ansible-test", "units", "--venv", "--python", python, *OF_HOSTS]
    return _counted(name, check(name, argv, cwd=folder, env=env, limit=1500))


def _counted(name: str, passed: bool) -> Tally:
    """What pytest counted, over the runs that ansible-test makes of it; nothing counted is a failure."""
    tally = Tally()
    for line in re.findall(r"^=+ (.*) in [0-9.]+s", log_of(name).read_text(errors="replace"), re.M):
        for number, what in re.findall(r"(\d+) (passed|failed|errors?|skipped)", line):
            if what == "passed":
                tally.passed += int(number)
            elif what == "skipped":
                tally.skipped += int(number)
            else:
                tally.failed += int(number)
    if (not passed or not tally.passed) and not tally.failed:
        tally.failed = 1
    return tally

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity over the collection as it is in git, in a folder of the shape that ansible-test wants."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .process import LOGS, ROOT, Tally, check, environment

HOME = ROOT / ".cache/ansible-test-home"
# What the built artifact does not hold either; the linters look at it.
LEFT_OUT = (
    "lab/",
    "tools/",
    "tests/unit/docs/",
    "tests/unit/lab/",
    "tests/awx/",
    "tests/runner/",
    "extensions/molecule/",
    ".ci/",
    "bench/",
)


def run() -> Tally:
    """Run every sanity test that this machine can; each test counts as one check."""
    _prepare_home()
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with tempfile.TemporaryDirectory(prefix="zbs-sanity-") as folder:
        tree = Path(folder) / "ansible_collections/zstack/zbs"
        _copy_tree(tree)
        env = environment(HOME=str(HOME))
        passed = check(
            "ansible-test sanity", ["ansible-test", "sanity", "--python", python], cwd=tree, env=env, limit=1500
        )
    # The log's name is the one that `check` gives it; every test announces itself there.
    log = (LOGS / "ansible-test-sanity.log").read_text(errors="replace")
    ran = len(set(re.findall(r'^Running sanity test "([^"]+)"', log, re.M)))
    counted = re.search(r"The (\d+) sanity test\(s\) listed below", log)
    failed = 0 if passed else int(counted.group(1)) if counted else 1
    return Tally(passed=max(0, ran - failed), failed=failed)


def _copy_tree(tree: Path) -> None:
    """Copy what git knows or would take, so that no cache is looked at."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and not name.startswith(LEFT_OUT) and source.is_file():
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _prepare_home() -> None:
    """A home of its own for ansible-test's virtual environments, with this user's pip configuration in it.

    get_pip.py says why it is there; the version is part of the name that ansible-test looks for.
    """
    cache = HOME / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in ("24_2", "25_3"):
        shutil.copy2(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version}.py")
    configuration = Path.home() / ".config/pip"
    link = HOME / ".config/pip"
    if configuration.is_dir() and not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(configuration)

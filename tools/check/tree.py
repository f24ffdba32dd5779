# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as it is in git, in a folder of the shape that ansible-test wants, and a home for ansible-test."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

from .process import ROOT

HOME = ROOT / ".cache/ansible-test-home"
# What the built artifact does not hold either; the linters look at it.
LEFT_OUT = ("lab/", "tools/", "tests/unit/lab/", "extensions/molecule/", ".ci/", "bench/")


@contextlib.contextmanager
def copied(purpose: str) -> Iterator[Path]:
    """A copy of what git knows or would take, so that no cache is looked at; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"zbs-{purpose}-") as folder:
        tree = Path(folder) / "ansible_collections/zstack/zbs"
        _copy(tree)
        yield tree


def _copy(tree: Path) -> None:
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


def prepare_home() -> Path:
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
    return HOME

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as its artifact has it, in a folder of the shape that ansible-test wants, and a home for ansible-test."""

import contextlib
import fnmatch
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import yaml

from .process import ROOT

HOMES = ROOT / ".cache/ansible-test-home"
# The versions of pip that the ansible-test of a core of the matrix asks for, each for some Pythons.
_PIPS = ("20_3_4", "21_3_1", "23_1_2", "24_2", "25_2", "25_3")


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A copy in ansible_collections/zstack/zbs of a temporary folder: what git knows or would take and galaxy.yml does not
    leave out, so that no cache is looked at."""
    with tempfile.TemporaryDirectory(prefix="zbs-tree-") as folder:
        tree = Path(folder) / "ansible_collections/zstack/zbs"
        for name in names():
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)  # a link of the collection is one in the artifact
        yield tree


@contextlib.contextmanager
def copied_from(tree: Path) -> Iterator[Path]:
    """A copy of a copy, for tools that write into theirs side by side."""
    with tempfile.TemporaryDirectory(prefix="zbs-tree-") as folder:
        own = Path(folder) / "ansible_collections/zstack/zbs"
        shutil.copytree(tree, own, symlinks=True)
        yield own


def names() -> list[str]:
    """The files of the artifact, relative to the checkout."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    patterns = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    return [name for name in listed if name and (ROOT / name).is_file() and not left_out(name, patterns)]


def left_out(name: str, patterns: list[str]) -> bool:
    """Whether the file, or a folder that it is in, fits a pattern of `build_ignore`, as ansible-galaxy takes them."""
    parts = Path(name).parts
    paths = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatch(path, pattern) for path in paths for pattern in patterns)


def home(name: str) -> Path:
    """A home of its own for ansible-test's virtual environments, with this user's pip configuration in it.

    get_pip.py says why it is there; the version is part of the name that ansible-test looks for.
    """
    folder = HOMES / name
    cache = folder / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _PIPS:
        shutil.copy2(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version}.py")
    configuration = Path.home() / ".config/pip"
    link = folder / ".config/pip"
    if configuration.is_dir() and not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(configuration)
    return folder

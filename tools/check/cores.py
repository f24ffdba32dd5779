# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of ansible-core that the collection runs with: a venv for each, and the artifact installed with each."""

import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from .. import venv
from . import pythons
from .process import ROOT

FOLDER = ROOT / "requirements/matrix"
VENVS = ROOT / ".cache/matrix"
# The Pythons that a core is tested with, of those that its ansible-test knows: the first that this machine has. 2.20 and 2.21
# begin with different ones, so that both are tested.
PYTHONS = {
    "2.16": ("3.11", "3.12"),
    "2.17": ("3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13"),
    "2.21": ("3.13", "3.12"),
}


@dataclass(frozen=True)
class Core:
    """One ansible-core: `version` as 2.16, `patch` as 2.16.19; the Python that runs it as 3.11, empty where none is here."""

    version: str
    patch: str
    python: str = ""

    @property
    def home(self) -> Path:
        """Everything of this core: its venv, and the collections that it installed."""
        return VENVS / self.version

    @property
    def programs(self) -> Path:
        """Where its ansible-playbook and ansible-test are."""
        return self.home / "venv/bin"

    @property
    def collections(self) -> Path:
        """Where it installed the artifact."""
        return self.home / "collections"

    def provide(self) -> None:
        """Have its venv; quick when nothing changed."""
        requirements = (FOLDER / f"{self.version}.txt", FOLDER / "tests.txt")
        venv.provide(self.home / "venv", *requirements, python=pythons.own_or_found(self.python))

    def install(self, artifact: Path) -> None:
        """Install the collection's artifact, as a user of this core does."""
        argv = [str(self.programs / "ansible-galaxy"), "collection", "install", "--force", "--offline"]
        argv += ["--collections-path", str(self.collections), str(artifact)]
        subprocess.run(argv, check=True, capture_output=True, timeout=120)


def every() -> list[Core]:
    """Every core that is pinned, oldest first."""
    found = []
    for path in FOLDER.glob("2.*.txt"):
        pinned = re.search(r"^ansible-core==(\S+)$", path.read_text(), re.M)
        assert pinned, path
        found.append(Core(path.stem, pinned.group(1)))
    return sorted(found, key=lambda core: [int(part) for part in core.version.split(".")])


def wanted(environ: "os._Environ[str] | dict[str, str]" = os.environ) -> list[Core]:
    """Those that ZBS_MATRIX_CORES names (`2.16 2.19`), else all of them, each with the Python that it gets here, which
    ZBS_MATRIX_PYTHON (`3.12`) chooses for all that run on it; ValueError for a core or a Python that is not there."""
    names = environ.get("ZBS_MATRIX_CORES", "").replace(",", " ").split()
    known = {core.version: core for core in every()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"ZBS_MATRIX_CORES names {', '.join(unknown)}; choose from {', '.join(known)}")
    return [replace(known[name], python=_python(name, environ.get("ZBS_MATRIX_PYTHON", ""))) for name in names or known]


def _python(core: str, chosen: str) -> str:
    if chosen and not any(chosen in versions for versions in PYTHONS.values()):
        raise ValueError(f"ZBS_MATRIX_PYTHON is {chosen}, on which no ansible-core of the matrix is tested")
    wanted_first = sorted(PYTHONS[core], key=lambda version: version != chosen)
    return next((version for version in wanted_first if pythons.own_or_found(version)), "")

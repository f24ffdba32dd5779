# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of ansible-core that the collection runs with: a venv for each, and the artifact installed with each."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import venv
from .process import ROOT

FOLDER = ROOT / "requirements/matrix"
VENVS = ROOT / ".cache/matrix"


@dataclass(frozen=True)
class Core:
    """One ansible-core: `version` as 2.16, `patch` as 2.16.19."""

    version: str
    patch: str

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
        venv.provide(self.home / "venv", FOLDER / f"{self.version}.txt", FOLDER / "tests.txt")

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
    """Those that ZBS_MATRIX_CORES names (`2.16 2.19`), else all of them; ValueError for one that is not pinned."""
    names = environ.get("ZBS_MATRIX_CORES", "").replace(",", " ").split()
    known = {core.version: core for core in every()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"ZBS_MATRIX_CORES names {', '.join(unknown)}; choose from {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())

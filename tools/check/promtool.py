# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""promtool, the judge of metrics and alert rules, and its servers, cut out of Debian's packages: installing those would start them."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from .process import ROOT

FOLDER = ROOT / ".cache/promtool"
# The packages that a program may be in, of which an older Debian has no first one: Debian 13 gave promtool one of its own.
PACKAGES = {
    "promtool": ("promtool", "prometheus"),
    "prometheus": ("prometheus",),
    "prometheus-alertmanager": ("prometheus-alertmanager",),
    "amtool": ("prometheus-alertmanager",),
}


def provide() -> None:
    """Have promtool on PATH or in FOLDER; where it can't be had, say so: the tests that need it are skipped."""
    if shutil.which("promtool"):
        return
    try:
        cut_out("promtool")
    except (OSError, subprocess.SubprocessError) as error:
        print(f"   promtool can't be had ({error}); the metrics and alerts are not checked by it", flush=True)


def cut_out(program: str) -> None:
    """Have a program of PACKAGES in FOLDER. OSError or SubprocessError where that can't be."""
    if (FOLDER / program).exists():
        return
    for package in PACKAGES[program]:
        with tempfile.TemporaryDirectory(prefix="zbs-promtool-") as folder:
            if _unpacked(package, Path(folder)):
                _keep(Path(folder))
        if (FOLDER / program).exists():
            return
    raise FileNotFoundError(f"no {program} in Debian's {' or '.join(PACKAGES[program])}")


def _unpacked(package: str, folder: Path) -> bool:
    """Whether the archive has the package; its files are in the folder then."""
    folder.chmod(0o755)  # apt downloads as a user of its own, who must get into it
    _update()
    subprocess.run(["apt-get", "download", package], cwd=folder, check=False, capture_output=True, timeout=300)
    archives = list(folder.glob(f"{package}_*.deb"))
    for archive in archives:
        subprocess.run(["dpkg", "-x", str(archive), folder], check=True, capture_output=True, timeout=120)
    return bool(archives)


@functools.cache
def _update() -> None:
    subprocess.run(["apt-get", "update"], check=True, capture_output=True, timeout=300)


def _keep(folder: Path) -> None:
    """All programs of PACKAGES that an unpacked package has, so that none is fetched twice."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for program in PACKAGES:
        if (folder / "usr/bin" / program).exists():
            shutil.copy2(folder / "usr/bin" / program, FOLDER / program)
    templates = folder / "usr/share/prometheus"
    if templates.is_dir():  # which a program looks for there
        # Some of its links lead to packages that nobody installed.
        shutil.copytree(templates, FOLDER / "share/prometheus", ignore_dangling_symlinks=True, dirs_exist_ok=True)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""promtool, the judge of metrics and alert rules, cut out of Debian's package: installing that would start a Prometheus."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from .process import ROOT

FOLDER = ROOT / ".cache/promtool"


def provide() -> None:
    """Have promtool on PATH or in FOLDER; where it can't be had, say so: the tests that need it are skipped."""
    if shutil.which("promtool") or (FOLDER / "promtool").exists():
        return
    try:
        cut_out("prometheus", "promtool")
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        print(f"   promtool can't be had ({error}); the metrics and alerts are not checked by it", flush=True)


def cut_out(package: str, *programs: str) -> None:
    """Put programs of a Debian package into FOLDER. OSError, SubprocessError or StopIteration where that can't be."""
    with tempfile.TemporaryDirectory(prefix="zbs-promtool-") as folder:
        # apt downloads as a user of its own, who must get into the folder.
        Path(folder).chmod(0o755)
        for argv in (["apt-get", "update"], ["apt-get", "download", package]):
            subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=300)
        archive = next(Path(folder).glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", str(archive), folder], check=True, capture_output=True, timeout=120)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for program in programs:
            shutil.copy2(Path(folder, "usr/bin", program), FOLDER / program)
        if Path(folder, "usr/share/prometheus").is_dir():  # templates, which a program looks for there
            # Some of its links lead to packages that nobody installed.
            place = FOLDER / "share/prometheus"
            shutil.copytree(
                Path(folder, "usr/share/prometheus"), place, ignore_dangling_symlinks=True, dirs_exist_ok=True
            )

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures were measured on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from ansible.release import __version__


def plain_environment() -> None:
    """Forget Python's own variables, as a login over SSH has none: with PYTHONUNBUFFERED alone, an interpreter reads the program that
    Ansible sends it byte by byte, one system call each (20 ms for 100 KiB)."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]


def lines() -> list[str]:
    """Machine and versions, a line each."""
    models = {
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    }
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    return [
        f"{os.cpu_count()} cores ({', '.join(sorted(models))}), {memory:.0f} GiB, Linux {platform.release()}",
        f"Python {platform.python_version()}, ansible-core {__version__}",
    ]


def stamp(root: Path) -> str:
    """What a part measured, and when: commit, time, how busy the machine was."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    )
    return (
        f"Commit {commit.stdout.strip() or 'unknown'}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,"
        f" load before {os.getloadavg()[0]:.1f}"
    )

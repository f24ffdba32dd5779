# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tick over Mitogen (PyPI), which keeps a Python on each host between tasks, if it runs with this ansible-core."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from .fleet import Fleet
from .fleet_rows import both
from .rounds import alternate
from .row import Row
from .run import PlayFailed, play

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache/bench/mitogen"
VERSION = (Path(__file__).with_name("requirements.txt")).read_text().strip()


def rows(hosts: int, rounds: int) -> list[Row]:
    """The tick under mitogen_linear beside linear; one row that says why where it does not run."""
    what = f"{VERSION}, {hosts} hosts, wall"
    strategy = FOLDER / "ansible_mitogen/plugins/strategy"
    if not strategy.is_dir():
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--target",
            str(FOLDER),
            VERSION,
        ]
        if subprocess.run(pip, check=False).returncode != 0:
            return [Row(what, "can't be installed", "-", None, "-")]
    with Fleet(hosts) as fleet:
        env = fleet.environment()
        with_it = {**env, "ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(strategy)}
        jobs = {
            "linear": partial(play, "zstack.zbs.heal", fleet.inventory, env=env),
            "mitogen": partial(play, "zstack.zbs.heal", fleet.inventory, env=with_it),
        }
        try:
            found = alternate(jobs, rounds)
        except PlayFailed as failure:
            return [Row(what, "does not run: " + str(failure).strip().splitlines()[-1][:120], "-", None, "-")]
    one, other = found["linear"], found["mitogen"]
    return [
        Row(what, both(other), f"linear {both(one)}", other.over(one, "wall"), "-"),
        Row(f"{VERSION}, {hosts} hosts, CPU", both(other), f"linear {both(one)}", other.over(one, "cpu"), "-"),
    ]

#!/usr/bin/env python3
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make or renew .venv with the pinned tools of requirements/<set>.txt, and link the checkout as a collection.

Usage: tools/venv.py run|test. Quick when nothing changed: a stamp in the venv holds the hash of what was installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LINK = ROOT / ".cache/collections/ansible_collections/zstack/zbs"
# ansible-core 2.19 runs on 3.11 and newer.
FLOOR = (3, 11)


def main(which: str) -> None:
    """Bring the venv to the set `which` and the collection link into its place."""
    if sys.version_info < FLOOR:
        sys.exit(
            f"{sys.executable} is Python {sys.version.split()[0]} and ansible-core needs {FLOOR[0]}.{FLOOR[1]}; "
            "run make with PYTHON=/path/to/a/newer/python3"
        )
    link_collection()
    install(which)
    if which == "test":
        # In a process of its own, with the venv's pip.
        done = subprocess.run([str(VENV / "bin/python"), str(ROOT / "tools/awx_collection.py")], check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)


def install(which: str) -> None:
    """Have the packages of the set `which` in the venv."""
    stamp = VENV / f".{which}.stamp"
    wanted = fingerprint(which)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up .venv with requirements/{which}.txt ...", flush=True)
    if not (VENV / "bin/pip").exists():
        create()
    pip = [str(VENV / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--requirement", str(ROOT / f"requirements/{which}.txt")], check=False)
    if done.returncode != 0:
        sys.exit(
            "The Python packages could not be installed; see pip's message above (is the package index reachable?)"
        )
    stamp.write_text(wanted)


def create() -> None:
    """Make the venv; on Debian and Ubuntu the package python3-venv may have to come first."""
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True)
    if made.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        sys.exit(f"{sys.executable} can't make a virtual environment; install its venv module (Debian: python3-venv)")
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=False, stdout=subprocess.DEVNULL)
    if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode != 0:
        sys.exit(f"{sys.executable} can't make a virtual environment, and installing python3-venv did not help")


def link_collection() -> None:
    """Let Ansible find this checkout as zstack.zbs."""
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if not LINK.is_symlink() or LINK.resolve() != ROOT:
        LINK.unlink(missing_ok=True)
        LINK.symlink_to(ROOT)


def fingerprint(which: str) -> str:
    """Hash of everything that decides what is in the venv."""
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted({"constraints", "run", which}):
        digest.update((ROOT / f"requirements/{name}.txt").read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "test"):
        sys.exit(__doc__)
    main(sys.argv[1])

#!/usr/bin/env python3
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make or renew .venv with the pinned tools of requirements/<set>.txt, and link the checkout as a collection.

Usage: tools/venv.py run|test. Quick when nothing changed: a stamp in the venv holds the hash of what was installed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LINK = ROOT / ".cache/collections/ansible_collections/zstack/zbs"
# The oldest Python that the tools of requirements/ run on; which ansible-core it gets is in requirements/core.txt.
FLOOR = (3, 11)


def main(which: str) -> None:
    """Bring the venv to the set `which` and the collection link into its place."""
    if sys.version_info < FLOOR:
        sys.exit(
            f"{sys.executable} is Python {sys.version.split()[0]} and ansible-core needs {FLOOR[0]}.{FLOOR[1]}; "
            "run make with PYTHON=/path/to/a/newer/python3"
        )
    link_collection()
    provide(VENV, ROOT / f"requirements/{which}.txt")
    if which == "test":
        # In a process of its own, with the venv's pip.
        done = subprocess.run([str(VENV / "bin/python"), str(ROOT / "tools/awx_collection.py")], check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)


def provide(venv: Path, *requirements: Path, python: str = sys.executable) -> None:
    """Have in the folder `venv`, made by the interpreter `python`, what the requirements files name; ends the program with a
    sentence where that fails."""
    stamp = venv / f".{'-'.join(path.stem for path in requirements)}.stamp"
    version = version_of(python)
    wanted = fingerprint(version, *requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    names = " and ".join(str(path.relative_to(ROOT)) for path in requirements)
    print(f"Setting up {venv.relative_to(ROOT)} with {names} ...", flush=True)
    if not (venv / "bin/pip").exists() or version_of(str(venv / "bin/python")) != version:
        create(venv, python)
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    files = [word for path in requirements for word in ("--requirement", str(path))]
    done = subprocess.run([*pip, *files], check=False)
    if done.returncode != 0:
        sys.exit(
            "The Python packages could not be installed; see pip's message above (is the package index reachable?)"
        )
    stamp.write_text(wanted)


def version_of(python: str) -> str:
    """All that an interpreter says of its version; empty for one that does not run."""
    if python == sys.executable:
        return sys.version
    try:
        done = subprocess.run(
            [python, "-c", "import sys; print(sys.version)"], check=False, capture_output=True, text=True
        )
    except OSError:
        return ""
    return done.stdout.rstrip("\n")


def create(venv: Path, python: str = sys.executable) -> None:
    """Make the venv; on Debian and Ubuntu the package python3-venv may have to come first."""
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run([python, "-m", "venv", str(venv)], check=False, capture_output=True, text=True)
    if made.returncode == 0:
        return
    shutil.rmtree(venv, ignore_errors=True)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        sys.exit(f"{python} can't make a virtual environment; install its venv module (Debian: python3-venv)")
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=False, stdout=subprocess.DEVNULL)
    if subprocess.run([python, "-m", "venv", str(venv)], check=False).returncode != 0:
        sys.exit(f"{python} can't make a virtual environment, and installing python3-venv did not help")


def link_collection() -> None:
    """Let Ansible find this checkout as zstack.zbs."""
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if not LINK.is_symlink() or LINK.resolve() != ROOT:
        LINK.unlink(missing_ok=True)
        LINK.symlink_to(ROOT)


def fingerprint(version: str, *requirements: Path) -> str:
    """Hash of everything that decides what is in the venv: the interpreter's version, and the files."""
    digest = hashlib.sha256(version.encode())
    for path in sorted(reached(*requirements)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reached(*requirements: Path) -> set[Path]:
    """These requirements files and those that they name, however deep."""
    found: set[Path] = set()
    left = [path.resolve() for path in requirements]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [(path.parent / name).resolve() for name in re.findall(r"^-[rc] *(\S+)", path.read_text(), re.M)]
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "test"):
        sys.exit(__doc__)
    main(sys.argv[1])

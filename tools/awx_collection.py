#!/usr/bin/env python3
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the collection awx.awx, which playbooks/awx needs, into .cache/collections, from the package index.

Galaxy is out of reach of many build machines. The package `ansible` carries the collection, and 54 MB of others: it is downloaded
at the version that requirements/awx.txt pins, and only this one is taken out. A stamp beside it says of which version it is.
With the word `oldest` it is that of requirements/awx-oldest.txt, in .cache/awx-oldest.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "ansible_collections/awx/awx/"
#: {which: (what pins it, where it goes)}
PLACES = {
    "newest": (ROOT / "requirements/awx.txt", ROOT / ".cache/collections" / INSIDE),
    "oldest": (ROOT / "requirements/awx-oldest.txt", ROOT / ".cache/awx-oldest" / INSIDE),
}
_LIMIT = 600


def main(which: str) -> None:
    """Have the pinned version in its place; quick when it is there."""
    pinned, place = PLACES[which]
    stamp = place / ".zbs-stamp"
    wanted = pinned.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"Fetching the {which} collection awx.awx ...", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".awx-", dir=place.parent) as folder:
        wheel = _download(pinned, Path(folder))
        taken = Path(folder) / "taken"
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(INSIDE)]
            if INSIDE + "MANIFEST.json" not in names:
                sys.exit(f"{wheel.name} holds no collection awx.awx; pin a version of ansible that does in {pinned}")
            archive.extractall(taken, names)
        (taken / INSIDE / stamp.name).write_text(wanted, encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.rename(taken / INSIDE, place)


def _download(pinned: Path, folder: Path) -> Path:
    """The wheel, as pip gets it: its index, its mirrors, its proxies."""
    argv = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    argv += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(pinned)]
    done = subprocess.run(argv, check=False, timeout=_LIMIT)
    wheels = list(folder.glob("ansible-*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        sys.exit(f"The package that {pinned} names could not be downloaded; see pip's message above")
    return wheels[0]


if __name__ == "__main__":
    main(*sys.argv[1:] or ["newest"])

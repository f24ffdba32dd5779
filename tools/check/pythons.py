# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other Pythons of this machine, if somebody installed them here: those that managed hosts have, and those of newer controllers."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import ROOT

# The oldest Pythons that hosts of the field have: the platform Python of EL 8, and Kylin's.
HOSTS = ("3.6", "3.7")
# Imports the files in rooms, and compiles the others, which import Ansible: an annotation may compile and yet not be worked out. The
# rooms are in a package of their own, as on a host with the node part.
TRY = [
    "-c",
    "import importlib, os, sys, types\n"
    "sys.dont_write_bytecode = True\n"
    "rooms = sys.modules['rooms'] = types.ModuleType('rooms')\n"
    "for path in sys.argv[1:]:\n"
    "    folder, name = os.path.split(path[:-len('.py')])\n"
    "    above, room = os.path.split(folder)\n"
    "    if room.startswith('_'):\n"
    "        rooms.__path__ = [above]\n"
    "        importlib.import_module('rooms.%s.%s' % (room, name))\n"
    "    else:\n"
    "        with open(path, encoding='utf-8') as handle:\n"
    "            compile(handle.read(), path, 'exec')\n",
]


@functools.lru_cache
def find(version: str) -> Path | None:
    """The interpreter of that version (`3.6`) on PATH or of pyenv; None where there is none that runs."""
    name = f"python{version}"
    folders = os.environ["PATH"].split(":")
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
        folders += [str(path) for path in sorted(Path(root).glob(f"versions/{version}.*/bin"))]
    for folder in folders:
        found = Path(folder) / name
        # pyenv's own stand-ins on PATH are there and run nothing.
        if (
            os.access(found, os.X_OK)
            and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return found
    return None


def own_or_found(version: str) -> str:
    """The path of an interpreter of that version, this one where it is; empty where there is none."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    return str(find(version) or "")


def program(version: str) -> list[str]:
    """The call that tries, with that Python, everything which runs on hosts; it fails on the first that it can't read."""
    return [str(find(version)), *TRY, *map(str, files())]


def files() -> list[Path]:
    """The Python files that run on hosts."""
    return sorted(path for name in ("modules", "module_utils") for path in (ROOT / "plugins" / name).rglob("*.py"))

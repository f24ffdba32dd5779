# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 -m lab zstack`: a manager to ask by hand, and what asking it costs with many hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Optional

from ..errors import LabError
from ..settings import CLONE, Settings
from . import site
from .cloud import generate
from .server import Standin, until_interrupted

#: sizes of the clouds that `measure` asks for
SIZES = (3, 5000)
_MOST = 50000


def serve(settings: Optional[Settings], hosts: Optional[int], port: int) -> None:
    """Answer until Ctrl-C: over the lab's hosts, or over a generated cloud of `hosts`."""
    if hosts is not None:
        if not 1 <= hosts <= _MOST:
            raise LabError(f"--hosts is {hosts}; give 1 to {_MOST}.")
        with Standin(generate(hosts), port=port) as standin:
            print(
                f"{hosts} hosts at {standin.url}; an inventory file for it, say my.zstack.yml:\n\n{site.file(standin)}"
            )
            _answer()
        return
    assert settings is not None
    with site.serve(settings, port) as standin:
        print(f"The lab's hosts at {standin.url}; from another terminal:\n")
        words = " ".join(f"{name}={value}" for name, value in site.ENVIRONMENT.items())
        print(f"  {words} .venv/bin/ansible-inventory -i {settings.zstack} --graph\n")
        _answer()


def _answer() -> None:
    print(f"  export ZSTACK_PASSWORD={site.ENVIRONMENT['ZSTACK_PASSWORD']}\n\nAnswering until Ctrl-C.", flush=True)
    until_interrupted()


def measure() -> bool:
    """Ask clouds of SIZES with `--graph` and `--list`; print what each took, and say whether all came as they should."""
    print(f"{'HOSTS':>6}  {'COMMAND':<8}  {'SECONDS':>7}  {'MEMORY':>8}  {'CALLS':>5}  SESSIONS LEFT")
    well = True
    for hosts in SIZES:
        for command in ("--graph", "--list"):
            well = _measure(hosts, command) and well
    return well


def _measure(hosts: int, command: str) -> bool:
    with Standin(generate(hosts)) as standin, tempfile.TemporaryDirectory(prefix="zbs-zstack-") as folder:
        path = Path(folder, "zbs.zstack.yml")
        path.write_text(site.file(standin), encoding="utf-8")
        argv = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), command]
        environment = {**os.environ, **site.ENVIRONMENT, "ANSIBLE_CONFIG": str(CLONE / "ansible.cfg")}
        started = time.monotonic()
        # A child of its own for each, so that its peak of memory is its own.
        script = "import resource, subprocess, sys; status = subprocess.run(sys.argv[1:]).returncode\n"
        script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(status)"
        done = subprocess.run(
            [sys.executable, "-c", script, *argv],
            cwd=CLONE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        seconds = time.monotonic() - started
        if done.returncode != 0:
            raise LabError(f"ansible-inventory {command} failed: {done.stderr.strip().splitlines()[0]}.")
        memory = int(done.stderr.split()[-1]) // 1024
        print(
            f"{hosts:>6}  {command:<8}  {seconds:>7.1f}  {memory:>4} MiB  {len(standin.requests):>5}  {standin.logins.open}"
        )
        if command == "--list":
            came = len(json.loads(done.stdout)["_meta"]["hostvars"])
        else:
            group = done.stdout.partition("@zbs_vhost:")[2].partition("\n  |--@")[0]
            came = group.count("--kvm")
        return came == hosts and standin.logins.open == 0

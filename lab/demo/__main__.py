# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab.demo`: bring the lab up, tell the story, leave nothing behind (KEEP=1 leaves the lab up)."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Optional

from ..errors import LabError
from ..guest import files
from ..settings import from_environment
from ..zstack.site import serve
from . import story, tell
from .site import Site

ROOT = Path(__file__).resolve().parent.parent.parent


class Stopped(Exception):
    """A signal asked for the end."""


def main() -> int:
    """Exit status: 0 when every claim held, 1 when one did not or the lab can't be had, 130 when interrupted."""
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    hosts = os.environ.get("ZBS_LAB_HOSTS", "3")
    if hosts.isdigit() and int(hosts) < 3:
        tell.bad(f"ZBS_LAB_HOSTS is {hosts} and the story needs three compute hosts; leave it out or set 3 or more.")
        return 1
    tell.heading(f"0. A lab on this machine: one ZBS admin node, {hosts} bare compute hosts")
    tell.note(
        "stand-ins for zbsadm, the SPDK target and the ZStack manager that names the hosts; the SSH, the Docker Engines, the hugepages and the sockets are real"
    )
    status = 1
    up = False
    try:
        early = threading.Thread(target=_guest_files, daemon=True)
        early.start()
        up = lab("up") == 0  # a failed `up` says why in one sentence and has cleaned up after itself
        if up:
            settings = from_environment()
            with serve(settings) as manager:
                story.tell_all(Site(ROOT, settings, manager))
            tell.times()
            tell.good(f"Every claim above was checked. It took {time.monotonic() - started:.0f} s.")
            status = 0
    except tell.Broken as broken:
        tell.bad(str(broken))
    except Stopped:
        tell.bad("Interrupted.")
        status = 130
    except (LabError, OSError, subprocess.SubprocessError, LookupError, ValueError, StopIteration) as error:
        tell.bad(f"The story can't go on: {type(error).__name__}: {error}; see .cache/demo.log")
    finally:
        # From here on nothing may interrupt the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if up and not keep():
            tell.heading("Cleaning up (KEEP=1 would leave the lab up)")
            if lab("down") != 0:
                status = status or 1
        elif up:
            print(story.how_to_log_in(ROOT), flush=True)
    return status


def _guest_files() -> None:
    """Make the kernel and first file system of the last act's VM meanwhile; where that fails, starting the VM says why."""
    with contextlib.suppress(LabError, OSError):
        files.ensure(from_environment().cache)


def keep() -> bool:
    """Whether the lab is to stay."""
    return os.environ.get("KEEP", "") not in ("", "0")


def lab(verb: str) -> int:
    """Run a verb of the lab in a process of its own; its progress goes to the screen. Returns its exit status."""
    process = subprocess.Popen([sys.executable, "-m", "lab", verb], cwd=ROOT, start_new_session=True)
    try:
        return process.wait()
    except Stopped:
        process.terminate()  # it takes down what it made
        if process.wait() == 0 and verb == "up":  # it was just done
            subprocess.run([sys.executable, "-m", "lab", "down"], cwd=ROOT, start_new_session=True, check=False)
        raise


def _stop(number: int, frame: Optional[FrameType]) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())

"""Debian packages that the lab needs on the machine itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Sequence

from .errors import LabError
from .run import environment, run
from .say import say

_APT = ["apt-get", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0"]


def which(program: str) -> str:
    """Where the program is, the system folders included; empty where it is not."""
    return shutil.which(program, path=environment()["PATH"]) or ""


def os_release(file: Path = Path("/etc/os-release")) -> dict[str, str]:
    """What the system says it is; empty where it says nothing."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name: value.strip("\"'") for name, _, value in pairs}


def debian_like() -> bool:
    """Whether this is Debian, Ubuntu or a descendant, with its package tool."""
    release = os_release()
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return bool(family & {"debian", "ubuntu"}) and bool(which("apt-get"))


def need(programs: dict[str, str], why: str) -> None:
    """Install the packages of the programs that are missing; `programs` maps a program to its package.

    Raises LabError with one sentence where that cannot be done here.
    """
    missing = {program: package for program, package in programs.items() if not which(program)}
    if not missing:
        return
    wanted = ", ".join(sorted(missing))
    if not debian_like():
        raise LabError(f"{why} needs {wanted}, and this is no Debian or Ubuntu to install it on; install it yourself.")
    if os.geteuid() != 0:
        raise LabError(f"{why} needs {wanted}; become root, or install {' '.join(sorted(set(missing.values())))}.")
    packages = sorted(set(missing.values()))
    say(f"installing {' '.join(packages)} on this machine")
    install(packages)
    still = [program for program in missing if not which(program)]
    if still:
        raise LabError(f"The packages {' '.join(packages)} brought no {', '.join(still)}; install it yourself.")


def install(packages: Sequence[str]) -> None:
    """Install packages; the lists are fetched anew when those at hand don't do. Raises LabError."""
    if not run([*_APT, "install", *packages], timeout=600).ok:
        run([*_APT, "update"], timeout=300)  # whether it helped, the second try tells
        run([*_APT, "install", *packages], timeout=600, check=f"install {' '.join(packages)}")


def codename() -> str:
    """The release of this machine, as its archive names it; empty where it says none."""
    return os_release().get("VERSION_CODENAME", "")


def release_sources(release: str) -> list[str]:
    """The sources of another release of Debian, in the archive that this machine has its own from. Raises LabError."""
    if os_release().get("ID") != "debian" or not codename():
        raise LabError(f"A host of Debian's {release} is built on a machine with Debian's archive; this one has none.")
    found = []
    for line in archive_sources():
        kind, uri, suite, components = line.split(" ", 3)
        found.append(f"{kind} {uri} {release}{suite.removeprefix(codename())} {components}")
    return found


def archive_sources() -> list[str]:
    """The machine's sources of its distribution's own archive, as one-line entries; third parties' are left out.

    What a source is, its signed release file says (Origin), not its address: a mirror has any address.
    """
    if not _origins():
        run([*_APT, "update"], timeout=300)
    sources = _origins()
    if not sources:
        raise LabError(
            "This machine's package lists name no archive of Debian or Ubuntu; run `apt-get update` and see what it says."
        )
    return sources


def _origins() -> list[str]:
    form = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    answer = run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"], timeout=60)
    entries: dict[tuple[str, str], list[str]] = {}
    for line in answer.out.splitlines():
        origin, uri, release, component = (line.split("|") + ["", "", "", ""])[:4]
        if origin in ("Debian", "Ubuntu"):
            components = entries.setdefault((uri, release), [])
            if component not in components:
                components.append(component)
    # Backports and the like would mix two releases in one rootfs.
    own = codename()
    usual = {own, f"{own}-updates", f"{own}-security"}
    return [f"deb {uri} {rel} {' '.join(parts)}" for (uri, rel), parts in entries.items() if rel in usual or not own]


def proxies() -> list[str]:
    """The machine's proxy settings for apt, as configuration lines."""
    lines = run(["apt-config", "dump"], timeout=30).out.splitlines()
    return [line for line in lines if line.startswith("Acquire::") and "proxy" in line.lower() and '""' not in line]

"""The root folder of a lab host, built from the machine's own package sources."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Callable, Sequence

from . import packages
from .errors import LabError
from .run import run, stream
from .say import say
from .settings import PASSWORD

FILES = Path(__file__).resolve().parent / "host"
# What a host is reached and judged by, what zbsadm needs on the admin node (sshpass), what the target's image is cut
# from (python3, qemu, busybox), the QEMU and libvirt that a KVM host has for its VMs, and what lets Ansible's apt module work
# (python3-apt).
PACKAGES = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "sshpass",
    "python3",
    "python3-apt",
    "iproute2",
    "procps",
    "sudo",
    "ca-certificates",
    "iptables",
    "kmod",
    "netbase",
    "busybox-static",
    "qemu-utils",
    "qemu-system-x86",
    "libvirt-daemon-system",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
]
# usrmerge brings all of Perl to merge folders that the set-up below makes merged from the start.
_MERGED = "usr-is-merged"
BUILDER = {"mmdebstrap": "mmdebstrap"}
# Without these a rootfs is no host's, whatever its builder says.
NEEDED = (
    "usr/sbin/sshd",
    "usr/bin/qemu-storage-daemon",
    "usr/sbin/libvirtd",
    "usr/bin/virsh",
    "usr/sbin/runc",
    "usr/local/sbin/lab-entry",
)
_TIMEOUT = 900.0
_NO_DOCS = "path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n"


def build(folder: Path, release: str, sources: Sequence[str], log: Path) -> None:
    """Build the rootfs of a release in `folder`, which must not exist yet. Raises LabError with the builder's own words."""
    if not release:
        raise LabError(
            "/etc/os-release has no VERSION_CODENAME, so the lab cannot tell which release to build a host of."
        )
    if shutil.which("mmdebstrap"):
        _mmdebstrap(folder, release, sources, log)
    else:
        _debootstrap(folder, release, sources, log)
    for needed in NEEDED:
        if not (folder / needed).exists():
            raise LabError(f"The lab host's rootfs has no /{needed}; what its build said is in {log}.")


def _mmdebstrap(folder: Path, release: str, sources: Sequence[str], log: Path) -> None:
    merge = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d"; done'
    pin = 'printf "Package: usrmerge\\nPin: release *\\nPin-Priority: -1\\n" > "$1/etc/apt/preferences.d/lab"'
    docs = f'printf "{_NO_DOCS}" > "$1/etc/dpkg/dpkg.cfg.d/lab"'.replace("\n", "\\n")
    options = ['APT::Install-Recommends "false";', 'Acquire::Languages "none";', *packages.proxies()]
    argv = ["mmdebstrap", "--verbose", "--mode=root", "--variant=apt", "--format=directory"]
    argv += ["--skip=cleanup/apt", "--dpkgopt=force-unsafe-io", f"--include={','.join([*PACKAGES, _MERGED])}"]
    argv += [f"--aptopt={option}" for option in options]
    argv += [f"--setup-hook={merge}", f"--setup-hook={pin}", f"--extract-hook={docs}"]
    argv += [f'--customize-hook="{FILES}/customize" "$1" "{FILES}" "{PASSWORD}"', release, str(folder), "-"]
    # The sources come by file: mmdebstrap's own argument list would be read back by a shell in its hooks.
    listing = folder.with_suffix(".list")
    listing.write_text("\n".join(sources) + "\n", encoding="utf-8")
    argv[-1] = str(listing)
    try:
        _check(stream(argv, _TIMEOUT, log, _teller()), "mmdebstrap", log)
    finally:
        listing.unlink(missing_ok=True)


def _debootstrap(folder: Path, release: str, sources: Sequence[str], log: Path) -> None:
    """The slower way, for a machine that has only debootstrap; the same folder in the end."""
    mirror = next(line.split()[1] for line in sources if line.split()[2] == release)
    components = next(line.split()[3:] for line in sources if line.split()[2] == release)
    argv = ["debootstrap", "--variant=minbase", f"--components={','.join(components)}"]
    argv += [f"--include={','.join([*PACKAGES, _MERGED])}", "--exclude=usrmerge", release, str(folder), mirror]
    _check(stream(argv, _TIMEOUT, log, _teller()), "debootstrap", log)
    (folder / "etc/apt/sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
    options = ['APT::Install-Recommends "false";', 'Acquire::Languages "none";', *packages.proxies()]
    (folder / "etc/apt/apt.conf.d/99lab").write_text("\n".join(options) + "\n", encoding="utf-8")
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    run(["chroot", str(folder), "apt-get", "update"], timeout=300, check="fetch the package lists for the rootfs")
    customize = [FILES / "customize", folder, FILES, PASSWORD]
    _check(stream([str(word) for word in customize], _TIMEOUT, log, _teller()), "the customizing script", log)


def _check(status: int, builder: str, log: Path) -> None:
    if status == 0:
        return
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if re.match(r"(E:|W: Failed|dpkg: error|mmdebstrap: error)", line)]
    words = (telling or lines or ["it said nothing"])[0].strip()[:200]
    raise LabError(f"{builder} failed with exit status {status}: {words} (all it said is in {log}).")


def _teller() -> Callable[[str], None]:
    """A reader of the builder's output that passes on the lines that tell how far it is."""
    shown = {
        r"I: downloading packages": "rootfs: downloading packages",
        r"I: extracting archives": "rootfs: extracting",
        r"I: installing essential": "rootfs: installing the essential packages",
        r"I: installing remaining": "rootfs: installing the host's packages",
        r"I: running --customize-hook": "rootfs: fetching Docker's packages for later, putting the lab's files in",
        r"I: Retrieving": "",
        r"I: Unpacking the base system": "rootfs: unpacking",
        r"I: Configuring the base system": "rootfs: configuring",
    }
    said: set[str] = set()

    def tell(line: str) -> None:
        for pattern, text in shown.items():
            if text and text not in said and re.match(pattern, line):
                said.add(text)
                say(text)

    return tell


def remove(folder: Path) -> None:
    """Remove a rootfs, also a half-built one with mounts of its builder still in it."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        if line.split()[4].startswith(f"{folder}/"):
            points.append(line.split()[4])
    for point in sorted(points, reverse=True):
        run(["umount", "--lazy", point], timeout=20)
    if any(os.path.ismount(point) for point in points):
        raise LabError(
            f"Something is still mounted in {folder}, so it is not removed; unmount it and remove it by hand."
        )
    shutil.rmtree(folder, ignore_errors=True)

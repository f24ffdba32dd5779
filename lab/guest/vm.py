"""Guests on the lab's compute hosts: start one, plug a disk into it, read its console, end it."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Sequence

from .. import docker, volumes
from ..errors import LabError
from ..settings import DEBIAN, EL, TRIXIE, Host, Settings
from . import domain, files

_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
_LINE = re.compile(r"^(vd[a-z]) round (\d+)\s*$", re.M)
_FAULT = re.compile(r"^vd[a-z] (?:MISMATCH|ERROR) .*$", re.M)
_BOOT = re.compile(r"^guest boot (\S+)", re.M)


@dataclass(frozen=True)
class Console:
    """What a guest has said: its boots (one id each), the last round of each disk, and every fault."""

    boots: list[str] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(text: str) -> Console:
    """The Console in the text of a serial line. A round that is missing or comes twice is a fault too."""
    rounds: dict[str, int] = {}
    faults = _FAULT.findall(text)
    for disk, number in _LINE.findall(text):
        if int(number) != rounds.get(disk, 0) + 1:
            faults.append(f"{disk} went from round {rounds.get(disk, 0)} to round {number}")
        rounds[disk] = int(number)
    return Console(_BOOT.findall(text), rounds, faults)


def console_path(name: str) -> str:
    """Where on its host the guest's console is written."""
    return f"/var/log/zbs-guest-{name}.log"


def _checked(name: str) -> str:
    """The domain's name on its host. Raises LabError for what is no guest's name."""
    if not _NAME.fullmatch(name):
        raise LabError(f"{name!r} is no name for a guest; give 1 to 16 small letters and digits, a letter first.")
    return domain.name_of(name)


def start(
    settings: Settings,
    host: Host,
    name: str,
    disks: Sequence[str],
    memory_mib: int = 128,
    reconnect: int = domain.RECONNECT,
) -> None:
    """Start a guest on `host` with a disk on each of `disks`: sockets, or volumes, which are served first. Raises LabError."""
    _checked(name)
    if host.flavour == EL:
        raise LabError(
            f"The lab host {host.name} is EL-like and has no libvirt of its kind; take a {DEBIAN} or {TRIXIE} one."
        )
    sockets = [volumes.served(settings, host, disk) for disk in disks]
    kernel, initramfs = files.ensure(settings.cache)
    bundle = files.bundle(kernel, initramfs)
    docker.docker("cp", "-", f"{host.container}:/", stdin=bundle, check=f"put the guest's kernel on {host.name}")
    docker.exec_in(host.container, ["rm", "-f", console_path(name)], 15)
    # Only here: of most hosts of a lab no VM is asked. It has read the host's hugetlbfs mounts then.
    docker.exec_in(
        host.container, ["systemctl", "start", "libvirtd.service"], 60, check=f"start libvirt on {host.name}"
    )
    text = domain.xml(name, sockets, console_path(name), memory_mib, reconnect)
    _virsh(host, "create", "/dev/stdin", doing=f"start the guest {name} on {host.name}", stdin=text)


def stop(host: Host, name: str) -> None:
    """End a guest as a power cut does; one that is gone is fine."""
    process = pid(host, name)
    if process:
        docker.exec_in(host.container, ["kill", "-KILL", str(process)], 15)
    # It waits until libvirt has put away what the process left; what is no domain any more was put away already.
    done = docker.exec_in(host.container, ["virsh", "--quiet", "destroy", _checked(name)], 60)
    if not done.ok and process and pid(host, name):
        raise LabError(f"Cannot end the guest {name} on {host.name}: {done.last_words}.")


def pid(host: Host, name: str) -> int:
    """The process id of the guest's QEMU on its host; 0 when it does not run."""
    argv = ["cat", f"/run/libvirt/qemu/{_checked(name)}.pid"]
    found = docker.exec_in(host.container, argv, 15).out.strip()
    return int(found) if found.isdigit() else 0


def console(host: Host, name: str) -> Console:
    """What the guest has said so far; nothing where it has not begun."""
    _checked(name)
    return read(docker.exec_in(host.container, ["cat", console_path(name)], 15).out)


def wait_for_rounds(host: Host, name: str, more: int = 1, patience: float = 90, disk: str = "vda") -> Console:
    """Wait until the disk has done `more` rounds than now. Raises LabError when it stands still."""
    before = console(host, name).rounds.get(disk, 0)
    deadline = time.monotonic() + patience
    while True:
        seen = console(host, name)
        if seen.rounds.get(disk, 0) >= before + more:
            return seen
        if time.monotonic() > deadline:
            raise LabError(
                f"The disk {disk} of the guest {name} on {host.name} stands still at round {seen.rounds.get(disk, 0)} "
                f"for {patience:.0f} s."
            )
        time.sleep(0.1)


def plug(settings: Settings, host: Host, name: str, number: int, disk: str, reconnect: int = domain.RECONNECT) -> None:
    """Plug a disk on a socket, or on a volume, which is served first, into a running guest. Raises LabError.

    By QEMU's own monitor: seen with libvirt 9.0, attach-device leaves `reconnect` out, and such a disk never comes back.
    """
    doing = f"plug a disk into the guest {name} on {host.name}"
    for command in domain.plugging(volumes.served(settings, host, disk), number, reconnect):
        _monitor(host, name, command, doing)


def unplug(host: Host, name: str, number: int) -> None:
    """Ask a running guest to let go of a disk that was plugged in; it does so when it comes to it. Raises LabError."""
    _monitor(host, name, domain.unplugging(number), f"take a disk from the guest {name} on {host.name}")


def _monitor(host: Host, name: str, command: dict[str, Any], doing: str) -> None:
    """A command of QEMU's monitor, through libvirt; LabError with its words where QEMU refuses it."""
    words = ["virsh", "--quiet", "qemu-monitor-command", _checked(name), json.dumps(command)]
    said = docker.exec_in(host.container, words, 90, check=doing).out
    if '"error"' in said:
        raise LabError(f"Could not {doing}: {said.strip()}")


def _virsh(host: Host, *words: str, doing: str, stdin: str = "") -> None:
    """A command of libvirt's; LabError with its words where it fails."""
    docker.exec_in(host.container, ["virsh", "--quiet", *words], 90, check=doing, stdin=stdin.encode() or None)


def shown(host: Host, name: str) -> dict[str, Any]:
    """What `console` tells, with the domain's name and the process id of its QEMU (0 when it does not run)."""
    return {**asdict(console(host, name)), "domain": _checked(name), "pid": pid(host, name)}


def as_json(told: dict[str, Any]) -> str:
    """For programs."""
    return json.dumps(told, sort_keys=True)

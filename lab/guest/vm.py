"""Guests on the lab's compute hosts: start one, plug a disk into it, read its console, end it."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Sequence

from .. import docker
from ..errors import LabError
from ..settings import Host, Settings
from ..target.qmp import Qmp
from . import files

FOLDER = "/usr/share/zbs-guest"
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


def command(name: str, sockets: Sequence[str], memory_mib: int) -> list[str]:
    """QEMU's command line, as libvirt would write it: RAM on shared hugepages, one vhost-user disk for each socket."""
    words = ["qemu-system-x86_64", "-name", f"guest={name},debug-threads=on", "-machine", "pc,accel=tcg", "-cpu", "max"]
    words += ["-m", str(memory_mib), "-nodefaults", "-display", "none", "-no-reboot"]
    words += ["-object", f"memory-backend-memfd,id=mem0,hugetlb=on,hugetlbsize=2M,share=on,size={memory_mib}M"]
    words += ["-numa", "node,memdev=mem0"]
    words += ["-kernel", f"{FOLDER}/vmlinuz", "-initrd", f"{FOLDER}/initramfs"]
    words += ["-append", "console=ttyS0 quiet panic=-1"]
    words += ["-serial", f"file:{console_path(name)}", "-qmp", f"unix:{qmp_path(name)},server=on,wait=off"]
    for number, path in enumerate(sockets):
        words += ["-chardev", f"socket,id=chr{number},path={path},reconnect=1"]
        words += ["-device", f"vhost-user-blk-pci,id=disk{number},chardev=chr{number},num-queues=1"]
    return words


def console_path(name: str) -> str:
    """Where on its host the guest's console is written."""
    return f"/var/log/zbs-guest-{name}.log"


def qmp_path(name: str) -> str:
    """The guest's QMP socket on its host."""
    return f"/run/zbs-guest-{name}.qmp"


def _unit(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise LabError(f"{name!r} is no name for a guest; give 1 to 16 small letters and digits, a letter first.")
    return f"zbs-guest-{name}.service"


def start(settings: Settings, host: Host, name: str, sockets: Sequence[str], memory_mib: int = 128) -> None:
    """Start a guest on `host` with a disk on each of `sockets`. Raises LabError."""
    unit = _unit(name)
    kernel, initramfs = files.ensure(settings.cache)
    bundle = files.bundle(kernel, initramfs)
    docker.docker("cp", "-", f"{host.container}:/", stdin=bundle, check=f"put the guest's kernel on {host.name}")
    docker.exec_in(host.container, ["rm", "-f", console_path(name)], 15)
    argv = ["systemd-run", "--quiet", "--collect", "--unit", unit, *command(name, sockets, memory_mib)]
    docker.exec_in(host.container, argv, 30, check=f"start the guest {name} on {host.name}")


def stop(host: Host, name: str) -> None:
    """End a guest as a power cut does; one that is gone is fine."""
    docker.exec_in(host.container, ["systemctl", "kill", "--signal=KILL", _unit(name)], 30)
    docker.exec_in(host.container, ["systemctl", "reset-failed", _unit(name)], 30)


def pid(host: Host, name: str) -> int:
    """The process id of the guest's QEMU on its host; 0 when it does not run."""
    argv = ["systemctl", "show", "--property=MainPID", "--value", _unit(name)]
    return int(docker.exec_in(host.container, argv, 15).out.strip() or 0)


def console(host: Host, name: str) -> Console:
    """What the guest has said so far; nothing where it has not begun."""
    _unit(name)
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


def plug(host: Host, name: str, number: int, path: str) -> None:
    """Plug a disk on the socket `path` into a running guest."""
    address = {"type": "unix", "data": {"path": path}}
    backend = {"type": "socket", "data": {"addr": address, "server": False, "reconnect": 1}}
    _qmp(host, name, "chardev-add", id=f"plug{number}", backend=backend)
    driver = {"driver": "vhost-user-blk-pci", "num-queues": 1}
    _qmp(host, name, "device_add", id=f"plugged{number}", chardev=f"plug{number}", **driver)


def unplug(host: Host, name: str, number: int) -> None:
    """Ask a running guest to let go of a disk that was plugged in."""
    _qmp(host, name, "device_del", id=f"plugged{number}")


def _qmp(host: Host, name: str, execute: str, **arguments: Any) -> Any:
    """One QMP command, over the host's file system as seen from here."""
    _unit(name)
    init = docker.inspect(host.container).get("State", {}).get("Pid", 0)
    path = Path(f"/proc/{init}/root{qmp_path(name)}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conn:
        conn.settimeout(10)
        try:
            conn.connect(str(path))
        except OSError as error:
            raise LabError(
                f"The guest {name} on {host.name} can't be asked to {execute}: {error.strerror}; is it running?"
            ) from None
        return Qmp(conn, lambda: None).command(execute, **arguments)


def as_json(console_: Console) -> str:
    """A Console for programs."""
    return json.dumps({"boots": console_.boots, "rounds": console_.rounds, "faults": console_.faults}, sort_keys=True)

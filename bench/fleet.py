# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet on this machine: hosts with a local connection, a folder each, stand-in targets that answer on their sockets, and VMs."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from .peer import volume_sockets

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests/unit/plugins/fixtures/spdk-rpc/v26.05.json"
GUEST = Path(__file__).with_name("guest.py")
GROUP = "zbs_vhost"


# Disks of a host, and VMs, where its target is to serve some.
DISKS = 4
# What a QEMU's command line is made of, besides its disk: as many words as libvirt gives it.
COMMAND_LINE = (
    "-machine pc-q35-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram -accel kvm -cpu host,migratable=on -m size=4194304k"
    " -object memory-backend-file,id=pc.ram,mem-path=/dev/hugepages,share=yes,prealloc=yes,size=4294967296 -overcommit mem-lock=off"
    " -smp 4,sockets=1,dies=1,cores=4,threads=1 -display none -no-user-config -nodefaults -rtc base=utc,driftfix=slew"
    " -global kvm-pit.lost_tick_policy=delay -no-hpet -no-shutdown -boot strict=on -device pcie-root-port,port=16,chassis=1,id=pci.1"
    " -netdev tap,fd=30,vhost=on,vhostfd=32,id=hostnet0 -device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:12:34:56"
    " -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny -msg timestamp=on"
)


class Fleet:
    """`count` healthy hosts, each with a target that serves `disks` disks to as many VMs. A context: all of it is gone when it ends.

    The machine has one list of processes for all hosts: VM number k has disk number k of every host, so that each host sees as many
    VMs as it has disks, and walks as many descriptors of each as there are hosts.

    The folder's name must not hold "zbs": a listening admin.sock below such a name would count as another target's.
    """

    def __init__(self, count: int, disks: int = 0) -> None:
        self.count = count
        self.disks = disks
        self.folder = Path()
        self._lost: tuple[list[str], list[str]] = ([], [])
        self._stand_ins: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Fleet":
        self.folder = Path(tempfile.mkdtemp(prefix="fleet-"))
        try:
            self._make()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _make(self) -> None:
        (self.folder / "bin").mkdir()
        shutil.copy2(Path(__file__).with_name("docker-standin"), self.folder / "bin/docker")
        for name in self.names:
            (self.folder / name / "sockets").mkdir(parents=True)
            (self.folder / name / "facts.d").mkdir()
        self.inventory.write_text(self._inventory())
        sockets = [self.socket(name) for name in self.names]
        peer = self._start([sys.executable, "-m", "bench.peer", str(RECORDING), str(self.disks), *map(str, sockets)])
        (self.folder / "peer.pid").write_text(str(peer.pid))
        for disk, own in enumerate(zip(*(volume_sockets(path, self.disks) for path in sockets), strict=True)):
            words = [
                "-name",
                f"guest=bench{disk},debug-threads=on",
                *COMMAND_LINE.split(),
                "-chardev",
                f"socket,id=c,path={own[0]}",
            ]
            self._start(["qemu-kvm", "-S", str(GUEST), *words], "".join(f"{path}\n" for path in own) + "\n")

    def _start(self, argv: list[str], said: str = "") -> "subprocess.Popen[bytes]":
        """A stand-in in Python that has been told what it needs and says that it is ready; it ends with the fleet."""
        process = subprocess.Popen(
            argv, executable=sys.executable, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._stand_ins.append(process)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(said.encode())
        process.stdin.flush()
        if process.stdout.readline() != b"ready\n":
            raise SystemExit(f"The stand-in {argv[0]} did not start; see the message above")
        return process

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._stand_ins):
            process.communicate()  # its standard input ends, and so does it
        self._stand_ins.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def names(self) -> list[str]:
        """The hosts."""
        return [f"h{number:05d}" for number in range(self.count)]

    def socket(self, name: str) -> Path:
        """The admin socket of a host's target."""
        return self.folder / name / "sockets/admin.sock"

    def cut_off(self, names: list[str], port: int, timeout: int) -> None:
        """Make hosts unreachable: SSH to a port of loopback where nobody says a word, for `timeout` seconds."""
        unreachable = [
            f"    ansible_{key}: {value}"
            for key, value in (("host", "127.0.0.1"), ("port", port), ("timeout", timeout))
        ]
        self._lost = (names, ["ansible_connection: ssh", *(line.strip() for line in unreachable)])
        self.inventory.write_text(self._inventory())

    @property
    def inventory(self) -> Path:
        """The inventory of all hosts."""
        return self.folder / "hosts.yml"

    def environment(self) -> dict[str, str]:
        """What `docker` means to the hosts."""
        return {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def docker_calls(self) -> int:
        """Calls of docker since the last time this was asked."""
        log = self.folder / "docker-calls"
        calls = len(log.read_text().splitlines()) if log.exists() else 0
        log.unlink(missing_ok=True)
        return calls

    def _inventory(self) -> str:
        """Vars of a group of its own, so that it can be read beside the inventory of real hosts."""
        lines = [
            "all:",
            "  children:",
            "    zbs_admin: {hosts: {admin: }}",
            f"    {GROUP}:",
            "      children:",
            "        simulated:",
        ]
        lines += ["          vars:", "            ansible_connection: local"]
        # Whoever runs the bench is every host's user: no sudo on any side.
        lines += ["            ansible_become: false", f"            ansible_python_interpreter: {sys.executable}"]
        lines += ["          hosts:"]
        lost, settings = self._lost
        for name in self.names:
            lines.append(f"            {name}:")
            # Whole paths, as a real host has them: a template in each would cost the tick what no site pays.
            lines.append(f"              zbs_vhost_target_admin_socket: {self.socket(name)}")
            lines.append(f"              zbs_vhost_target_facts_dir: {self.folder / name / 'facts.d'}")
            lines += [f"              {setting}" for setting in settings if name in lost]
        return "\n".join(lines) + "\n"

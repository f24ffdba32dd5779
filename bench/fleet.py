# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet on this machine: hosts with a local connection, a folder each, and stand-in targets that answer on their sockets."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests/unit/plugins/fixtures/spdk-rpc/v26.05.json"
GROUP = "zbs_vhost"


class Fleet:
    """`count` healthy hosts. A context: the folder and the peer are gone when it ends.

    The folder's name must not hold "zbs": a listening admin.sock below such a name would count as another target's.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.folder = Path()
        self._lost: tuple[list[str], list[str]] = ([], [])
        self._peer: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Fleet":
        self.folder = Path(tempfile.mkdtemp(prefix="fleet-"))
        (self.folder / "bin").mkdir()
        shutil.copy2(Path(__file__).with_name("docker-standin"), self.folder / "bin/docker")
        for name in self.names:
            (self.folder / name / "sockets").mkdir(parents=True)
            (self.folder / name / "facts.d").mkdir()
        self.inventory.write_text(self._inventory())
        sockets = [str(self.socket(name)) for name in self.names]
        self._peer = subprocess.Popen(
            [sys.executable, "-m", "bench.peer", str(RECORDING), *sockets],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._peer.stdout is not None
        if self._peer.stdout.readline() != b"ready\n":
            self.__exit__(None, None, None)
            raise SystemExit("The stand-in targets did not start; see the message above")
        (self.folder / "peer.pid").write_text(str(self._peer.pid))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._peer is not None:
            self._peer.communicate()  # its standard input ends, and so does it
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

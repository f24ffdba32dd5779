"""A site for the tests of the zbsadm stand-in: an installed zbsadm, a fake ssh, and hosts that are folders.

The fake ssh does what sshd does with a command: it hands the words, joined by blanks, to a shell. So a value that
could be taken for shell code would be. The host's root is a folder, its docker a fake that knows no option but those
that it must know.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from zbsadm_programs import DOCKER, SSH, SSHPASS

REPOSITORY = Path(__file__).resolve().parents[3]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from lab.zbsadm import install  # noqa: E402

HOST = "192.0.2.11"
IMAGE = "zbs-vhost-standin:1.6.0"
CONTAINER = f"zbsvhost-{HOST}"
PASSWORD = "-p@ss w'rd\"$(touch /tmp/zbsadm-test-owned)"
LOGIN = ("--port", "2222", "-u", "admin", "-p", PASSWORD)
DEPLOY = ("vhost", "deploy", "--host", HOST, "--cpuset", "[0,1]", "--hugepage-size", "128", "--silent")
DESTROY = ("vhost", "destroy", "--host", HOST, "--silent")
BDEV = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"
CREATE = ("vhost", "create-bdev", "--host", HOST, "--volume", "pool1/vol1_zbs_", "--name", BDEV, "--silent")
DELETE = ("vhost", "delete-bdev", "--host", HOST, "--name", BDEV, "--silent")
CLIENT = ("client", "deploy", "--host", HOST, *LOGIN, "--silent")
CLUSTER = ("cluster", "ls", "--format", "json")


class Host:
    """A compute host: a folder, what its sshd lets in, what its Docker holds."""

    def __init__(self, site: Path, ip: str) -> None:
        self.root = site / ip
        self.log_in(user="root", port=22, key=True, password=PASSWORD)
        (self.root / "bin").mkdir()
        _script(self.root / "bin" / "docker", DOCKER)
        (self.root / "bin" / "python3").symlink_to(sys.executable)
        self.docker(active=True, images=[IMAGE], registry=[], containers={})
        self.pages(free=64)
        self.mounts("/dev/hugepages2m")

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def log_in(self, **facts: Any) -> None:
        """Change what sshd lets in, or how ssh fails (stderr, status)."""
        path = self.root / "ssh.json"
        present = json.loads(path.read_text()) if path.exists() else {"path": "/usr/bin:/bin"}
        self._write("ssh.json", json.dumps({**present, **facts}))

    def docker(self, **facts: Any) -> dict[str, Any]:
        """Change, and read, what Docker knows."""
        path = self.root / "docker.json"
        present = json.loads(path.read_text()) if path.exists() else {}
        present.update(facts)
        self._write("docker.json", json.dumps(present))
        return present

    def no_docker(self) -> None:
        """Take the docker command away; sh and env alone stay in the path, not this machine's own docker."""
        (self.root / "bin" / "docker").unlink()
        self.log_in(path=str(self.root / "bin"))

    def asked(self) -> list[list[str]]:
        """What Docker was asked."""
        path = self.root / "docker.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def pages(self, free: int) -> None:
        """The pool's free pages of 2 MiB."""
        self._write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", f"{free}\n")

    def mounts(self, *points: str, options: str = "rw,pagesize=2M") -> None:
        """hugetlbfs mounts beside the usual ones."""
        lines = ["22 1 0:20 / /proc rw - proc proc rw", "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"]
        lines += [f"4{i} 25 0:4{i} / {point} rw shared:9 - hugetlbfs none {options}" for i, point in enumerate(points)]
        self._write("proc/self/mountinfo", "\n".join(lines) + "\n")

    def process(self, pid: int, parent: int, pages: int) -> None:
        """A process that holds hugepages of its own."""
        self._write(f"proc/{pid}/stat", f"{pid} (reactor_0 (x) y) S {parent} 1 1 0\n")
        self._write(
            f"proc/{pid}/smaps_rollup", f"Rss: 4 kB\nShared_Hugetlb: 2048000 kB\nPrivate_Hugetlb: {pages * 2048} kB\n"
        )


class Target:
    """An SPDK-like listener on the host's admin socket; ``answers`` maps a method to an error, or to silence (None); ``results`` one to
    what it returns instead of true."""

    def __init__(self, host: Host) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.results: dict[str, Any] = {}
        path = host.root / "var/zbsvhost/sockets/admin.sock"
        path.parent.mkdir(parents=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        held = []
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            text = connection.recv(65536)
            request = json.loads(text)
            self.asked.append({"method": request["method"], "params": request["params"]})
            answer: dict[str, Any] = {
                "jsonrpc": "2.0",
                "id": request["id"],
                "result": self.results.get(request["method"], True),
            }
            if request["method"] in self.answers:
                answer = {"jsonrpc": "2.0", "id": request["id"], "error": self.answers[request["method"]]}
            held.append(connection)
            if answer.get("error", True) is None:
                continue
            data = json.dumps(answer).encode()
            # In two pieces, without a newline, and the connection stays open: as SPDK may do it.
            connection.sendall(data[:10])
            connection.sendall(data[10:])
        for connection in held:
            connection.close()

    def close(self) -> None:
        """Stop listening; accept() wakes up only from a shutdown."""
        if self._thread.is_alive():
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join(10)
            self._listener.close()


class Site:
    """The admin node with its hosts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etc = root / "etc"
        self.etc.mkdir()
        (root / "admin").mkdir()
        install.install(root / "admin")
        (root / "bin").mkdir()
        _script(root / "bin" / "ssh", SSH.replace("SITE", repr(str(root)), 1))
        _script(root / "bin" / "sshpass", SSHPASS)
        (root / "key").write_text("no key\n")
        self.hosts([{"ip": HOST}])
        self.settings(private_key_file=str(root / "key"))
        self.host = Host(root, HOST)
        self.environment = {
            "PATH": f"{root}/bin:{os.path.dirname(sys.executable)}:/usr/bin:/bin",
            "ZBSADM_STANDIN_ETC": str(self.etc),
            "ZBSADM_STANDIN_LOG": str(root / "calls.log"),
            "HOME": str(root),
        }

    def hosts(self, document: Any) -> None:
        """Write the host list."""
        (self.etc / "hosts.json").write_text(json.dumps(document))

    def settings(self, **changes: Any) -> None:
        """Change settings."""
        path = self.etc / "standin.json"
        present = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**present, **changes}))

    def login_dialect(self) -> None:
        """The older release, and a host with a login of its own."""
        self.settings(dialect="login")
        self.host.log_in(user="admin", port=2222, key=False)

    def argv(self, *words: str, program: str = "usr/local/bin/zbsadm") -> list[str]:
        """The installed command."""
        return [str(self.root / "admin" / program), *words]

    def run(self, *words: str, program: str = "usr/local/bin/zbsadm") -> subprocess.CompletedProcess[str]:
        """Call it."""
        return subprocess.run(
            self.argv(*words, program=program), env=self.environment, capture_output=True, text=True, timeout=60
        )

    def answer(self, *words: str, status: int = 0) -> dict[str, Any]:
        """Call it, demand one JSON object on stdout, nothing on stderr, and the exit status."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (status, ""), done
        assert done.stdout.count("\n") == 1
        return json.loads(done.stdout)

    def failure(self, *words: str, status: int = 0) -> tuple[int, str]:
        """Call a vhost command, demand a failure, give its code and message."""
        document = self.answer(*words, status=status)
        assert set(document) == {"success", "error"}
        assert document["success"] is False
        assert document["error"]["message"]
        return document["error"]["code"], document["error"]["message"]

    def standin(self, *words: str) -> str:
        """Call ``zbsadm standin``; it must succeed."""
        done = self.run("standin", *words)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def calls(self) -> list[dict[str, Any]]:
        """The log of calls."""
        return [json.loads(line) for line in self.standin("calls").splitlines()]

    def connections(self) -> list[dict[str, Any]]:
        """What ssh was called with."""
        path = self.root / "ssh.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable} -SE\n{text}")
    path.chmod(0o755)


@pytest.fixture(name="site")
def site_fixture() -> Iterator[Site]:
    """A fresh site. Its folder's name is short, because a socket's path may have 107 bytes only."""
    root = Path(tempfile.mkdtemp(prefix="zbsadm-"))
    try:
        yield Site(root)
    finally:
        shutil.rmtree(root)


@pytest.fixture(name="target")
def target_fixture(site: Site) -> Iterator[Target]:
    """A target that listens on the host."""
    listening = Target(site.host)
    try:
        yield listening
    finally:
        listening.close()

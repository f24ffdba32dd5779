"""The whole program with its real data plane. Only the hugepages are left out here: they need root, and the molecule
scenarios have them; everything else is what runs in the image."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from target_support import DEADLINE, ROOT, read_line, until

pytestmark = pytest.mark.skipif(
    shutil.which("qemu-storage-daemon") is None,
    reason="qemu-storage-daemon (Debian: qemu-system-common) is not installed; the lab's molecule runs cover this",
)
# Of vhost-user, https://www.qemu.org/docs/master/interop/vhost-user.html: requests, a feature's bit, the flags of every message.
SET_PROTOCOL_FEATURES, SET_BACKEND_REQ_FD = 16, 21
BACKEND_REQ, VERSION = 5, 1
# The seam: memory of no pages in place of HugeMemory. There is no switch for this in the program itself.
PROGRAM = """
import sys
from lab.target import __main__, app
class NoPages:
    def __init__(self, folder, mib):
        self.size = mib << 20
    def close(self):
        pass
app.HugeMemory = NoPages
sys.exit(__main__.main(sys.argv[1:]))
"""


class Daemon:
    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.admin = f"{folder}/s/admin.sock"
        (folder / "pools/pool1").mkdir(parents=True, exist_ok=True)
        with (folder / "pools/pool1/vol1").open("wb") as volume:
            volume.truncate(16 << 20)
        cpu = min(os.sched_getaffinity(0))
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by end)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "-m", f"[{cpu}]", "-S", f"{folder}/s", "-r", self.admin, "--pools",
             f"{folder}/pools", "--disable-cpumask-locks", *arguments],
            cwd=ROOT,
            stderr=self.errors,
        )  # fmt: skip
        self.cpu = cpu

    def said(self) -> str:
        """What it wrote to its standard error so far."""
        self.errors.seek(0)
        return self.errors.read()

    def wait_until_it_answers(self) -> Daemon:
        until(self.answers, "the first answer")
        return self

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            return "result" in self.ask("spdk_get_version")
        except OSError:
            return False

    def ask(self, method: str, **params: object) -> dict:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": params} if params else {})}
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(self.admin)
            client.sendall(json.dumps(request).encode())
            return json.loads(read_line(client))

    def volume(self) -> str:
        assert self.ask("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1")["result"] == "b1"
        assert self.ask("vhost_create_blk_controller", ctrlr="b1", dev_name="b1")["result"] is True
        return f"{self.folder}/s/b1"

    def guest(self) -> Guest:
        guest = Guest(f"{self.folder}/s/b1")
        until(lambda: len(self.sessions()) == 1, "the guest is a session")
        return guest

    def sessions(self) -> list:
        return self.ask("vhost_get_controllers")["result"][0]["sessions"]

    def children(self) -> dict[str, int]:
        """Name to pid of the child processes."""
        pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
        return {name(pid): pid for pid in pids if parent(pid) == self.process.pid}

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.errors.close()


class Guest:
    """A client with the channel on which QEMU is told of a new size: one without it is dropped then by the data plane of QEMU 10."""

    def __init__(self, path: str) -> None:
        self.client = socket.socket(socket.AF_UNIX)
        self.client.connect(path)
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.say(SET_PROTOCOL_FEATURES, struct.pack("<Q", 1 << BACKEND_REQ))
            self.say(SET_BACKEND_REQ_FD, b"", theirs)

    def say(self, request: int, payload: bytes, *sockets: socket.socket) -> None:
        message = struct.pack("<III", request, VERSION, len(payload)) + payload
        socket.send_fds(self.client, [message], [one.fileno() for one in sockets])

    def close(self) -> None:
        self.client.close()
        self.channel.close()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def parent(pid: int) -> int:
    seen = fields(pid)  # once: it may end between two looks
    return int(seen[1]) if seen else 0


def alive(pid: int) -> bool:
    seen = fields(pid)
    return bool(seen) and seen[0] not in "ZX"


@contextmanager
def started(*arguments: str) -> Iterator[Daemon]:
    with tempfile.TemporaryDirectory(prefix="zt") as folder:
        daemon = Daemon(Path(folder), *arguments)
        try:
            yield daemon
        finally:
            daemon.end()


def test_names_and_children() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers()
        assert name(daemon.process.pid) == f"reactor_{daemon.cpu}"
        until(lambda: set(daemon.children()) == {"qemu-storage-da", "standin_shadow"}, "both children have their names")
        assert os.sched_getaffinity(daemon.process.pid) == {daemon.cpu}


def test_a_guest_is_a_session_and_deleting_under_it_waits_for_it_to_leave() -> None:
    with started() as daemon:
        path = daemon.wait_until_it_answers().volume()
        assert daemon.sessions() == []
        guest = daemon.guest()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(daemon.admin)
            caller.sendall(b'{"id":1,"method":"vhost_delete_controller","params":{"ctrlr":"b1"}}')
        assert len(daemon.sessions()) == 1
        guest.close()
        until(lambda: daemon.ask("vhost_get_controllers")["result"] == [], "the controller vanishes")
        assert not os.path.exists(path)


def test_acting_as_v24_the_delete_is_refused_at_once() -> None:
    with started("--act-as", "v24.01") as daemon:
        daemon.wait_until_it_answers().volume()
        with daemon.guest():
            answer = daemon.ask("vhost_delete_controller", ctrlr="b1")
        assert answer["error"] == {"code": -32602, "message": "Device or resource busy"}


def test_the_volume_grows_and_goes_under_a_guest_without_losing_the_socket() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers().volume()
        with daemon.guest():
            assert daemon.ask("bdev_zbs_resize", name="b1", new_size=32)["result"] is True
            assert (daemon.folder / "pools/pool1/vol1").stat().st_size == 32 << 20
            assert daemon.ask("bdev_zbs_delete", name="b1")["result"] is True
            assert len(daemon.sessions()) == 1
            block = daemon.ask("vhost_get_controllers")["result"][0]["backend_specific"]["block"]
            assert block["bdev"] is None


def test_two_controllers_on_one_bdev_and_the_same_names_again() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers().volume()
        assert daemon.ask("vhost_create_blk_controller", ctrlr="b2", dev_name="b1", readonly=True)["result"] is True
        for _ in range(2):
            assert daemon.ask("bdev_zbs_delete", name="b1")["result"] is True
            for controller in ("b1", "b2"):
                assert daemon.ask("vhost_delete_controller", ctrlr=controller)["result"] is True
            daemon.volume()
            assert daemon.ask("vhost_create_blk_controller", ctrlr="b2", dev_name="b1", readonly=True)["result"] is True


def refuses(path: str) -> bool:
    """Whether nobody listens on the socket that lies there."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except ConnectionRefusedError:
            return True
    return False


def test_a_kill_leaves_no_process_but_the_dead_sockets_and_the_next_one_takes_over() -> None:
    with started() as daemon:
        path = daemon.wait_until_it_answers().volume()
        children = daemon.children()
        daemon.process.kill()
        daemon.process.wait(DEADLINE)
        until(lambda: not any(map(alive, children.values())), "the children have died")
        # The kernel may close what a dead process had open a moment later.
        until(lambda: refuses(daemon.admin) and refuses(path), "nobody listens any more")
        second = Daemon(daemon.folder)
        try:
            second.wait_until_it_answers()
            assert second.ask("bdev_get_bdevs")["result"] == []
            assert os.path.exists(path)  # dead until somebody creates the controller again
            second.volume()
            second.guest().close()
        finally:
            second.end()


def test_stopped_means_stopped_altogether_and_a_stopped_one_can_be_killed() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers().volume()
        plane = daemon.children()["qemu-storage-da"]
        os.kill(daemon.process.pid, signal.SIGSTOP)
        until(lambda: fields(plane)[0] in "Tt", "the data plane stops too")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(0.3)
            client.connect(daemon.admin)  # succeeds, and that proves nothing
            client.sendall(b'{"id":1,"method":"spdk_get_version"}')
            with pytest.raises(socket.timeout):
                client.recv(1)
        os.kill(daemon.process.pid, signal.SIGCONT)
        until(lambda: fields(plane)[0] not in "Tt", "the data plane goes on")
        assert daemon.answers()
        os.kill(daemon.process.pid, signal.SIGSTOP)
        until(lambda: fields(plane)[0] in "Tt", "the data plane stops again")
        daemon.process.kill()
        daemon.process.wait(DEADLINE)
        until(lambda: not alive(plane), "the data plane has died")


def test_it_ends_when_its_data_plane_ends() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers().volume()
        os.kill(daemon.children()["qemu-storage-da"], signal.SIGKILL)
        assert daemon.process.wait(DEADLINE) == 1
        assert "qemu-storage-daemon has gone" in daemon.said()


@pytest.mark.parametrize("delay", ["0", "3600"])
def test_sigterm_ends_it_cleanly_also_while_it_starts(delay: str) -> None:
    with started("--start-delay", delay) as daemon:
        if delay == "0":
            daemon.wait_until_it_answers().volume()
        else:
            until(lambda: "qemu-storage-da" in daemon.children(), "it has come to the delay")
            assert not os.path.exists(daemon.admin)
        children = daemon.children()
        daemon.process.terminate()
        assert daemon.process.wait(DEADLINE) == 0
        assert not any(map(alive, children.values()))
        assert list((daemon.folder / "s").glob("*")) == []


def test_a_second_one_on_the_same_socket_is_refused() -> None:
    with started() as daemon:
        daemon.wait_until_it_answers()
        second = Daemon(daemon.folder)
        try:
            assert second.process.wait(DEADLINE) == 1
            assert "in use" in second.said()
        finally:
            second.end()
        assert daemon.answers()

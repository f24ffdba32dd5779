"""VMs and the sockets that they need, from a /proc made of files and from the kernel's own."""

import json
import os
import socket
import threading
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import demand, netlink, qemu, qemu_words, unix_peers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import CLOCK_TICK, write, write_process
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import short_folder

FOLDER = "/var/zbsvhost/sockets"
ADMIN = FOLDER + "/admin.sock"
ONE, TWO = FOLDER + "/zbs-bdev-1", FOLDER + "/zbs-bdev-2"


def sockets_in(argv, folder):
    """Paths directly in `folder` that the arguments name as sockets of disks."""
    return {path for path in qemu_words.sockets(argv, folder)[0] if path.startswith("/")}


def write_vm(root, pid, *argv, state="S", program="/usr/bin/qemu-system-x86_64"):
    """A process with those arguments."""
    write_process(root, pid, name="qemu-system-x86", state=state, started=100.0)
    write(root, "proc/%d/cmdline" % pid, "\0".join((program,) + argv) + "\0")
    (root / "proc" / str(pid) / "fd").mkdir()


@pytest.mark.parametrize(
    "argv",
    [
        ["-chardev", "socket,id=chr0,path=%s,reconnect=1" % ONE],
        ["-chardev", "socket,path=%s" % ONE],
        ["-chardev", "socket,id=c,path=/var/zbsvhost//sockets/zbs-bdev-1"],
        ["-blockdev", '{"driver":"virtio-blk-vhost-user","path":"%s","node-name":"a"}' % ONE],
        ["-blockdev", "driver=virtio-blk-vhost-user,path=%s,node-name=a" % ONE],
        ["-blockdev", '{"a":[{"addr":{"type":"unix","path":"%s"}}]}' % ONE.replace("/", "\\/")],
        ["-drive", "file=json:{},id=x", "-drive", 'json:{"path":"%s"}' % ONE],
        ["-incoming", "unix:%s" % ONE],
    ],
)
def test_where_arguments_name_a_socket(argv):
    assert sockets_in(argv, FOLDER) == {ONE}


@pytest.mark.parametrize(
    "word",
    [
        "",
        "{",
        '{"path":',
        "path=/var/zbsvhost/sockets",
        "path=%s/deeper/x" % FOLDER,
        "path=/other/zbs-bdev-1",
        "[" * 9999,
    ]
    + ['{"path":' * 5000, "path=zbs-bdev-1", "path=%s,," % FOLDER],
)
def test_where_they_do_not(word):
    assert sockets_in([word], FOLDER) == set()


def test_a_comma_in_a_path():
    assert sockets_in(["socket,path=%s/a,,b,x=y" % FOLDER], FOLDER) == {FOLDER + "/a,b"}


@pytest.mark.parametrize(
    "value, name",
    [("guest=web,debug-threads=on", "web"), ("debug-threads=on,guest=a,,b", "a,b"), ("web", "web"), ("x=y", None)],
)
def test_names(value, name):
    assert qemu.Vm(1, 2, ["q", "-name", value]).name == name


def test_only_vms_that_live(tmp_path):
    write_vm(tmp_path, 20, "-name", "guest=b", "-uuid", "u")
    write_vm(tmp_path, 3, program="/usr/libexec/qemu-kvm")
    write_vm(tmp_path, 4, state="Z")
    write_vm(tmp_path, 5, "path=" + ONE, program="/usr/bin/qemu-storage-daemon")
    write(tmp_path, "proc/6/cmdline", "")
    write(tmp_path, "proc/7/cmdline", "/usr/bin/kvm\0")  # it ended before its stat was read
    (tmp_path / "proc/8").mkdir()
    found = [vm.as_dict() for vm in qemu.Look(str(tmp_path)).vms]
    assert found == [
        {"pid": 3, "started_ticks": 100 * CLOCK_TICK, "name": None, "uuid": None},
        {"pid": 20, "started_ticks": 100 * CLOCK_TICK, "name": "b", "uuid": "u"},
    ]


def test_what_is_needed_and_how_it_is_known(tmp_path):
    write_vm(tmp_path, 3, "-name", "guest=web", "-chardev", "socket,path=" + ONE, "-chardev", "socket,path=" + ADMIN)
    os.symlink("socket:[77]", tmp_path / "proc/3/fd/9")
    os.symlink("socket:[78]", tmp_path / "proc/3/fd/10")
    os.symlink("/dev/null", tmp_path / "proc/3/fd/11")
    peers = {77: TWO, 78: "/run/other.sock", 79: ONE}
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: peers)
    needs = found["needs"]
    assert ([vm["pid"] for vm in found["vms"]], found["connections_known"]) == ([3], True)
    assert [(need["bdev"], need["seen"], need["vm"]["name"]) for need in needs] == [
        ("zbs-bdev-1", ["arguments"], "web"),
        ("zbs-bdev-2", ["connection"], "web"),
    ]
    blind = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: None)
    assert ([need["seen"] for need in blind["needs"]], blind["connections_known"]) == ([["arguments"]], False)


def test_a_descriptor_that_is_closed_meanwhile_hides_no_other(tmp_path, monkeypatch):
    write_vm(tmp_path, 3)
    for number in range(4, 14):
        os.symlink("socket:[%d]" % number, tmp_path / "proc/3/fd" / str(number))
    readlink = os.readlink

    def closing(path):
        if path.endswith("fd/8"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return readlink(path)

    monkeypatch.setattr(qemu.os, "readlink", closing)
    peers = {number: "%s/zbs-bdev-%d" % (FOLDER, number) for number in range(4, 14)}
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: peers)
    assert found["connections_known"] is True
    assert {need["socket"] for need in found["needs"]} == set(peers.values()) - {FOLDER + "/zbs-bdev-8"}


@pytest.mark.parametrize("what", ["listdir", "readlink"])
def test_a_vm_whose_descriptors_are_not_shown_is_not_knowing(tmp_path, monkeypatch, what):
    for pid in (3, 4):
        write_vm(tmp_path, pid)
        os.symlink("socket:[77]", tmp_path / "proc" / str(pid) / "fd/9")
    asked = getattr(os, what)

    def refusing(path):
        if "/proc/3/fd" in path:
            raise PermissionError(13, "Permission denied", path)
        return asked(path)

    monkeypatch.setattr(qemu.os, what, refusing)
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: {77: ONE})
    assert found["connections_known"] is False
    assert [(need["vm"]["pid"], need["socket"]) for need in found["needs"]] == [(4, ONE)]


class Late(threading.Thread):
    """A worker that gets no CPU at first, but for the first one of a test."""

    begun = 0

    def run(self):
        Late.begun += 1
        if Late.begun > 1:
            time.sleep(0.3)
        super().run()


@pytest.mark.parametrize("kind", [threading.Thread, Late])
def test_a_process_whose_memory_is_locked_is_not_waited_for(tmp_path, monkeypatch, kind):
    """Its arguments lie in that memory; a FIFO that nobody writes to blocks whoever opens it, as the kernel does."""
    monkeypatch.setattr(qemu.threading, "Thread", kind)
    monkeypatch.setattr(Late, "begun", 0)
    write_vm(tmp_path, 3)
    write_process(tmp_path, 7, name="qemu-system-x86", started=100.0)
    os.mkfifo(tmp_path / "proc/7/cmdline")
    monkeypatch.setattr(demand, "VMS_SECONDS", 0.2)
    write_vm(tmp_path, 5)
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert [vm["pid"] for vm in found["vms"]] == [3, 5, 7]
    assert "process 7 (its memory is locked) can't be examined" in found["unseen"][0]
    assert not found["connections_known"]
    os.close(os.open(tmp_path / "proc/7/cmdline", os.O_WRONLY))  # lets the reader go


def test_the_next_worker_is_not_taken_for_the_one_that_hangs(tmp_path, monkeypatch):
    """It waits for a CPU longer than a process is waited for."""
    write_process(tmp_path, 7, name="qemu-system-x86", started=100.0)
    os.mkfifo(tmp_path / "proc/7/cmdline")
    for pid in (8, 9):
        write_vm(tmp_path, pid)
    monkeypatch.setattr(qemu.threading, "Thread", Late)
    monkeypatch.setattr(Late, "begun", 0)
    monkeypatch.setattr(qemu, "STUCK_SECONDS", 0.1)
    look = qemu.Look(str(tmp_path), 20)
    os.close(os.open(tmp_path / "proc/7/cmdline", os.O_WRONLY))
    assert [vm.pid for vm in look.vms] == [7, 8, 9] and look.unseen == {7: "its memory is locked"}


def test_many_that_hang_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(qemu, "STUCK_SECONDS", 0.05)
    monkeypatch.setattr(demand, "VMS_SECONDS", 0.3)
    for pid in range(100, 140):
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        os.mkfifo(tmp_path / "proc" / str(pid) / "cmdline")
    with pytest.raises(TimeoutError, match="arguments of all processes took more than 0 s"):
        demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    for pid in range(100, 140):  # lets the readers go
        os.close(os.open(tmp_path / "proc" / str(pid) / "cmdline", os.O_RDWR))


def test_an_error_of_our_own_is_not_lost_with_its_thread(tmp_path, monkeypatch):
    write_vm(tmp_path, 3, program="/usr/bin/qemu-kvm")
    monkeypatch.setattr(qemu, "of_process", lambda *_arguments: {}[1])
    with pytest.raises(KeyError):
        qemu.Look(str(tmp_path))


def test_without_proc_there_is_an_error_and_no_traceback(tmp_path, capfd):
    with pytest.raises(FileNotFoundError):
        demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert capfd.readouterr().err == ""


def test_without_a_vm_the_kernel_is_not_asked(tmp_path):
    write(tmp_path, "proc/uptime", "1 1")
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: pytest.fail("asked"))
    assert found == {"vms": [], "connections_known": True, "needs": [], "unseen": []}


def test_the_kernels_own_peers():
    with short_folder() as folder:
        path = os.path.join(folder, "x")
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(path)
            server.listen(1)
            client.connect(path)
            conn, _address = server.accept()
            with conn:
                peers = unix_peers.read_peers()
                if peers is None:
                    pytest.skip("this kernel has no unix_diag")
                mine = os.fstat(client.fileno()).st_ino
                assert peers[mine] == path
                assert os.fstat(conn.fileno()).st_ino not in peers  # the server's end leads to nobody's path
                me = qemu.Vm(os.getpid(), 0, ["qemu-kvm"])
                assert path in qemu.connections(me, peers)


@pytest.mark.parametrize("chunk", [b"", b"\0" * 40, b"\1\2\3", b"\xff" * 64])
def test_an_answer_that_is_cut_off_names_nobody(chunk):
    assert unix_peers.peers_of([chunk]) in ({}, None)


def test_an_error_of_the_kernel_is_not_knowing():
    import struct

    assert unix_peers.peers_of([struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -2)]) is None


def test_a_kernel_without_unix_diag_is_not_knowing(monkeypatch):
    def refuse(*_arguments):
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(unix_peers.socket, "socket", refuse)
    assert unix_peers.read_peers() is None


def test_an_attribute_that_is_shorter_than_its_head_ends_the_message():
    """A size of 0 would be read for ever."""
    body = unix_peers._MESSAGE.pack(*[0] * len(unix_peers._MESSAGE.unpack(bytes(unix_peers._MESSAGE.size)))) + bytes(4)
    head = netlink.HEADER.pack(netlink.HEADER.size + len(body), unix_peers._SOCK_DIAG_BY_FAMILY, 0, 1, 0)
    assert unix_peers.peers_of([head + body]) == {}


def test_a_socket_deep_in_an_argument_of_json_is_found_among_what_is_no_text():
    word = json.dumps({"driver": "vhost-user-blk", "queues": 4, "chardev": [None, True, {"path": ONE}]})
    assert sockets_in(["-device", word], FOLDER) == {ONE}


@pytest.mark.parametrize("value", ["relative", "/s/\0a", "/elsewhere/a", "/s", "unix:s/a"])
def test_what_leads_nowhere_in_the_folder(value):
    assert qemu_words.inside(value, "/s", lambda path: path) is None


def test_a_word_that_is_far_too_long_says_nothing():
    assert qemu_words.sockets(["-chardev", "socket,path=/s/a," + "x" * (qemu_words._MOST_WORD + 1)], "/s")[0] == {}


def test_a_setting_of_what_is_not_there_is_passed_over():
    argv = ["-chardev", "socket,id=c,path=/s/a", "-set", "chardev.nobody.reconnect=3", "-set", "chardev.c.colour=red"]
    assert list(qemu_words.sockets(argv, "/s")[0]) == ["/s/a"]

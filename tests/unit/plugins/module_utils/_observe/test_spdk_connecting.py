"""Who is behind a socket's path: nobody, somebody who takes no connection, something else, or no right to ask."""

import contextlib
import errno
import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import spdk
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, answer, sends
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files

SHORT = 0.3


def problem(path, seconds=10.0):
    """The problem that a call to `path` raises; proves that no descriptor stays open."""
    before = open_files()
    with pytest.raises(spdk.SpdkProblem) as caught:
        spdk.call(path, "spdk_get_version", Deadline(seconds))
    assert open_files() <= before
    assert "\n" not in caught.value.message
    return caught.value


def test_no_file_is_nobody(folder):
    found = problem(folder + "/admin.sock")
    assert (found.code, found.details) == ("nobody", {"errno": errno.ENOENT})


def test_no_folder_is_nobody(folder):
    assert problem(folder + "/not/there/admin.sock").code == "nobody"


def test_a_file_as_the_folder_is_nobody(folder):
    open(folder + "/file", "w").close()
    assert problem(folder + "/file/admin.sock").code == "nobody"


def test_a_socket_that_a_dead_process_left_is_nobody(folder):
    path = folder + "/admin.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        sock.listen(1)
    assert os.path.exists(path)
    found = problem(path)
    assert (found.code, found.details) == ("nobody", {"errno": errno.ECONNREFUSED})


def test_bound_and_not_listening_is_nobody(folder):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/admin.sock")
        assert problem(folder + "/admin.sock").code == "nobody"


@pytest.mark.parametrize("make", [lambda path: open(path, "w").close(), os.mkdir, os.mkfifo])
def test_a_file_that_is_no_socket_is_nobody(folder, make):
    make(folder + "/admin.sock")
    assert problem(folder + "/admin.sock").code == "nobody"


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
def test_a_socket_of_another_kind_is_junk(folder, kind):
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(folder + "/admin.sock")
        if kind == socket.SOCK_SEQPACKET:
            sock.listen(1)
        assert problem(folder + "/admin.sock").code == "junk"


def test_a_listener_that_never_accepts_is_silent_and_known_by_its_pid(folder):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/admin.sock")
        sock.listen(8)
        started = time.monotonic()
        found = problem(folder + "/admin.sock", SHORT)
        assert SHORT <= time.monotonic() - started < 10 * SHORT
    assert (found.code, found.details) == ("silent", {"pid": os.getpid()})


def test_a_full_queue_is_silent(folder):
    path = folder + "/admin.sock"
    waiting = []
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        sock.listen(0)
        try:
            while True:
                client = socket.socket(socket.AF_UNIX)
                waiting.append(client)
                client.setblocking(False)
                client.connect(path)
        except BlockingIOError:
            pass
        started = time.monotonic()
        found = problem(path, SHORT)
        assert time.monotonic() - started < 10 * SHORT
        for client in waiting:
            client.close()
    assert found.code == "silent" and "queue" in found.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may connect to everything")
@pytest.mark.parametrize("of_folder", [True, False])
def test_no_permission_is_denied(folder, of_folder):
    path = folder + "/admin.sock"
    with Peer(path, sends(answer(1))):
        os.chmod(folder if of_folder else path, 0)
        try:
            found = problem(path)
        finally:
            os.chmod(folder, 0o700)
    assert found.code == "denied" and "root" in found.message


def test_a_path_of_107_bytes_works_and_one_of_108_is_refused_before_it_is_cut(folder):
    longest = folder + "/" + "x" * (107 - len(folder) - 1)
    with Peer(longest, sends(answer(17))):
        assert spdk.call(longest, "spdk_get_version", Deadline(10)).result == 17
        assert problem(longest + "y").code == "bad_path"


def test_bytes_are_counted_not_letters(folder):
    path = folder + "/" + "ü" * 50
    assert len(path) < 107 < len(path.encode())
    assert problem(path).code == "bad_path"


@pytest.mark.parametrize("path", ["", "/tmp/with\0zero", "\0abstract"])
def test_a_path_that_no_file_can_have_is_bad(path):
    assert problem(path).code == "bad_path"


def test_a_deadline_that_is_spent_asks_nobody_and_calls_nobody_silent(folder):
    with Peer(folder + "/admin.sock", sends(answer(1))) as peer:
        with pytest.raises(spdk.SpdkProblem) as caught:
            spdk.call(folder + "/admin.sock", "spdk_get_version", Deadline(0.0))
        assert caught.value.code == "not_asked" and peer.requests == []


class Sock:
    """A socket whose connect or getsockopt fails with that error number."""

    def __init__(self, number):
        self.number = number

    def settimeout(self, _seconds):
        pass

    def connect(self, _path):
        raise OSError(self.number, os.strerror(self.number))

    def getsockopt(self, *_arguments):
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    "number, code",
    [(errno.EACCES, "denied"), (errno.ENOMEM, "denied"), (errno.ENOTSOCK, "junk"), (errno.EAGAIN, "silent")],
)
def test_what_connecting_may_end_with_is_never_taken_for_nobody(number, code):
    with pytest.raises(spdk.SpdkProblem) as caught:
        spdk._connect(Sock(number), "/run/admin.sock", Deadline(10))
    assert caught.value.code == code and "/run/admin.sock" in caught.value.message


def test_a_kernel_that_does_not_tell_the_peer():
    assert spdk._peer_pid(Sock(errno.ENOPROTOOPT)) is None


def test_the_listener_is_known_though_it_never_answers(folder):
    path = folder + "/admin.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        sock.listen(8)
        before, started = open_files(), time.monotonic()
        assert spdk.listener(path, Deadline(10 * SHORT)) == os.getpid()
        assert time.monotonic() - started < 10 * SHORT and open_files() <= before
        assert sock.accept()[0].recv(1) == b""  # it was asked nothing


@pytest.mark.parametrize("name", ["admin.sock", "not/there/admin.sock", "a" * 200, ""])
def test_where_nobody_listens_no_listener_is_known(folder, name):
    before = open_files()
    assert spdk.listener(name and folder + "/" + name, Deadline(SHORT)) is None
    assert open_files() <= before


def test_a_listener_whose_queue_is_full_is_not_known(folder):
    path = folder + "/admin.sock"
    with socket.socket(socket.AF_UNIX) as sock, contextlib.ExitStack() as waiting:
        sock.bind(path)
        sock.listen(0)
        waiting.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        assert spdk.listener(path, Deadline(SHORT)) is None

"""The kind "programs that talk": an SSH server's greeting in every way that RFC 4253 4.2 allows (case 25 came from the field)."""

import contextlib
import socket
import threading
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import ssh
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import listening
from hypothesis import given
from hypothesis import strategies as st

ITS = b"SSH-2.0-OpenSSH_9.6\r\n"


def asked(pieces, waits=False, stays=False, seconds=5.0):
    """What is said of a server that sends these pieces; `waits` until the client has spoken, `stays` afterwards."""
    with listening() as server:

        def serve():
            with contextlib.suppress(OSError):
                connection, _address = server.accept()
                with connection:
                    if waits:
                        connection.recv(1)
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(0.01)
                    while stays and connection.recv(64):
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            return ssh.problem("127.0.0.1", server.getsockname()[1], Deadline(seconds))
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(20)


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize(
    "pieces",
    [
        [ITS],
        [b"SSH-2.0-OpenSSH_9.6\n"],
        [b"SSH-1.99-Cisco-1.25\r\n"],
        [b"SSH-2.0-x", b"y z\r\n"],
        [b"SSH-2.0-"],
        [bytes([byte]) for byte in ITS],
        [b"Welcome to the bastion\r\n" + ITS],
        [b"Welcome to the bastion\n", b"\n", ITS],
        ["欢迎\r\n".encode(), ITS],
        [b"\xff\xfe caf\xe9\r\n", ITS],
        [b"no SSH-2.0- in here\r\n", ITS],
        [b"\r\n" * 1000, ITS],
        [b"x" * 8000 + b"\r\n", ITS],
        [ITS + b"\0\0\1\x14\x08\x14binary key exchange"],
    ],
)
def test_a_server(pieces, stays):
    assert asked(pieces, stays=stays) is None


def test_a_server_that_waits_until_it_is_spoken_to():
    assert asked([ITS], waits=True, stays=True, seconds=4.0) is None
    assert asked([b"Welcome\r\n", ITS], waits=True, seconds=4.0) is None


@pytest.mark.parametrize(
    "pieces, words",
    [
        ([b"220 mail ESMTP\r\n"], "what answers is not an SSH server (it says '220 mail ESMTP')"),
        (
            [b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"],
            "what answers is not an SSH server (it says 'HTTP/1.1 400 Bad Request')",
        ),
        ([b"Exceeded MaxStartups\r\n"], "what answers is not an SSH server (it says 'Exceeded MaxStartups')"),
        ([b"SSH-1.5-old\r\n"], "what answers is not an SSH server (it says 'SSH-1.5-old')"),
        ([b"SSH-2.0\r\n"], "what answers is not an SSH server (it says 'SSH-2.0')"),
        ([b"SS"], "what answers is not an SSH server (it says 'SS')"),
        ([b" SSH-2.0-x\r\n"], "what answers is not an SSH server (it says 'SSH-2.0-x')"),
        ([], "what answers is not an SSH server"),
        ([b"\x1b[2J\xe9\r\n"], "what answers is not an SSH server (it says '\\x1b[2J\ufffd')"),
        ([b"x" * 70000], "what answers is not an SSH server (it says '%s')" % ("x" * 80)),
        ([b"a\r\n" * 1100], "what answers is not an SSH server (it says 'a')"),
    ],
)
def test_what_is_none(pieces, words):
    assert asked(pieces) == words


@pytest.mark.parametrize(
    "pieces, words",
    [([], "no answer within 0 s"), ([b"hello\r\n"], "no answer within 0 s, only 'hello' and no version")],
)
def test_one_that_does_not_go_on(pieces, words):
    assert asked(pieces, stays=True, seconds=0.3) == words


def test_nobody():
    with listening() as server:
        port = server.getsockname()[1]
    assert ssh.problem("127.0.0.1", port, Deadline(2)) == "Connection refused"


@pytest.mark.parametrize(
    "said, words", [(b"", "Broken pipe"), (b"hello\r\n", "what answers is not an SSH server (it says 'hello')")]
)
def test_one_that_goes_away_when_it_is_spoken_to(monkeypatch, said, words):
    left = [said]  # said once

    class Gone:
        def __enter__(self):
            return self

        def __exit__(self, *_arguments):
            pass

        def settimeout(self, _seconds):
            pass

        def recv(self, _size):
            if left and left[0]:
                return left.pop()
            raise socket.timeout

        def sendall(self, _data):
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(ssh.socket, "create_connection", lambda *_arguments, **_more: Gone())
    assert ssh.problem("h", 22, Deadline(0.3)) == words


@pytest.mark.parametrize("data", [b"x", b" ", b"\n", b"\x1b", b"SSH", b"Welcome\r\n"])
@pytest.mark.parametrize("size", [1, 4096])
def test_megabytes_take_no_minutes(data, size):
    greeting, before = ssh.Greeting(), time.process_time()
    data *= 2000000 // len(data)
    for start in range(0, len(data), size):
        if greeting.found is None:
            greeting.add(data[start : start + size])
    assert greeting.found is False and len(greeting.words()) <= 80 * 4
    assert time.process_time() - before < 5  # others use the machine too


def test_what_it_began_with_comes_in_pieces():
    greeting = ssh.Greeting()
    for piece in (b"\r\n", b" ", b"22", b"0 mail\r", b"\nSSH", b""):
        greeting.add(piece)
    assert (greeting.found, greeting.words()) == (False, "220 mail")


@given(st.lists(st.binary()), st.lists(st.sampled_from([b"SSH-", b"2.0-", b"1.99-", b"\r\n", b"\n", b"x"])))
def test_the_pieces_do_not_matter(some, more):
    """A greeting is judged the same however it is cut."""
    whole, cut = ssh.Greeting(), ssh.Greeting()
    data = b"".join(some + more)
    for piece in (data, b"") if data else (b"",):
        if whole.found is None:
            whole.add(piece)
    for piece in [data[at : at + 1] for at in range(len(data))] + [b""]:
        if cut.found is None:
            cut.add(piece)
    assert whole.found == cut.found and whole.found is not None
    whole.words().encode("utf-8")

"""The JSON-RPC client against real sockets: what an answer may look like, and that nothing stays open."""

import json
import os
import socket
import threading
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import spdk
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, answer, sends, short_folder
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files, until

RESULT = {"version": "SPDK v24.01", "fields": {"suffix": "ü}{"}}
SHORT = 0.4


@pytest.fixture
def path():
    with short_folder() as folder:
        yield os.path.join(folder, "admin.sock")


def call(path, behave, seconds=10.0, params=None, method="spdk_get_version"):
    """Call a peer that behaves so: (answer or error, peer). Proves that the connection was closed afterwards."""
    before = open_files()
    with Peer(path, behave) as peer:
        inside = open_files()
        try:
            result = spdk.call(path, method, Deadline(seconds), params)
        except (spdk.SpdkProblem, spdk.SpdkError) as exc:
            result = exc
        until(lambda: peer.ends == [True])
        until(lambda: open_files() <= inside)
    until(lambda: open_files() <= before)
    return result, peer


def in_pieces(build, size):
    """A behaviour that sends the answer in pieces of `size` bytes."""

    def behave(conn, request):
        data = build(request)
        for start in range(0, len(data), size):
            conn.sendall(data[start : start + size])

    return behave


WHOLE = {
    "in one piece": sends(answer(RESULT)),
    "with a newline": sends(lambda request: answer(RESULT)(request) + b"\n"),
    "with blanks around": sends(lambda request: b" \r\n" + answer(RESULT)(request) + b"\r\n "),
    "in single bytes": in_pieces(answer(RESULT), 1),
    "in single bytes with a newline": in_pieces(lambda request: answer(RESULT)(request) + b"\n", 1),
    "blanks long before it": in_pieces(lambda request: b" " * 50 + answer(RESULT)(request), 7),
    "in sevens": in_pieces(answer(RESULT), 7),
    "and more behind it": sends(lambda request: answer(RESULT)(request) + b'\n{"x": {}}'),
    "pretty": sends(lambda request: json.dumps(json.loads(answer(RESULT)(request)), indent=4).encode()),
}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_whole_answer_is_understood(path, name):
    result, _peer = call(path, WHOLE[name])
    assert isinstance(result, spdk.Answer), result
    assert (result.result, result.pid) == (RESULT, os.getpid())


@pytest.mark.parametrize("result", [None, False, 0, [], "", {}, [{"a": 1}]])
def test_every_result_comes_back_as_it_is(path, result):
    assert call(path, sends(answer(result)))[0].result == result


def test_a_long_answer_comes_whole(path):
    long = [{"name": "zbs-bdev-%06d" % number, "blocks": number} for number in range(20000)]
    assert call(path, sends(answer(long)))[0].result == long


def test_without_params_the_key_is_left_out(path):
    _result, peer = call(path, sends(answer(1)))
    request = json.loads(peer.requests[0].decode())
    assert b"params" not in peer.requests[0]
    assert sorted(request) == ["id", "jsonrpc", "method"]
    assert (request["jsonrpc"], request["method"]) == ("2.0", "spdk_get_version")


@pytest.mark.parametrize("params", [{}, {"name": "x"}])
def test_with_params_they_are_sent_as_given(path, params):
    _result, peer = call(path, sends(answer(1)), params=params)
    assert json.loads(peer.requests[0].decode())["params"] == params


@pytest.mark.parametrize(
    "error, code, words",
    [
        ({"code": -32601, "message": "Method not found"}, -32601, "Method not found"),
        ({"code": -19, "message": "No such device"}, -19, "No such device"),
        ({}, None, "no message"),
        ("text", None, "no message"),
        (None, None, "no message"),
        ({"code": -1, "message": "x" * 10000}, -1, "xxx"),
    ],
)
def test_an_error_object_is_the_targets_refusal(path, error, code, words):
    def build(request):
        return json.dumps({"jsonrpc": "2.0", "id": json.loads(request)["id"], "error": error}).encode()

    result, _peer = call(path, sends(build))
    assert isinstance(result, spdk.SpdkError) and result.code == "rpc_error"
    assert result.rpc_code == code and words in result.message and len(result.message) < 500


def nothing(_conn, _request):
    """Close at once."""
    _conn.close()


def half(conn, request):
    """Close in the middle of an answer."""
    conn.sendall(answer(RESULT)(request)[:20])
    conn.close()


@pytest.mark.parametrize("behave", [nothing, half])
def test_closed_without_a_whole_answer(path, behave):
    with Peer(path, behave), pytest.raises(spdk.SpdkProblem) as caught:
        spdk.call(path, "spdk_get_version", Deadline(10))
    assert caught.value.code == "closed" and caught.value.details["pid"] == os.getpid()


JUNK = {
    "text": b"hello",
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n{}",
    "array": b"[]",
    "array of an answer": b'[{"jsonrpc": "2.0", "id": 1, "result": 1}]',
    "number": b"17",
    "zeros": b"\0" * 100,
    "object without an id": b'{"result": 1}',
    "null id": b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}}',
    "empty object": b"{}",
    "nested 100000 deep": b'{"result": ' + b"[" * 100000 + b"]" * 100000 + b"}",
}


@pytest.mark.parametrize("name", sorted(JUNK))
def test_what_is_no_answer_is_junk(path, name):
    result, _peer = call(path, lambda conn, _request: conn.sendall(JUNK[name]))
    assert isinstance(result, spdk.SpdkProblem) and result.code == "junk", result
    assert result.details["pid"] == os.getpid()


@pytest.mark.parametrize("more", [{"id": -1}, {"id": "x"}, {"id": None}])
def test_an_answer_to_another_request_is_junk(path, more):
    result, _peer = call(path, sends(answer(RESULT, **more)))
    assert result.code == "junk"


def test_an_answer_without_result_and_error_is_junk(path):
    def build(request):
        return json.dumps({"jsonrpc": "2.0", "id": json.loads(request)["id"]}).encode()

    assert call(path, sends(build))[0].code == "junk"


UNFINISHED = {
    "half an answer": sends(lambda request: answer(RESULT)(request)[:-5]),
    "an object that is no JSON": sends(lambda _request: b"{junk}"),
    "nothing but blanks": sends(lambda _request: b" \n" * 50),
    "bytes that are no text": sends(lambda _request: b"{\xff\xfe}"),
    "a number of 10000 digits": sends(lambda _request: b'{"id": 1, "result": ' + b"9" * 10000 + b"}"),
    "a number that is none": sends(lambda _request: b'{"id": 1, "result": NaN}'),
}


@pytest.mark.parametrize("name", sorted(UNFINISHED))
def test_who_said_something_is_not_silent(path, name):
    """`silent` heals: it must be kept for a target that never answers, not for one that answers what is no SPDK."""
    result, _peer = call(path, UNFINISHED[name], SHORT)
    assert isinstance(result, spdk.SpdkProblem) and result.code == "junk", result


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"a": {"b": [{}, {}]}, "c": "}"}',
        b'{"a": "\\"}", "b": {}}',
        b'{"a": "\\\\", "b": "}"}',
        b'{"a\\\\\\"}": "\\u007d{{"}',
        '{"a": "é}"}'.encode(),
    ],
)
def test_an_answer_is_complete_with_its_last_brace(text, size):
    braces = spdk.Braces()
    told = [braces.closed_by(text[start : start + size]) for start in range(0, len(text), size)]
    assert told == [False] * (len(told) - 1) + [True]


def test_an_answer_of_many_objects_is_read_once(path):
    """A try at each piece, every one of which closes an object, took as many times as long as there are pieces."""
    many = [{"n": number} for number in range(60000)]
    before = time.process_time()
    result, _peer = call(path, in_pieces(lambda request: answer(many)(request).replace(b" ", b""), 1000), 30)
    assert result.result == many and time.process_time() - before < 5


def test_an_endless_answer_ends(path, monkeypatch):
    monkeypatch.setattr(spdk, "MAX_ANSWER", 100000)
    sent = []

    def behave(conn, _request):
        conn.sendall(b'{"result": "')
        while True:
            sent.append(conn.send(b"x" * 4096))

    with Peer(path, behave), pytest.raises(spdk.SpdkProblem) as caught:
        spdk.call(path, "spdk_get_version", Deadline(20))
    assert caught.value.code == "junk" and "100000 bytes" in caught.value.message


def test_accepting_and_silent_ends_at_the_deadline(path):
    started = time.monotonic()
    result, _peer = call(path, lambda _conn, _request: None, SHORT)
    assert SHORT <= time.monotonic() - started < 10 * SHORT
    assert result.code == "silent" and result.details["pid"] == os.getpid()
    assert path in result.message and "0.4 s" in result.message


def test_pieces_that_keep_coming_do_not_stretch_the_deadline(path):
    """The deadline is over the whole call: a drip of bytes must not start it again."""

    def behave(conn, _request):
        conn.sendall(b'{"a": "')
        conn.settimeout(0.02)
        while True:
            conn.sendall(b"x")
            try:
                conn.recv(1)
                return
            except OSError:
                continue

    started = time.monotonic()
    with Peer(path, behave), pytest.raises(spdk.SpdkProblem):
        spdk.call(path, "spdk_get_version", Deadline(SHORT))
    assert time.monotonic() - started < 10 * SHORT


def test_a_target_that_hangs_up_on_the_request_is_closed_and_known_by_its_pid(path):
    """Bytes that wait unread when an end closes become a reset at the other."""

    def serve(listener):
        conn, _address = listener.accept()
        conn.recv(1)
        conn.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with pytest.raises(spdk.SpdkProblem) as caught:
            spdk.call(path, "spdk_get_version", Deadline(20))
        thread.join(20)
    assert (caught.value.code, caught.value.details["pid"]) == ("closed", os.getpid())
    assert "without an answer" in caught.value.message

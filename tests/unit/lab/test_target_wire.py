"""How the admin socket behaves on the wire: pieces, silence, closing, limits."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_support import is_silent, read_line, served, until

from lab.target.jsonscan import MAX_DEPTH, MAX_VALUES, Malformed, scan

VERSION = b'{"jsonrpc":"2.0","id":1,"method":"spdk_get_version"}'
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES, st.booleans(), st.sampled_from([b"", b"\n", b" {", b"}"]))
def test_scan_finds_the_end_of_any_value_and_waits_for_any_part_of_it(
    value: Any, ascii_only: bool, rest: bytes
) -> None:
    data = json.dumps([value], ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        with pytest.raises(Malformed):
            scan(data)
        return
    assert scan(data + rest) == len(data)
    assert {scan(data[:length]) for length in range(len(data))} == {0}


@pytest.mark.parametrize(
    "data",
    [
        b"}", b"]", b"{]", b"[}", b"{1", b'{"a" 1', b'{"a":1,}', b"[1,]", b"[,", b"[1 2", b"nul!", b"[NaN", b"[Infinity",
        b"[01", b"[1.]", b"[-]", b"[+1", b"[1-2", b'["\\x', b'["\\u12g', b'["\x01', b"{'a'", b"GET / HTTP/1.1\r\n", b'["\xff"]',
        b"[" * (MAX_DEPTH + 1), b"[" + b"1," * MAX_VALUES,
    ],
)  # fmt: skip
def test_scan_knows_what_can_never_become_json(data: bytes) -> None:
    with pytest.raises(Malformed):
        scan(data)


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"{", b'{"a', b'{"a"', b'["\\', b'["\\u12', b"[-", b"[1.", b"[1e", b"[tr", b"[1"]
)
def test_scan_waits_for_more(data: bytes) -> None:
    assert scan(data) == 0


def test_answers_are_compact_lines() -> None:
    with served() as bench:
        line = bench.raw(VERSION)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert line.startswith(b'{"jsonrpc":"2.0","id":1,"result":{"version":"SPDK v26.05 (zstack.zbs stand-in)"')


def test_a_request_may_come_byte_by_byte_and_two_in_one() -> None:
    with served() as bench, bench.connect() as client:
        for byte in VERSION:
            client.sendall(bytes([byte]))
        assert json.loads(read_line(client))["id"] == 1
        client.sendall(VERSION + b"\n" + VERSION.replace(b'"id":1', b'"id":"two"'))
        data = b""
        while data.count(b"\n") < 2:
            data += client.recv(4096)
        assert [json.loads(line)["id"] for line in data.splitlines()] == [1, "two"]


def test_incomplete_json_is_waited_for_in_silence() -> None:
    with served() as bench, bench.connect() as client:
        client.sendall(VERSION[:-1])
        assert is_silent(client)
        assert bench.result("spdk_get_version")  # and it blocks nobody
        client.sendall(VERSION[-1:])
        assert read_line(client)


@pytest.mark.parametrize("data", [b"hello", VERSION[:-1] + b"]", VERSION + b"}", b"{" + b" " * (32 * 1024)])
def test_malformed_or_too_long_closes_without_a_byte(data: bytes) -> None:
    with served() as bench:
        with contextlib.suppress(ConnectionResetError):  # closed with bytes of ours unread: none of theirs either
            assert bench.raw(data) == b""
        assert bench.result("spdk_get_version")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"[]", {"id": None, "code": -32600}),
        (b"[" + VERSION + b"]", {"id": None, "code": -32600}),
        (b'"text"', {"id": None, "code": -32600}),
        (b'{"jsonrpc":"2.0","id":7}', {"id": None, "code": -32600}),
        (b'{"jsonrpc":"1.0","id":7,"method":"spdk_get_version"}', {"id": None, "code": -32600}),
        (b'{"id":7,"method":5}', {"id": None, "code": -32600}),
        (b'{"id":[7],"method":"spdk_get_version"}', {"id": None, "code": -32600}),
        (b'{"id":true,"method":"spdk_get_version"}', {"id": None, "code": -32600}),
        (b'{"id":7,"method":"spdk_get_version","more":1}', {"id": None, "code": -32600}),
        (b'{"id":7,"id":8,"method":"spdk_get_version"}', {"id": None, "code": -32600}),
        (b'{"id":7,"method":"spdk_get_version","params":1}', {"id": 7, "code": -32600}),
        (b'{"id":7,"method":"none"}', {"id": 7, "code": -32601}),
        (b'{"method":"none"}', {"id": None, "code": -32601}),
    ],
)
def test_invalid_requests(request_: bytes, expected: dict[str, Any]) -> None:
    with served() as bench:
        answer = json.loads(bench.raw(request_))
    assert {"id": answer["id"], "code": answer["error"]["code"]} == expected


@pytest.mark.parametrize("request_", [b'{"id":7,"method":"spdk_get_version"}', VERSION[:-1] + b',"params":null}'])
def test_no_version_field_and_null_params_are_fine(request_: bytes) -> None:
    with served() as bench:
        assert "result" in json.loads(bench.raw(request_))


@pytest.mark.parametrize(
    "method",
    ["spdk_get_version", "rpc_get_methods", "framework_get_subsystems", "framework_wait_init", "framework_get_reactors",
     "thread_get_stats"],
)  # fmt: skip
def test_empty_params_are_refused_where_there_are_none(method: str) -> None:
    with served() as bench:
        answer = json.loads(bench.raw(json.dumps({"id": 1, "method": method, "params": {}}).encode()))
    assert answer["error"]["code"] == -32602
    assert method in answer["error"]["message"] and "requires no" in answer["error"]["message"]


def test_a_notification_gets_no_result() -> None:
    with served() as bench, bench.connect() as client:
        client.sendall(b'{"method":"spdk_get_version"}{"id":null,"method":"spdk_get_version"}')
        assert is_silent(client)
        client.sendall(VERSION)
        assert json.loads(read_line(client))["id"] == 1


@pytest.mark.parametrize("version", ["v24.01", "v26.05"])
def test_a_target_that_waits_for_rpc_says_its_version_and_no_more(version: str) -> None:
    with served(version, wait_for_rpc=True) as bench:
        assert "version" in bench.result("spdk_get_version")
        assert "vhost_get_controllers" in bench.result("rpc_get_methods")
        for method in ("vhost_get_controllers", "bdev_get_bdevs", "framework_get_reactors", "bdev_zbs_create"):
            code, message = bench.error(method)
            assert (code, message) == (
                -1,
                "Method may only be called after framework is initialized using framework_start_init RPC.",
            )
        assert bench.error("no_such_method")[0] == -32601
        with bench.connect() as client:
            client.sendall(VERSION.replace(b"spdk_get_version", b"framework_wait_init"))
            assert is_silent(client)
            assert bench.result("framework_start_init") is True
            assert json.loads(read_line(client))["result"] is True
        assert bench.result("vhost_get_controllers") == [] and bench.result("framework_wait_init") is True
        assert bench.error("framework_start_init")[0] == -1


def test_the_65th_connection_is_never_answered_until_one_goes() -> None:
    with served() as bench:
        held = [bench.connect() for _ in range(64)]
        late = bench.connect()
        try:
            late.sendall(VERSION)
            assert is_silent(late)
            held[0].sendall(VERSION)
            assert read_line(held[0])  # those inside are served
            held.pop().close()
            assert read_line(late)
        finally:
            for client in [*held, late]:
                client.close()
        until(lambda: bool(bench.raw(VERSION)), "an answer after all have gone")


def test_a_client_that_never_reads_stops_nobody() -> None:
    with served() as bench, bench.connect() as greedy:
        for number in range(60):
            bench.result("bdev_malloc_create", name=f"m{number}", num_blocks=8, block_size=512)
        greedy.setblocking(False)
        try:
            while True:
                greedy.send(b'{"id":1,"method":"bdev_get_bdevs"}' * 10)
        except BlockingIOError:
            pass
        assert bench.result("spdk_get_version")


def test_two_cannot_hold_one_admin_socket_and_a_dead_ones_is_taken_over() -> None:
    from lab.target.admin_socket import AdminSocket
    from lab.target.errors import StartError

    with served() as bench:
        with pytest.raises(StartError, match="in use"):
            AdminSocket(bench.admin)
        assert bench.result("spdk_get_version")  # the loser took nothing away
        stale = f"{bench.folder}/stale.sock"
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(stale)
        dead.close()
        admin = AdminSocket(stale)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(stale)
        admin.listener.close()
        admin.close()
        with pytest.raises(StartError, match="too long"):
            AdminSocket(f"{bench.folder}/{'x' * 108}")

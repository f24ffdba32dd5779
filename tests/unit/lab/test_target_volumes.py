"""Volumes, controllers and sessions, beyond what the recordings show."""

from __future__ import annotations

import json
import os
import time

import pytest
from target_support import Bench, is_silent, read_line, served, until

from lab.target import sessions

NO_DEVICE, EXISTS, INVALID = (-19, "No such device"), (-17, "File exists"), (-22, "Invalid argument")
UNDECODED = (-32603, "spdk_json_decode_object failed")


def with_volume(bench: Bench, name: str = "b1") -> str:
    """A ZBS volume behind a controller; return the socket's path."""
    bench.volume("pool1/vol1")
    assert bench.result("bdev_zbs_create", file="pool1/vol1_zbs_", name=name) == name
    assert bench.result("vhost_create_blk_controller", ctrlr=name, dev_name=name) is True
    return f"{bench.sockets}/{name}"


def test_a_zbs_volume_is_4k_native_and_not_created_twice() -> None:
    with served() as bench:
        with_volume(bench)
        (bdev,) = bench.result("bdev_get_bdevs", name="b1")
        assert (bdev["block_size"], bdev["num_blocks"]) == (4096, (16 << 20) // 4096)
        assert bdev["driver_specific"] == {"zbs": {"file": "pool1/vol1_zbs_"}}
        assert bench.result("bdev_get_bdevs", name=bdev["uuid"]) == [bdev]
        assert bench.error("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1") == EXISTS
        assert bench.error("bdev_zbs_create", file="pool1/none_zbs_", name="b2") == (-2, "No such file or directory")


@pytest.mark.parametrize(
    "file",
    ["pool1/vol1", "vol1_zbs_", "pool1/_zbs_", "/vol1_zbs_", "pool1/../vol1_zbs_", "../vol1_zbs_", "pool1/.._zbs_", "a/\0_zbs_"],
)  # fmt: skip
def test_a_volume_is_named_pool_slash_volume_with_the_marker(file: str) -> None:
    with served() as bench:
        bench.volume("pool1/vol1")
        assert bench.error("bdev_zbs_create", file=file, name="b1") == INVALID


def test_a_volume_grows_only() -> None:
    with served() as bench:
        with_volume(bench)
        assert bench.result("bdev_zbs_resize", name="b1", new_size=16) is True
        assert bench.result("bdev_zbs_resize", name="b1", new_size=32) is True
        assert bench.result("bdev_get_bdevs", name="b1")[0]["num_blocks"] == (32 << 20) // 4096
        assert bench.error("bdev_zbs_resize", name="b1", new_size=31) == INVALID
        assert bench.error("bdev_zbs_resize", name="none", new_size=64) == NO_DEVICE
        assert bench.error("bdev_zbs_resize", name="b1") == UNDECODED
        assert bench.error("bdev_zbs_resize", name="b1", new_size="64") == UNDECODED


def test_each_kind_is_deleted_by_its_own_method() -> None:
    with served() as bench:
        with_volume(bench)
        assert bench.error("bdev_malloc_delete", name="b1") == NO_DEVICE
        assert bench.error("bdev_zbs_delete", name="b2") == NO_DEVICE
        assert bench.error("bdev_zbs_delete", name="b1", force=True) == UNDECODED
        assert bench.result("bdev_zbs_delete", name="b1") is True
        assert bench.storage.nodes == {}


def test_malloc_disks_take_the_targets_memory() -> None:
    with served() as bench:
        blocks = (48 << 20) // 512
        assert bench.result("bdev_malloc_create", name="m1", num_blocks=blocks, block_size=512) == "m1"
        wanted = {"name": "m2", "num_blocks": blocks, "block_size": 512}
        assert bench.error("bdev_malloc_create", **wanted) == (-12, "Cannot allocate memory")
        assert bench.result("bdev_malloc_delete", name="m1") is True
        assert bench.result("bdev_malloc_create", **wanted) == "m2"


def test_a_storage_that_refuses_makes_no_bdev() -> None:
    with served() as bench:
        bench.volume("pool1/vol1")
        bench.storage.fail_next = True
        assert bench.error("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1") == (-5, "Input/output error")
        assert bench.result("bdev_get_bdevs") == []


def test_waiting_for_a_bdev_blocks_nobody_and_ends_when_it_comes() -> None:
    with served() as bench, bench.connect() as client:
        bench.volume("pool1/vol1")
        client.sendall(b'{"id":5,"method":"bdev_get_bdevs","params":{"name":"b1","timeout":9000}}')
        assert is_silent(client)
        with_volume(bench)
        assert json.loads(read_line(client))["result"][0]["name"] == "b1"


def test_waiting_for_a_bdev_times_out() -> None:
    with served() as bench:
        began = time.monotonic()
        assert bench.error("bdev_get_bdevs", name="b1", timeout=200) == (-110, "Connection timed out")
        assert 0.2 <= time.monotonic() - began < 5


def test_a_deleted_bdev_leaves_its_controller_bereft_and_listening() -> None:
    with served() as bench:
        path = with_volume(bench)
        assert bench.result("bdev_zbs_delete", name="b1") is True
        assert bench.result("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1") == "b1"  # another one of that name
        (controller,) = bench.result("vhost_get_controllers", name="b1")
        assert controller["backend_specific"]["block"]["bdev"] is None
        assert os.path.exists(path)
        assert bench.result("framework_get_config", name="vhost_blk") == []
        assert bench.result("vhost_delete_controller", ctrlr="b1") is True
        assert not os.path.exists(path)


def test_sessions_are_listed_with_lasting_numbers() -> None:
    with served() as bench:
        path = with_volume(bench)

        def ids() -> list[int]:
            return [s["vid"] for s in bench.result("vhost_get_controllers")[0]["sessions"]]

        assert ids() == []
        bench.guests[path] = [7001]
        assert ids() == [0]
        bench.guests[path] = [7001, 7002]
        assert ids() == [0, 1]
        bench.guests[path] = [7002]
        assert ids() == [1]
        session = bench.result("vhost_get_controllers")[0]["sessions"][0]
        assert session == {
            "vid": 1, "id": 1, "name": "b1s1", "started": True, "max_queues": 1, "inflight_task_cnt": 0
        }  # fmt: skip


def test_v24_refuses_to_delete_an_attached_controller() -> None:
    with served("v24.01") as bench:
        bench.guests[with_volume(bench)] = [7001]
        assert bench.error("vhost_delete_controller", ctrlr="b1") == (-32602, "Device or resource busy")
        assert len(bench.result("vhost_get_controllers")) == 1


def test_newer_never_answers_such_a_delete_and_stays_armed_after_the_caller_has_gone() -> None:
    with served() as bench:
        path = with_volume(bench)
        bench.guests[path] = [7001]
        with bench.connect() as caller:
            caller.sendall(b'{"id":9,"method":"vhost_delete_controller","params":{"ctrlr":"b1"}}')
            assert is_silent(caller)
        assert len(bench.result("vhost_get_controllers")) == 1
        bench.guests.clear()
        until(lambda: bench.result("vhost_get_controllers") == [], "the controller vanishes")
        assert not os.path.exists(path)


def test_a_pending_delete_keeps_its_connections_slot() -> None:
    with served() as bench:
        path = with_volume(bench)
        bench.guests[path] = [7001]
        for _ in range(63):
            with bench.connect() as caller:
                caller.sendall(b'{"id":9,"method":"vhost_delete_controller","params":{"ctrlr":"b1"}}')
                assert is_silent(caller, 0.02)
        with bench.connect() as last_slot:
            last_slot.sendall(b'{"id":1,"method":"spdk_get_version"}')
            assert read_line(last_slot)
            with bench.connect() as outside:
                outside.sendall(b'{"id":1,"method":"spdk_get_version"}')
                assert is_silent(outside)
                bench.guests.clear()
                assert read_line(outside)


def test_a_long_socket_path_is_cut_off_silently() -> None:
    with served() as bench:
        bench.volume("pool1/vol1")
        bench.result("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1")
        name = "x" * 100
        assert bench.result("vhost_create_blk_controller", ctrlr=name, dev_name="b1") is True
        (controller,) = bench.result("vhost_get_controllers")
        assert controller["socket"] == f"{bench.sockets}/{name}"
        assert os.path.exists(controller["socket"][:107]) and not os.path.exists(controller["socket"])


def test_a_stale_socket_is_replaced() -> None:
    with served() as bench:
        (bench.sockets / "b1").write_text("left over")
        path = with_volume(bench)
        bench.result("vhost_delete_controller", ctrlr="b1")
        assert not os.path.exists(path)


@pytest.mark.parametrize("mask", ["0x2", "[1]", "0", "junk", "[0,1]"])
def test_a_controllers_cpus_must_be_the_targets(mask: str) -> None:
    with served() as bench:
        bench.volume("pool1/vol1")
        bench.result("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1")
        refused = bench.error("vhost_create_blk_controller", ctrlr="b1", dev_name="b1", cpumask=mask)
        assert refused == (-32602, "Invalid argument")
        assert bench.result("vhost_create_blk_controller", ctrlr="b1", dev_name="b1", cpumask="[0]") is True


def test_connected_counts_only_accepted_connections_of_that_socket(tmp_path) -> None:
    table = tmp_path / "unix"
    table.write_text(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0: 00000002 00000000 00010000 0001 01 100 /s/b1\n"  # the listener
        "0: 00000003 00000000 00000000 0001 03 101 /s/b1\n"
        "0: 00000003 00000000 00000000 0001 03 99 /s/b1\n"
        "0: 00000002 00000000 00000000 0001 02 102 /s/b1\n"  # still in the backlog
        "0: 00000003 00000000 00000000 0001 03 103 /s/b11\n"
        "0: 00000003 00000000 00000000 0001 03 104\n"
        "0: 00000003 00000000 00000000 0001 03 105 /s/b1 with blanks\n"
    )
    assert sessions.connected("/s/b1", table) == [99, 101]
    assert sessions.connected("/s/b1 with blanks", table) == [105]

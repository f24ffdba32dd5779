"""The official client (PyPI ``spdk``) as the independent judge of whether the stand-in speaks SPDK."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCClient, JSONRPCException
from target_support import Bench, served


def cli(bench: Bench, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``spdk-rpc`` as a user would."""
    command = [sys.executable, "-m", "spdk.spdk_rpc", "-s", bench.admin, "-t", "10", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def answer(bench: Bench, *arguments: str) -> Any:
    done = cli(bench, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_a_volumes_life_over_one_connection_of_the_client() -> None:
    with served() as bench:
        bench.volume("pool1/vol1")
        with JSONRPCClient(bench.admin, timeout=10) as client:
            assert "stand-in" in client.call("spdk_get_version")["version"]
            assert client.call("bdev_zbs_create", {"file": "pool1/vol1_zbs_", "name": "b1"}) == "b1"
            assert client.call("vhost_create_blk_controller", {"ctrlr": "b1", "dev_name": "b1"}) is True
            assert client.call("vhost_get_controllers", {"name": "b1"})[0]["sessions"] == []
            with pytest.raises(JSONRPCException, match="File exists"):
                client.call("bdev_zbs_create", {"file": "pool1/vol1_zbs_", "name": "b1"})
            assert client.call("vhost_delete_controller", {"ctrlr": "b1"}) is True
            assert client.call("bdev_zbs_delete", {"name": "b1"}) is True
            assert client.call("bdev_get_bdevs") == []


@pytest.mark.parametrize("version", ["v24.01", "v26.05"])
def test_the_command_line_client_reads_everything(version: str) -> None:
    with served(version) as bench:
        bench.volume("pool1/vol1")
        bench.result("bdev_zbs_create", file="pool1/vol1_zbs_", name="b1")
        bench.result("vhost_create_blk_controller", ctrlr="b1", dev_name="b1")
        assert answer(bench, "spdk_get_version")["version"] == f"SPDK {version} (zstack.zbs stand-in)"
        assert "framework_start_init" in answer(bench, "rpc_get_methods")
        assert "framework_start_init" not in answer(bench, "rpc_get_methods", "--current")
        assert [bdev["name"] for bdev in answer(bench, "bdev_get_bdevs")] == ["b1"]
        assert [controller["ctrlr"] for controller in answer(bench, "vhost_get_controllers")] == ["b1"]
        saved = {entry["subsystem"]: entry["config"] for entry in answer(bench, "save_config")["subsystems"]}
        create = {"method": "bdev_zbs_create", "params": {"file": "pool1/vol1_zbs_", "name": "b1"}}
        assert create in saved["bdev"]
        assert [entry["params"]["dev_name"] for entry in saved["vhost_blk"]] == ["b1"]


def test_the_command_line_client_writes_and_shows_errors() -> None:
    with served() as bench:
        assert cli(bench, "bdev_malloc_create", "-b", "m1", "1", "512").stdout.strip() == "m1"
        (bench.folder / "a.img").write_bytes(bytes(1 << 20))
        assert cli(bench, "bdev_aio_create", f"{bench.folder}/a.img", "a1", "512").stdout.strip() == "a1"
        assert cli(bench, "vhost_create_blk_controller", "v1", "m1").returncode == 0
        refused = cli(bench, "vhost_create_blk_controller", "v1", "m1")
        assert refused.returncode != 0 and "File exists" in refused.stdout + refused.stderr
        assert cli(bench, "vhost_delete_controller", "v1").returncode == 0
        assert bench.result("vhost_get_controllers") == []

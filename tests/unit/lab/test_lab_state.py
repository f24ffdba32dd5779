"""The record of whose lab this machine holds, and the lock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import state
from lab.errors import LabError

ROOT = Path(__file__).resolve().parents[3]


def record(**changes: object) -> state.State:
    values: dict[str, object] = {
        "owner": "/clone",
        "phase": state.UP,
        "pid": 1,
        "since": 1.5,
        "boot_id": state.boot_id(),
        "prefix": "zbslab",
        "subnet": "172.30.0.0/24",
        "hosts": 3,
        "pages": 64,
        "target_mib": 128,
        "cache": "/clone/.cache/lab",
        "hugepages": {"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 7},
        "forwarding": {"ip_forward": "0"},
    }
    return state.State(**{**values, **changes})  # type: ignore[arg-type]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None
    state.write(tmp_path, record())
    assert state.read(tmp_path) == record()
    state.forget(tmp_path)
    state.forget(tmp_path)
    assert state.read(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({"version": 2}),
        json.dumps({"version": 1, "owner": "x"}),
        json.dumps({"version": 1, **record(hosts="3").__dict__}),
        json.dumps({"version": 1, **record(since="now").__dict__}),
        json.dumps({"version": 1, **record(flavours=["suse"]).__dict__}),
        json.dumps({"version": 1, **record(flavours=[]).__dict__}),
        json.dumps({"version": 1, **record(engines=["podman"]).__dict__}),
        json.dumps({"version": 1, **record(admin_nodes=0).__dict__}),
        json.dumps({"version": 1, **record(admin_nodes="3").__dict__}),
        json.dumps({"version": 1, **record(names="md5").__dict__}),
        json.dumps({"version": 1, **record(hugepages={"/etc/passwd": 1}).__dict__}),
        json.dumps({"version": 1, **record(hugepages={"/sys/../etc/passwd": 1}).__dict__}),
        json.dumps({"version": 1, **record(hugepages={"/sys/x": -1}).__dict__}),
        json.dumps({"version": 1, **record().__dict__, "more": 1}),
    ],
)
def test_a_record_that_tells_nothing_is_said_and_can_be_set_aside(tmp_path: Path, text: str) -> None:
    state.path(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(state.Corrupt) as caught:
        state.read(tmp_path)
    assert "python3 -m lab down" in str(caught.value)
    aside = state.set_aside(tmp_path)
    assert aside.read_text(encoding="utf-8") == text
    assert state.read(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LabError, match="ZBS_LAB_RUN_DIR"), state.lock(tmp_path / "file" / "run", "up"):
        pass
    with pytest.raises(LabError, match="ZBS_LAB_RUN_DIR"):
        state.write(tmp_path / "missing", record())


def test_a_second_command_is_refused_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom lab import state\n"
        "with state.lock(pathlib.Path(sys.argv[1]), 'up'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(LabError) as caught, state.lock(tmp_path, "down"):
            pass
        assert f"`lab up`, pid {holder.pid}" in str(caught.value)
    finally:
        holder.kill()  # a lock of a process that was killed is free at once
        holder.communicate()
    with state.lock(tmp_path, "down"):
        pass
    with state.lock(tmp_path, "down"):
        pass

"""The target's process as /proc shows it, below a folder and for real."""

import os
import time
from pathlib import Path

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import process
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write, write_process


def test_a_running_process(tmp_path):
    write_process(tmp_path, 42, started=100.0, uptime=1000.0, hugetlb_kib=378880)
    assert process.read_process(42, str(tmp_path)).as_dict() == {
        "pid": 42,
        "name": "reactor_0",
        "state": "R",
        "state_word": "running",
        "started_s_after_boot": 100.0,
        "age_s": 900.0,
        "hugepages_kib": 378880,
    }


@pytest.mark.parametrize("name", ["a b", ") R 1 2", "((", "))) T (", "x\ny", ""])
def test_a_name_may_hold_anything(tmp_path, name):
    write_process(tmp_path, 42, name, "T")
    found = process.read_process(42, str(tmp_path))
    assert (found.name, found.state, found.state_word()) == (name, "T", "stopped")


@pytest.mark.parametrize(
    "state, reads", [("R", True), ("S", True), ("T", True), ("D", False), ("Z", False), ("X", False)]
)
def test_the_memory_map_of_a_stuck_process_is_not_read(tmp_path, state, reads):
    """It would wait for the memory lock that a process in state D may hold."""
    write_process(tmp_path, 42, state=state, hugetlb_kib=8192)
    assert process.read_process(42, str(tmp_path)).hugepages_kib == (8192 if reads else None)


def test_a_thread_in_state_d_keeps_the_memory_map_unread(tmp_path):
    write_process(tmp_path, 42, state="S", hugetlb_kib=8192)
    write(tmp_path, "proc/42/task/42/stat", "42 (reactor_0) S 1 0")
    write(tmp_path, "proc/42/task/43/stat", "43 (reac) D (1) R 1 0")
    assert process.read_process(42, str(tmp_path)).hugepages_kib == 8192
    write(tmp_path, "proc/42/task/43/stat", "43 (reac) R (1) D 1 0")
    assert process.read_process(42, str(tmp_path)).hugepages_kib is None


def test_a_memory_map_that_hangs_is_left_behind(tmp_path):
    """A pipe without a writer blocks its open as the kernel's memory lock does."""
    write_process(tmp_path, 42)
    pipe = tmp_path / "proc/42/numa_maps"
    os.mkfifo(pipe)
    started = time.monotonic()
    found = process.read_process(42, str(tmp_path), map_seconds=0.2)
    assert time.monotonic() - started < 5 and found.hugepages_kib is None
    os.close(os.open(pipe, os.O_WRONLY))  # lets the thread that was left behind end


def test_a_kernel_that_does_not_tell(tmp_path):
    write_process(tmp_path, 42)
    assert process.read_process(42, str(tmp_path)).hugepages_kib is None


def test_an_age_is_never_negative(tmp_path):
    write_process(tmp_path, 42, started=1000.5, uptime=1000.0)
    assert process.read_process(42, str(tmp_path)).age == 0.0


def test_no_such_process(tmp_path):
    assert process.read_process(42, str(tmp_path)) is None
    assert process.read_process(2**22 + 1) is None


def test_this_very_process():
    found = process.read_process(os.getpid())
    assert found.state in "RS" and found.age >= 0 and found.hugepages_kib == 0
    assert found.name == Path("/proc/self/comm").read_text().rstrip("\n")


@pytest.mark.parametrize("text", ["", "42", "42 (reactor_0)", "42 (x) R 1", "42 )x( R", "42 (x) R " + "x " * 40])
def test_a_stat_that_is_none_is_no_process(tmp_path, text):
    write_process(tmp_path, 42)
    write(tmp_path, "proc/42/stat", text)
    assert process.read_process(42, str(tmp_path)) is None


def test_a_thread_that_ended_hides_no_other(tmp_path):
    write_process(tmp_path, 42, hugetlb_kib=8192)
    (tmp_path / "proc/42/task/1").mkdir(parents=True)
    for thread in (2, 3):
        write(tmp_path, "proc/42/task/%d/stat" % thread, "%d (reactor_0) D 1" % thread)
    assert process.read_process(42, str(tmp_path)).hugepages_kib is None

"""What the target checks before it starts: command line, cores, hugepages."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from target_support import ROOT

from lab.target import hugepages
from lab.target.cpus import CoreLocks, CpuError, parse_mask, pin
from lab.target.errors import StartError
from lab.target.options import parse


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("[0,1]", [0, 1]), ("[4-6, 2]", [2, 4, 5, 6]), ("[7]", [7]), ("0xd", [0, 2, 3]), ("3", [0, 1]), ("10", [4])],
)
def test_masks(text: str, cpus: list[int]) -> None:
    assert parse_mask(text) == cpus


@pytest.mark.parametrize(
    "text", ["", "[]", "[1", "[a]", "[3-1]", "[1,]", "0x", "g", "-1", "[5000]", "f" * 300, "[0] x"]
)
def test_no_masks(text: str) -> None:
    with pytest.raises(CpuError):
        parse_mask(text)


def test_a_cpu_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    online = tmp_path / "online"
    online.write_text("0-3,6\n")
    with pytest.raises(StartError, match=r"lcore 5 unavailable(.|\n)*part of 0-3,6"):
        pin([3, 5], online)


def test_pinning_happens_in_the_process() -> None:
    cpu = sorted(os.sched_getaffinity(0))[0]
    code = f"import os; from lab.target.cpus import pin; pin([{cpu}]); print(sorted(os.sched_getaffinity(0)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.strip() == f"[{cpu}]"


def test_a_claimed_core_stops_the_second_one_and_frees_what_it_took(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from lab.target.cpus import CoreLocks\n"
        f"CoreLocks([1], Path({str(tmp_path)!r})); print('mine', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout and holder.stdout.readline() == "mine\n"
        with pytest.raises(StartError, match=f"core 1, probably process {holder.pid} has claimed it"):
            CoreLocks([0, 1], tmp_path)
        assert not (tmp_path / "spdk_cpu_lock_000").exists()
    finally:
        holder.kill()
        holder.communicate()
    locks = CoreLocks([0, 1], tmp_path)  # the file of the killed one is no hindrance
    assert struct.unpack("i", (tmp_path / "spdk_cpu_lock_001").read_bytes()) == (os.getpid(),)
    locks.release()
    assert list(tmp_path.iterdir()) == []


def mountinfo(folder: Path, kind: str) -> str:
    device = os.stat(folder).st_dev
    return (
        "22 1 0:21 / /proc rw - proc proc rw\n"
        f"30 1 {os.major(device)}:{os.minor(device)} / {folder} rw,relatime shared:1 - {kind} none rw,pagesize=2M\n"
    )


def pools(tmp_path: Path, free: int) -> Path:
    page = os.statvfs(tmp_path).f_bsize // 1024
    folder = tmp_path / f"hugepages-{page}kB"
    folder.mkdir()
    (folder / "free_hugepages").write_text(f"{free}\n")
    return tmp_path


def test_the_memory_must_lie_on_hugetlbfs(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(mountinfo(tmp_path, "tmpfs"))
    with pytest.raises(StartError, match="is no hugetlbfs mount"):
        hugepages.HugeMemory(tmp_path, 2, table)
    with pytest.raises(StartError, match="No such file"):
        hugepages.HugeMemory(tmp_path / "none", 2, table)


def test_too_few_free_pages_is_said_in_dpdks_words(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(mountinfo(tmp_path, "hugetlbfs"))
    page = os.statvfs(tmp_path).f_bsize
    needed = 2 * 1024 * 1024 // page
    with pytest.raises(StartError, match="Not enough memory available! Requested: 2MB, available: 1MB"):
        hugepages.HugeMemory(tmp_path, 2, table, pools(tmp_path, needed - 1))


def test_enough_pages_are_mapped_from_a_file_that_is_gone_at_once(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(mountinfo(tmp_path, "hugetlbfs"))
    counters = pools(tmp_path, 2 * 1024 * 1024 // os.statvfs(tmp_path).f_bsize)
    memory = hugepages.HugeMemory(tmp_path, 2, table, counters)
    try:
        assert memory.size == 2 * 1024 * 1024
        assert not list(tmp_path.glob("spdk_*"))
        assert f"{tmp_path}/spdk_pid{os.getpid()}map_" in Path("/proc/self/maps").read_text()
    finally:
        memory.close()


def test_options_as_zbsadm_gives_them() -> None:
    options = parse(
        ["-m", "[0,1]", "-s", "128", "--huge-dir", "/dev/hugepages2m", "-S", "/var/zbsvhost/sockets",
         "-r", "/var/zbsvhost/sockets/admin.sock"],
        {},
    )  # fmt: skip
    assert (options.cpus, options.mib, options.core_locks) == ([0, 1], 128, True)
    assert not options.wait_for_rpc and parse(["--wait-for-rpc"]).wait_for_rpc
    assert options.admin_socket == "/var/zbsvhost/sockets/admin.sock"
    assert options.dialect.name == "v26.05" and options.start_delay == 0


def test_the_environment_sets_what_is_of_the_stand_in() -> None:
    options = parse([], {"STANDIN_ACT_AS": "v24.01", "STANDIN_START_DELAY": "2.5", "STANDIN_POOLS": "/p"})
    assert (options.dialect.name, options.start_delay, str(options.pools)) == ("v24.01", 2.5, "/p")


@pytest.mark.parametrize(
    "arguments",
    [["-s", "0"], ["-s", "x"], ["-s", "1e9"], ["-m", "junk"], ["-m", "0x0"], ["--act-as", "v1"], ["--mem", "1"],
     ["--start-delay", "-1"], ["--start-delay", "soon"], ["extra"]],
)  # fmt: skip
def test_a_wrong_command_line_is_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(StartError) as caught:
        parse(arguments, {})
    assert "\n" not in str(caught.value) and "--help" in str(caught.value)


def test_the_program_says_that_it_is_a_stand_in_and_exits_1_when_it_cannot_start() -> None:
    run = [sys.executable, "-m", "lab.target"]
    said = subprocess.run([*run, "--version"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert "stand-in" in said.stdout
    failed = subprocess.run(
        [*run, "--huge-dir", "/"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert failed.returncode == 1
    assert "/ is no hugetlbfs mount" in failed.stderr and "Traceback" not in failed.stderr


def test_locks_are_posix_locks_as_spdks_are(tmp_path: Path) -> None:
    """A lock of another kind would not be seen by a real SPDK on the same core."""
    locks = CoreLocks([0], tmp_path)
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+')\n"
        "try: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except OSError: print('held')"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "spdk_cpu_lock_000")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    locks.release()
    assert done.stdout.strip() == "held"

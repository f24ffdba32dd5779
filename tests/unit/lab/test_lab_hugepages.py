"""Saving the machine's hugepage pools and putting them back, on a folder that stands for /sys."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import hugepages


@pytest.fixture(name="sys_root")
def fake_sys(tmp_path: Path) -> Path:
    for size, number in (("2048kB", 5), ("1048576kB", 0)):
        pool = tmp_path / f"kernel/mm/hugepages/hugepages-{size}"
        pool.mkdir(parents=True)
        for name in ("nr_hugepages", "nr_overcommit_hugepages", "free_hugepages"):
            (pool / name).write_text(f"{number}\n", encoding="ascii")
    return tmp_path


def _node(root: Path, node: int, number: int) -> Path:
    pool = root / f"devices/system/node/node{node}/hugepages/hugepages-2048kB"
    pool.mkdir(parents=True)
    (pool / "nr_hugepages").write_text(f"{number}\n", encoding="ascii")
    return pool / "nr_hugepages"


def test_every_size_is_saved_and_put_back(sys_root: Path) -> None:
    before = hugepages.snapshot(sys_root)
    assert len(before) == 4 and set(before.values()) == {0, 5}
    pool = sys_root / "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    pool.write_text("200\n", encoding="ascii")
    assert hugepages.differences(before) == {str(pool): (5, 200)}
    assert hugepages.restore(before, patience=1) == {}
    assert pool.read_text(encoding="ascii") == "5"


def test_one_node_is_the_machine_and_several_are_saved_one_by_one(sys_root: Path) -> None:
    first = _node(sys_root, 0, 5)
    assert str(first) not in hugepages.snapshot(sys_root)
    second = _node(sys_root, 1, 0)
    several = hugepages.snapshot(sys_root)
    assert several[str(first)] == 5 and several[str(second)] == 0
    assert not any(file.endswith("mm/hugepages/hugepages-2048kB/nr_hugepages") for file in several)


def test_what_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    # A folder in the file's place refuses every write, as the kernel refuses to shrink what is held.
    stuck = tmp_path / "nr_hugepages"
    stuck.mkdir()
    assert hugepages.restore({str(stuck): 3}, patience=0.3) == {str(stuck): (3, -1)}


def test_the_pool_that_targets_use(sys_root: Path, tmp_path: Path) -> None:
    assert hugepages.pool_2m(sys_root) == (5, 5)
    assert hugepages.pool_2m(tmp_path / "none") == (0, 0)

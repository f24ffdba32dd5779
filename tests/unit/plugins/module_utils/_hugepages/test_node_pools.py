"""Pools and their growth, on a kernel that gives what it can."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import asking, growth, node_pools, wanted
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_kernel import FakeKernel

Demand, Pool = wanted.Demand, node_pools.Pool


@pytest.mark.parametrize(
    "text, kib",
    [
        ("16G", 16 * 1024**2),
        ("16g", 16 * 1024**2),
        ("16GiB", 16 * 1024**2),
        ("16GB", 16 * 1024**2),
        (" 512 M ", 512 * 1024),
        ("8K", 8),
        ("1T", 1024**3),
        ("0", 0),
        ("1", 1),
        ("1024", 1),
        ("1025", 2),
        (1048576, 1024),
    ],
)
def test_amounts(text, kib):
    assert wanted.parse_memory_kib(text) == kib


@pytest.mark.parametrize(
    "text", ["", "G", "-1G", "1.5G", "16B", "16X", "1G1", "0x10", "16 G G", None, "much", "9" * 5000]
)
def test_what_is_no_amount_is_refused_by_name(text):
    with pytest.raises(ZbsError) as caught:
        wanted.parse_memory_kib(text)
    assert caught.value.code == "bad_option" and "guest_memory" in caught.value.message


@pytest.mark.parametrize("kib, pages", [(0, 0), (1, 1), (2048, 1), (2049, 2), (300 * 1024, 150), (16 * 1024**2, 8192)])
def test_pages_are_rounded_up(kib, pages):
    assert wanted.pages_for(kib, 2048) == pages


@pytest.mark.parametrize(
    "demand, pool, short",
    [
        (Demand(1024), (0, 0, 0), 1024),
        (Demand(1024), (1024, 1024, 0), 0),
        (Demand(1024), (1024, 1000, 0), 24),
        (Demand(1024, held=185), (1024, 839, 0), 0),  # the second run of a running target grows nothing
        (Demand(1024, held=1024), (1024, 0, 0), 0),
        (Demand(1024, held=2000), (2000, 0, 0), 0),  # more held than asked is no gift to the guests
        (Demand(1024, guests=100, held=2000), (2000, 0, 0), 100),
        (Demand(1024), (2048, 1024, 1024), 1024),  # reserved pages are free and somebody's
        (Demand(1024), (2048, 10, 20), 1024),
        (Demand(0, guests=8192), (0, 0, 0), 8192),
        (Demand(1024, guests=8192, held=512), (9216, 512, 0), 0),  # the guests use what was asked for them: enough
        (Demand(1024, guests=8192, held=512), (5120, 512, 0), 4096),  # half of it
        (Demand(0), (0, 0, 0), 0),
    ],
)
def test_short(demand, pool, short):
    assert max(0, demand.short(Pool(2048, *pool))) == short


def test_the_pool_of_the_size_is_read(tmp_path):
    FakeKernel(tmp_path, 100, 60, 10)
    pool = node_pools.read_pool(2048, str(tmp_path))
    assert pool.as_dict() == {"total": 100, "free": 60, "reserved": 10}
    assert pool.unclaimed() == 50


def test_a_size_that_the_kernel_lacks_is_named_with_those_it_has(tmp_path):
    FakeKernel(tmp_path)
    with pytest.raises(ZbsError) as caught:
        node_pools.read_pool(1048576, str(tmp_path))
    assert caught.value.code == "no_such_size" and "hugepages-2048kB" in caught.value.message


def test_a_kernel_without_hugepages_has_none(tmp_path):
    with pytest.raises(ZbsError) as caught:
        node_pools.read_pool(2048, str(tmp_path))
    assert "it has: none" in caught.value.message


@pytest.mark.parametrize("text", ["", "x\n", None])
def test_a_counter_that_cannot_be_read_is_named(tmp_path, text):
    FakeKernel(tmp_path)
    path = tmp_path / "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
    path.unlink()
    if text is not None:
        write(tmp_path, str(path.relative_to(tmp_path)), text)
    with pytest.raises(ZbsError) as caught:
        node_pools.read_pool(2048, str(tmp_path))
    assert caught.value.code == "unreadable" and str(path) in caught.value.message


def grow(monkeypatch, tmp_path, demand, compact=True, **pool):
    """Grow the pool of a fake kernel: (Pool after it, what was written)."""
    fake = FakeKernel(tmp_path, **pool)
    monkeypatch.setattr(asking, "write", fake.write)
    return growth.grow(2048, demand, compact, str(tmp_path)), fake.writes


def test_it_grows_by_the_shortage_only(monkeypatch, tmp_path):
    pool, writes = grow(monkeypatch, tmp_path, Demand(1024), total=700, free=100)
    assert writes == [("nr_hugepages", "1624")]
    assert (pool.total, pool.free) == (1624, 1024)


@pytest.mark.parametrize("demand", [Demand(100), Demand(500, held=400), Demand(0)])
def test_enough_is_left_alone(monkeypatch, tmp_path, demand):
    assert grow(monkeypatch, tmp_path, demand, total=100)[1] == []


def test_a_kernel_that_gives_fewer_is_compacted_once_and_asked_for_the_rest(monkeypatch, tmp_path):
    pool, writes = grow(monkeypatch, tmp_path, Demand(1000), grant=300, after_compact=5000)
    assert writes == [
        ("nr_hugepages", "1000"),
        ("drop_caches", "3"),
        ("compact_memory", "1"),
        ("nr_hugepages", "1000"),
    ]
    assert pool.free == 1000


def test_what_is_still_short_then_comes_back_as_it_is(monkeypatch, tmp_path):
    pool, writes = grow(monkeypatch, tmp_path, Demand(1000), grant=300, after_compact=100)
    assert pool.free == 400 and len(writes) == 4


def test_without_compact_the_page_cache_is_left_alone(monkeypatch, tmp_path):
    pool, writes = grow(monkeypatch, tmp_path, Demand(1000), compact=False, grant=300, after_compact=5000)
    assert pool.free == 300 and writes == [("nr_hugepages", "1000")]


def test_a_counter_that_cannot_be_written_says_why(tmp_path):
    with pytest.raises(ZbsError) as caught:
        asking.write(str(tmp_path / "not" / "there"), "5")
    assert caught.value.code == "unwritable" and "can't be set to 5" in caught.value.message


def test_write_writes(tmp_path):
    asking.write(str(tmp_path / "n"), "5")
    assert (tmp_path / "n").read_text() == "5"


def test_a_node_without_memory_has_no_part(tmp_path):
    FakeKernel(tmp_path, 8, 5, 2)
    (tmp_path / "sys/devices/system/node/node7").mkdir(parents=True)
    assert 7 not in node_pools.read_pool(2048, str(tmp_path)).nodes

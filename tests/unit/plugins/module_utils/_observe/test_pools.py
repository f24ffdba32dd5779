"""What a tick tells of the kernel's hugepage pools."""

from ansible_collections.zstack.zbs.plugins.module_utils._observe import pools
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_kernel import FakeKernel


def test_every_pool_as_data(tmp_path):
    FakeKernel(tmp_path, 8, 5, 2)
    for name, value in (("nr_hugepages", 1), ("free_hugepages", 1), ("resv_hugepages", 0)):
        write(tmp_path, "sys/kernel/mm/hugepages/hugepages-1048576kB/" + name, "%d\n" % value)
    write(tmp_path, "sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "lots")
    assert pools.read_pools(str(tmp_path)) == [
        {"size_kib": 2048, "total": 8, "free": 5, "reserved": 2},
        {"size_kib": 1048576, "total": 1, "free": 1, "reserved": 0},
    ]


def test_a_kernel_without_hugepages_has_no_pool(tmp_path):
    assert pools.read_pools(str(tmp_path)) == []

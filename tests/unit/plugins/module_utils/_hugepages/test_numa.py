"""Pages by NUMA node: where they are wanted, who holds them, what memory a node has."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import node_pools, numa
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, fake_kernel

NODE = "sys/devices/system/node/node0/meminfo"


def test_the_targets_node_where_no_cpu_can_be_seen(tmp_path):
    fake_kernel.FakeKernel(tmp_path, nodes=2)
    pool = node_pools.read_pool(2048, str(tmp_path))
    with pytest.raises(ZbsError) as caught:
        numa.wanted_on_nodes(numa.TARGET, 100, pool, None)
    assert caught.value.code == "bad_option" and "name the node instead" in caught.value.message
    assert numa.wanted_on_nodes(numa.TARGET, 100, pool, 1) == {1: 100}


def test_the_memory_of_a_node_with_its_page_cache(tmp_path):
    lines = ["MemTotal: 1000", "MemFree: 100", "Active(file): 30", "Inactive(file): 20", "SReclaimable: 5", "Dirty: 7"]
    text = "".join("Node 0 %s kB\n" % line for line in lines)
    fake_host.write(tmp_path, NODE, text + "Node 0 HugePages_Total: 3\nsomething else\n")
    assert numa.memory_kib(0, str(tmp_path)) == (1000, 155)


@pytest.mark.parametrize("text", [None, "", "Node 0 MemTotal: 1000 kB\n", "Node 0 MemFree: 1000 kB\n", "\u00fc"])
def test_a_node_that_does_not_tell_its_memory(tmp_path, text):
    if text is not None:
        fake_host.write(tmp_path, NODE, text)
    assert numa.memory_kib(0, str(tmp_path)) == (None, None)

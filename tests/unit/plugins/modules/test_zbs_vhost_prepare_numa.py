"""The prepare module on machines with several NUMA nodes: which node gets the pages, and what is counted there."""

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of
from ansible_collections.zstack.zbs.tests.unit.plugins.support.prepare_site import NAME, Site, pool


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def test_a_kernel_without_numa(host):
    for path in sorted((host.root / "sys/devices/system/node").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (host.root / "sys/devices/system/node").rmdir()
    host.kernel.nodes[0].total = 0
    host.monkeypatch.setattr(
        host.kernel, "_folder", _only_machine(host.kernel._folder)
    )  # this kernel shows the machine's pool alone
    result = host.four(numa="target")
    assert result["hugepages"]["after"] == pool(100, 100) and result["hugepages"]["nodes"] == []
    failure, _result = failure_of(NAME, dict(host.options, numa=0))
    assert "nodes with pages of 2048 KiB are: none" in failure["message"]


def _only_machine(folder):
    return lambda base, *numbers, **more: folder(base, *numbers, **more) if "kernel/mm" in base else None


@pytest.mark.parametrize("nodes", [2, 4])
def test_any_leaves_the_node_to_the_kernel(host, nodes):
    """Which node gives what can't be told before, and the prediction says so instead of guessing."""
    host.boot(nodes=nodes)
    predicted, done = host.run(True), host.run()
    for key in ("changed", "ready", "missing", "actions", "hugetlbfs"):
        assert predicted[key] == done[key]
    assert predicted["hugepages"]["after"] == done["hugepages"]["after"] == pool(100, 100)
    assert [node["came"] for node in predicted["hugepages"]["nodes"]] == [None] * nodes
    assert [node["came"] for node in done["hugepages"]["nodes"]] == [100 // nodes] * nodes
    assert not host.run()["changed"]


@pytest.mark.parametrize("numa", [1, "1"])
@pytest.mark.parametrize("nodes", [2, 4])
def test_one_node(host, nodes, numa):
    host.boot(nodes=nodes, total=500)  # on node 0, where they don't count
    result = host.four(numa=numa)
    assert host.kernel.writes == [("node1", "100")]
    assert result["hugepages"]["after"]["total"] == 600
    told = {node["node"]: (node["asked"], node["came"]) for node in result["hugepages"]["nodes"]}
    assert told == {number: ((100, 100) if number == 1 else (0, 0)) for number in range(nodes)}


def test_the_node_of_the_cpu_choice(host):
    host.boot(nodes=4)
    fake_host.write_cpus(host.root, [(cpu, 2 if cpu < 5 else 0, 0, cpu) for cpu in range(8)])
    fake_host.write(host.root, "sys/devices/system/node/node0/cpulist", "5-7\n")
    result = host.four(numa="target")
    assert result["cpuset"]["node"] == 2 and host.kernel.writes == [("node2", "100")]


def test_pages_by_node_stand_in_place_of_the_count(host):
    host.boot(nodes=4)
    result = host.four(numa={"0": 30, "3": "50"})
    assert host.kernel.writes == [("node0", "30"), ("node3", "50")]
    assert result["hugepages"]["after"]["total"] == 80


def test_guests_may_be_on_any_node(host):
    """The node gets the target's pages; the guests' pages are counted over the machine."""
    host.boot(nodes=2, total=60)
    result = host.run(numa=1, guest_memory="200M")
    assert host.kernel.writes == [("node1", "100"), ("nr_hugepages", "200")]
    assert result["hugepages"]["after"]["total"] == 200
    assert not host.run(numa=1, guest_memory="200M")["changed"]


def test_a_node_that_gives_fewer_pages_than_asked(host):
    host.boot(nodes=2).nodes[1].grant = 30
    failure, _result = failure_of(NAME, dict(host.options, numa={0: 20, 1: 100}))
    assert (
        "70 pages of 2048 KiB are missing: the target needs 20 on node 0, 100 on node 1 (and holds"
        in failure["message"]
    )
    assert "node 1 gave 30" in failure["message"]
    told = {node["node"]: (node["asked"], node["came"]) for node in failure["details"]["hugepages"]["nodes"]}
    assert told == {0: (20, 20), 1: (100, 30)} and failure["details"]["hugepages"]["short_by"] == 70
    # what one node lacks is not taken from the other
    assert host.kernel.nodes[0].total == 20


def test_what_the_target_holds_counts_on_its_node(host):
    host.boot(nodes=2, total=100).use(100)
    own = "/dev/hugepages2m/spdk_pid4711map_%d"
    maps = fake_host.numa_line(own % 0, 60) + fake_host.numa_line(own % 1, 30, 10)
    maps += fake_host.numa_line("/dev/huge1g/spdk_pid4711map_2", 0, 3, page_kib=1048576)
    maps += fake_host.numa_line("/memfd:pc.ram (deleted)", 500, 500)  # of a VM that it serves
    host.running_target(100 * 2048, maps)
    result = host.run(numa={0: 90, 1: 50})
    assert [node["held_by_target"] for node in result["hugepages"]["nodes"]] == [90, 10]
    assert host.kernel.writes == [("node1", "40")]
    host.kernel.writes.clear()
    assert not host.run(numa={0: 90, 1: 50})["changed"]


def test_a_target_whose_nodes_cannot_be_told_is_given_nothing_twice(host):
    host.boot(nodes=2, total=100).use(100)
    host.running_target(0)
    (host.root / "proc/4711/numa_maps").unlink()
    fake_host.write(host.root, "proc/4711/smaps", fake_host.smaps("/dev/h/spdk_pid4711map_0", 100 * 2048))
    host.run(numa=1)
    assert host.kernel.writes == []


def test_promised_pages_are_not_counted_on_a_node(host):
    """What was promised to a guest comes from another node as far as the kernel can, and the rest from this one."""
    kernel = host.boot(nodes=2)
    kernel.set(20, 20)
    kernel.set(100, 100, node=1)
    kernel.reserved = 50
    kernel.set(100, 100, reserved=50, node=1)
    host.run(numa=1)
    assert kernel.writes == [("node1", "130")]


def test_more_than_a_node_has_is_refused(host):
    host.boot(nodes=2, node_memory_kib=8 * 1024**2)
    failure, _result = failure_of(NAME, dict(host.options, numa={0: 5000}))
    assert failure["code"] == "too_much" and "10000 MiB, but node 0 has 8192 MiB" in failure["message"]
    assert not host.touched()


def test_a_node_without_enough_memory_is_left_alone(host):
    host.boot(nodes=2)
    meminfo = "Node 1 MemTotal: 999999 kB\nNode 1 MemFree: 100000 kB\nNode 1 Inactive(file): 2400 kB\n"
    fake_host.write(host.root, "sys/devices/system/node/node1/meminfo", meminfo)
    for check_mode in (True, False):
        result = host.run(check_mode, numa=1, best_effort=True)
        assert "on node 1, but only 100 MiB" in result["missing"][0]["detail"] and host.kernel.writes == []

"""The choice of a target's CPUs: the contract's vectors, and rules over generated machines."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import topology
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write, write_cpus

VECTORS = [
    ("0:0:0:0 1:1:0:0 2:0:0:1 3:1:0:1 4:0:0:2 5:1:0:2 7:1:0:3", [1, 3, 5, 7], 1),
    ("0:0:0:0 1:0:0:1 2:0:0:3 3:0:0:3 4:0:0:2 5:0:0:2 6:0:0:1 7:0:0:0", [3, 5, 6, 7], 0),
    ("0:0:0:0 1:0:0:1 2:0:0:0 3:0:0:1 4:0:0:0 5:0:0:1", [2, 3, 4, 5], 0),
    ("0:0:0:0 1:1:0:0 2:0:0:1 3:1:0:1 5:1:0:2", [1, 3, 5], 1),
]


def rows_of(text):
    """[(cpu, node, socket, core)] of the contract's notation."""
    return [tuple(int(number) for number in row.split(":")) for row in text.split()]


@pytest.mark.parametrize("text, expected, node", VECTORS)
def test_the_contracts_vectors(text, expected, node):
    cpus, chosen_node, reason = topology.choose([topology.Cpu(*row) for row in rows_of(text)])
    assert (cpus, chosen_node) == (expected, node)
    assert ("fewer than the 4" in reason) == (len(expected) < 4)


@pytest.mark.parametrize("text, expected, node", VECTORS)
def test_the_contracts_vectors_read_from_sysfs(tmp_path, text, expected, node):
    write_cpus(tmp_path, rows_of(text))
    assert topology.choose(topology.read_cpus(str(tmp_path)))[:2] == (expected, node)


def test_a_tie_of_nodes_goes_to_the_highest_cpu():
    rows = [(0, 1, 0, 0), (1, 1, 0, 1), (2, 0, 0, 2), (3, 0, 0, 3)]
    assert topology.choose([topology.Cpu(*row) for row in rows])[:2] == ([2, 3], 0)


def test_the_same_core_number_on_two_sockets_is_two_cores():
    rows = [(0, 0, 0, 1), (1, 0, 0, 1), (2, 0, 0, 0), (3, 0, 1, 0)]
    assert topology.choose([topology.Cpu(*row) for row in rows], 2)[0] == [2, 3]
    rows = [(0, 0, 0, 0), (1, 0, 0, 1), (2, 0, 0, 1), (3, 0, 0, 1)]
    assert topology.choose([topology.Cpu(*row) for row in rows], 2)[0] == [0, 3]


def test_a_machine_that_shows_no_cpu():
    assert topology.choose([]) == ([], None, "the kernel shows no online CPU")


def test_offline_cpus_are_none(tmp_path):
    write_cpus(tmp_path, [(number, 0, 0, number) for number in range(8)], online="0-2,5")
    assert [item.cpu for item in topology.read_cpus(str(tmp_path))] == [0, 1, 2, 5]


def test_a_kernel_without_numa_has_one_node(tmp_path):
    write(tmp_path, "sys/devices/system/cpu/online", "0-1\n")
    cpus = topology.read_cpus(str(tmp_path))
    assert [(item.cpu, item.node, item.socket, item.core) for item in cpus] == [(0, 0, 0, 0), (1, 0, 0, 1)]


def test_an_unreadable_sysfs_shows_no_cpu(tmp_path):
    assert topology.read_cpus(str(tmp_path)) == []


@pytest.mark.parametrize(
    "text, numbers",
    [
        ("0-3,8", [0, 1, 2, 3, 8]),
        ("5\n", [5]),
        ("", []),
        (None, []),
        ("3-1", []),
        ("a,2", [2]),
        ("1,1-2", [1, 2]),
        ("0,2,4-5", [0, 2, 4, 5]),
    ],
)
def test_the_kernels_list_format(text, numbers):
    assert topology.parse_list(text) == numbers


def test_this_machine_has_cpus():
    cpus, node, _reason = topology.choose(topology.read_cpus())
    assert 1 <= len(cpus) <= 4 and node is not None

"""Rules that every choice of CPUs keeps, over generated machines."""

import pytest

pytest.importorskip("hypothesis")
from ansible_collections.zstack.zbs.plugins.module_utils._observe import topology
from hypothesis import given, settings
from hypothesis import strategies as st

MACHINES = st.dictionaries(
    st.integers(0, 300), st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=30
).map(lambda found: [topology.Cpu(cpu, *rest) for cpu, rest in found.items()])


@settings(max_examples=400, deadline=None)
@given(MACHINES, st.integers(1, 8))
def test_the_rules(machine, wanted):
    chosen, node, reason = topology.choose(machine, wanted)
    of = {item.cpu: item for item in machine}
    sizes = {}
    for item in machine:
        sizes.setdefault(item.node, []).append(item.cpu)
    # never two nodes, and the one with most CPUs; a tie goes to the highest CPU
    assert {of[cpu].node for cpu in chosen} == {node}
    assert (len(sizes[node]), max(sizes[node])) == max((len(cpus), max(cpus)) for cpus in sizes.values())
    # never more than asked, and no fewer than there are
    assert len(chosen) == min(wanted, len(sizes[node]))
    assert chosen == sorted(set(chosen))
    assert ("fewer" in reason) == (len(chosen) < wanted)
    # siblings last: two CPUs of a core only when every core of the node has one already
    cores = {(of[cpu].socket, of[cpu].core) for cpu in sizes[node]}
    used = [(of[cpu].socket, of[cpu].core) for cpu in chosen]
    assert len(set(used)) == min(len(chosen), len(cores))
    # highest first: a core's own highest CPU is taken before its others
    for cpu in sizes[node]:
        higher = [other for other in sizes[node] if other > cpu and _core(of, other) == _core(of, cpu)]
        if cpu in chosen:
            assert all(other in chosen for other in higher)


def _core(of, cpu):
    return of[cpu].socket, of[cpu].core


@given(MACHINES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(machine, randomness):
    shuffled = list(machine)
    randomness.shuffle(shuffled)
    assert topology.choose(shuffled) == topology.choose(machine)

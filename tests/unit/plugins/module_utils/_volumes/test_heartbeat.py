"""Where the CBD heartbeat of a site is, from its pools."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.heartbeat import heartbeat


@pytest.mark.parametrize(
    "pools, wanted, path",
    [
        ({"lpool1": "phys1"}, [], "cbd:phys1/lpool1/zbs_zstack_heartbeat"),
        ({"lpool1": "phys1", "lpool10": "phys2"}, ["lpool1"], "cbd:phys1/lpool1/zbs_zstack_heartbeat"),
        ({"lpool1": "phys1", "b": None}, ["lpool1", "gone"], "cbd:phys1/lpool1/zbs_zstack_heartbeat"),
    ],
)
def test_the_one_pool(pools, wanted, path):
    assert heartbeat(pools, wanted) == path


@pytest.mark.parametrize(
    "pools, wanted, words",
    [
        ({}, [], "the cluster has no logical pool"),
        ({"a": "p"}, ["b", "c"], "zbs_vhost_heal_pools (b, c) names no pool of the cluster"),
        ({"b": "p", "a": "q"}, [], "in any of the pools a, b;"),
        ({"b": "p", "a": "q", "c": "r"}, ["c", "a"], "in any of the pools a, c;"),
        ({"a": None}, [], "no physical pool of the pool a"),
        ({"a": "p q"}, [], "'cbd:p q/a/zbs_zstack_heartbeat', made of the pool's names, is not a CBD path"),
    ],
)
def test_what_is_not_one_asks_for_the_variable(pools, wanted, words):
    with pytest.raises(ZbsError) as caught:
        heartbeat(pools, wanted)
    assert caught.value.code == "heartbeat_unknown" and words in caught.value.message
    assert (
        "set zbs_vhost_heal_cbd_heartbeat (cbd:PHYSICAL_POOL/LOGICAL_POOL/zbs_zstack_heartbeat)" in caught.value.message
    )

"""From a bdev back to its volume: both names, several pools, and what must not be guessed."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import tracing
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.names import Volume

DIGITS = "0123456789abcdef0123456789abcdef"
NEW = Volume("lpool1", "volume_" + DIGITS)
OLD = Volume("lpool1", "vol1")


class Cluster:
    """A zbs that knows these pools; a pool whose volumes are an error can't be listed. `asked` are the pools that were."""

    def __init__(self, **pools):
        self.content, self.asked = pools, []

    def pools(self, _deadline):
        if "pools" in self.content:
            raise self.content["pools"]
        return dict.fromkeys(self.content)

    def volumes(self, pool, _deadline):
        self.asked.append(pool)
        found = self.content.get(pool, ZbsError("the pool %s could not be listed: kPoolNotExists" % pool))
        if isinstance(found, ZbsError):
            raise found
        return found


def trace(cluster, *bdevs, pools=()):
    return tracing.trace(cluster, list(bdevs), list(pools), Deadline(30))


def paths(found):
    return {bdev: volume.path for bdev, volume in found.volumes.items()}


def test_both_kinds_side_by_side_in_one_listing():
    cluster = Cluster(lpool1=["other", NEW.name, OLD.name])
    found = trace(cluster, NEW.uuid_name, OLD.hashed_name, NEW.hashed_name)
    assert paths(found) == {NEW.uuid_name: NEW.path, OLD.hashed_name: OLD.path, NEW.hashed_name: NEW.path}
    assert (found.reasons, cluster.asked) == ({}, ["lpool1"])


def test_nothing_to_trace_asks_nothing():
    cluster = Cluster(lpool1=[])
    assert trace(cluster).volumes == {} and cluster.asked == []


def test_without_pools_the_cluster_is_asked_and_named_ones_restrict():
    cluster = Cluster(lpool1=[NEW.name], lpool10=["x"])
    assert paths(trace(cluster, NEW.uuid_name)) == {NEW.uuid_name: NEW.path} and cluster.asked == ["lpool1", "lpool10"]
    # Names are compared whole: lpool1 is not lpool10.
    only = trace(cluster, NEW.uuid_name, pools=["lpool10"])
    assert only.volumes == {} and "no volume in the pools lpool10" in only.reasons[NEW.uuid_name]


def test_a_hash_says_its_pool_so_no_other_is_asked():
    cluster = Cluster(lpool1=[OLD.name], lpool2=[])
    assert paths(trace(cluster, OLD.hashed_name)) == {OLD.hashed_name: OLD.path} and cluster.asked == ["lpool1"]


@pytest.mark.parametrize(
    "pools, words",
    [
        # a copy that a migration left behind has the same UUID
        ({"lpool1": [NEW.name], "lpool2": [NEW.name]}, "lpool1/%s and lpool2/%s" % (NEW.name, NEW.name)),
        ({"lpool1": [NEW.name, "image-cache_" + DIGITS]}, "which have the same UUID"),
        (
            {"lpool1": [NEW.name], "lpool2": ZbsError("the pool lpool2 could not be listed: no answer")},
            "may hold a copy of it",
        ),
        (
            {"lpool1": ["x"], "lpool2": ZbsError("the pool lpool2 could not be listed: no answer")},
            "lpool2 could not be listed",
        ),
        ({"lpool1": ["x"]}, "no volume in the pools lpool1"),
        ({}, "the cluster has no logical pool"),
        (
            {"pools": ZbsError("the cluster's pools could not be listed: no answer")},
            "list the pools in zbs_vhost_heal_pools",
        ),
    ],
)
def test_what_is_not_sure_is_nobody_s(pools, words):
    found = trace(Cluster(**pools), NEW.uuid_name)
    assert found.volumes == {} and words in found.reasons[NEW.uuid_name]


def test_one_that_is_not_sure_keeps_no_other_from_its_volume():
    cluster = Cluster(lpool1=[NEW.name, OLD.name], lpool2=[NEW.name])
    found = trace(cluster, NEW.uuid_name, OLD.hashed_name)
    assert paths(found) == {OLD.hashed_name: OLD.path} and list(found.reasons) == [NEW.uuid_name]

"""The module that asks the cluster, run whole against a fake zbs."""

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_cluster"
ONE = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"  # pool1/vol1
NEW = "zbs-bdev-0123456789abcdef0123456789abcdef"
ZBS = """case "$*" in
*logical-pool*) echo '{"error": {"code": 0}, "result": [{"logicalPoolInfos": [
  {"logicalPoolName": "pool1", "physicalPoolName": "phys"}, {"logicalPoolName": "pool10", "physicalPoolName": "phys"}]}]}' ;;
*"--pool pool1 "*) echo '{"result": [{"fileName": "vol1"}, {"fileName": "volume_0123456789abcdef0123456789abcdef"}]}' ;;
*) echo '{"result": []}' ;;
esac"""


@pytest.fixture
def zbs(tmp_path):
    def make(body=ZBS):
        return programs.write_program(tmp_path, "zbs", programs.logging_argv(tmp_path / "listed", body))

    make.calls = lambda: [call[1] for call in programs.calls(tmp_path / "listed")]
    return make


@pytest.mark.parametrize("check_mode", [True, False])
def test_all_bdevs_are_traced_with_one_listing_a_pool(zbs, check_mode):
    options = {"zbs": zbs(), "bdevs": [ONE, NEW, "zbs-bdev-mine", ONE]}
    status, result = run_module(NAME, options, check_mode=check_mode)
    assert (status, result["changed"], result["heartbeat"]) == (0, False, None)
    assert zbs.calls() == ["logical-pool", "file", "file"]
    assert result["traced"][ONE] == {"path": "pool1/vol1", "reason": None}
    assert result["traced"][NEW]["path"] == "pool1/volume_0123456789abcdef0123456789abcdef"
    lost = result["traced"]["zbs-bdev-mine"]
    assert lost["path"] is None and "no volume in the pools pool1, pool10 matches" in lost["reason"]


def test_the_heartbeat_of_the_named_pool(zbs):
    status, result = run_module(NAME, {"zbs": zbs(), "heartbeat": True, "pools": ["pool1"]})
    assert (status, result["traced"], result["pools"]) == (0, {}, ["pool1"])
    assert result["heartbeat"] == "cbd:phys/pool1/zbs_zstack_heartbeat" and zbs.calls() == ["logical-pool"]


def test_nothing_asked_is_nothing_called(zbs):
    assert run_module(NAME, {"zbs": zbs()})[0] == 0 and zbs.calls() == []


@pytest.mark.parametrize(
    "options, code, words",
    [
        ({"heartbeat": True}, "heartbeat_unknown", "any of the pools pool1, pool10"),
        ({"bdevs": ["../x"]}, "bad_option", "is not a bdev name"),
        ({"timeout": 0}, "bad_option", "timeout"),
    ],
)
def test_refusals(zbs, options, code, words):
    failure, _result = failure_of(NAME, dict(options, zbs=zbs()))
    assert failure["code"] == code and words in failure["message"]


def test_a_cluster_that_does_not_answer(zbs):
    failure, _result = failure_of(NAME, {"zbs": zbs("exit 1"), "heartbeat": True})
    assert failure["code"] == "zbs_failed"

"""What the program zbs says of pools and volumes, run whole against a fake one."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbs
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

POOLS = {
    "error": {"code": 0, "message": ""},
    "result": [
        {
            "logicalPoolInfos": [
                {"logicalPoolName": "lpool1", "physicalPoolName": "pool1"},
                {"logicalPoolName": "lpool2"},
            ]
        },
        {"logicalPoolInfos": [{"logicalPoolName": "lpool10", "physicalPoolName": "pool1"}, {"logicalPoolID": 3}, 7]},
    ],
}


def test_pools_with_their_physical_pools():
    assert zbs.parse_pools(POOLS) == {"lpool1": "pool1", "lpool2": None, "lpool10": "pool1"}
    assert zbs.parse_pools({"result": []}) == {}


@pytest.mark.parametrize(
    "data", [None, [], {}, {"result": {}}, {"result": [1]}, {"result": [{}]}, {"result": [{"logicalPoolInfos": {}}]}]
)
def test_pools_of_another_shape(data):
    with pytest.raises(ZbsError) as caught:
        zbs.parse_pools(data)
    assert caught.value.code == "bad_listing" and "zbs list logical-pool" in caught.value.message


@pytest.mark.parametrize(
    "data, names",
    [
        ({"result": [{"fileName": "a"}, {"fileName": "b"}]}, ["a", "b"]),
        ({"result": {"fileInfo": [{"fileName": "a", "length": 1}]}}, ["a"]),
        ({"result": []}, []),
        ({"result": [{"length": 1}, "x", {"fileName": 3}]}, []),
    ],
)
def test_a_listing(data, names):
    assert zbs.parse_volumes(data) == names


@pytest.mark.parametrize("data", [None, [], {}, {"result": None}, {"result": {"fileInfo": {}}}, {"result": "a"}])
def test_a_listing_of_another_shape(data):
    with pytest.raises(ZbsError) as caught:
        zbs.parse_volumes(data)
    assert caught.value.code == "bad_listing"


@pytest.mark.parametrize(
    "body, code, words",
    [
        (
            programs.answering('{"error": {"code": 410061, "message": "kPoolNotExists"}}', rc=1),
            "zbs_failed",
            "listed: kPoolNotExists",
        ),
        (programs.answering('{"error": {"code": 7}}'), "zbs_failed", "listed: no answer"),
        (programs.answering("garbage"), "zbs_failed", "garbage"),
        ("exit 1", "zbs_failed", "no answer"),
        ("exec sleep 60", "zbs_timeout", "could not be listed within"),
    ],
)
def test_what_zbs_did_not_list_is_an_error(tmp_path, body, code, words):
    program = programs.write_program(tmp_path, "zbs", body)
    with pytest.raises(ZbsError) as caught:
        zbs.Zbs(program).volumes("pool0", Deadline(0.5 if code == "zbs_timeout" else 30))
    assert caught.value.code == code and words in caught.value.message and "pool0" in caught.value.message


def test_the_words_that_zbs_is_asked_with(tmp_path):
    log = tmp_path / "log"
    body = programs.answering('WARN: noise\n{"result": [{"logicalPoolInfos": []}], "error": {"code": 0}}')
    program = programs.write_program(tmp_path, "zbs", programs.logging_argv(log, body))
    assert zbs.Zbs(program).pools(Deadline(30)) == {}
    assert programs.calls(log) == [["list", "logical-pool", "--format", "json"]]

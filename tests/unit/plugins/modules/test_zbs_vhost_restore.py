"""The restore module, run whole against fake zbsadm and zbs programs."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbs
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs, restoring
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.restoring import NAME, ONE, REFUSED, SUCCESS, VM, create


@pytest.fixture
def admin(tmp_path, monkeypatch):
    """An admin node, see support/restoring."""
    return restoring.node(tmp_path, monkeypatch)


def test_a_bdev_is_traced_through_the_pools_and_created(admin):
    status, result = run_module(NAME, admin())
    assert (status, result["changed"]) == (0, True)
    assert result["volumes"] == [{"bdev": ONE, "path": "pool1/vol1", "created": True, "held_by": [], "error": None}]
    assert admin.calls() == [create()]
    assert [call[3] for call in admin.listed()] == ["pool0", "pool1"]


def test_one_whose_path_is_known_asks_no_pool(admin):
    status, result = run_module(NAME, admin(volumes=[{"bdev": "mine", "path": "p/v", "vm": VM}]))
    assert (status, admin.calls(), admin.listed()) == (0, [create("p/v_zbs_", "mine")], [])
    assert result["volumes"][0]["path"] == "p/v"


def test_a_damaged_path_is_traced_again(admin):
    run_module(NAME, admin(volumes=[{"bdev": ONE, "path": "../etc", "vm": VM}]))
    assert admin.calls() == [create()]


def test_check_mode_says_the_same_and_creates_nothing(admin):
    _status, real = run_module(NAME, admin())
    status, said = run_module(NAME, admin(), check_mode=True)
    assert status == 0 and len(admin.calls()) == 1
    assert {key: said[key] for key in ("changed", "volumes", "diff")} == {
        key: real[key] for key in ("changed", "volumes", "diff")
    }


MANY = [{"bdev": "b%d" % number, "path": "p/v%d" % number, "vm": VM} for number in range(5)]
# Counts the calls that are at work, for a while; `most` is the highest count.
TOGETHER = """
cd %s
until mkdir lock 2>/dev/null; do :; done
now=$(( $(cat now 2>/dev/null || echo 0) + 1 )); echo $now >now
[ $now -le $(cat most 2>/dev/null || echo 0) ] || echo $now >most
rmdir lock
sleep 0.3
%s
until mkdir lock 2>/dev/null; do :; done
echo $(( $(cat now) - 1 )) >now
rmdir lock
"""


def test_volumes_are_created_two_at_a_time(admin, tmp_path):
    status, result = run_module(NAME, admin(TOGETHER % (tmp_path, "(%s)" % SUCCESS), volumes=MANY))
    assert status == 0 and all(row["created"] for row in result["volumes"])
    assert [row["bdev"] for row in result["volumes"]] == [item["bdev"] for item in MANY]
    assert (tmp_path / "most").read_text().strip() == "2" and len(admin.calls()) == len(MANY)


def test_a_zbsadm_that_takes_one_at_a_time_creates_them_all(admin, tmp_path):
    busy = programs.answering('{"success": false, "error": {"code": 7, "message": "another call is under way"}}')
    body = "if mkdir %s/busy 2>/dev/null; then\nsleep 0.5\n%s\nrmdir %s/busy\nelse\n%s\nfi" % (
        tmp_path,
        "(%s)" % SUCCESS,
        tmp_path,
        busy,
    )
    _status, result = run_module(NAME, admin(body, volumes=MANY))
    assert [row["error"] for row in result["volumes"]] == [None] * len(MANY)


def test_what_fails_alone_is_not_tried_again(admin):
    _status, result = run_module(NAME, admin(REFUSED))
    assert result["volumes"][0]["error"] and len(admin.calls()) == 1


def test_what_is_served_already_is_left_alone(admin):
    observed = {"protocols": {"vhost": {"verdict": "healthy"}}, "volumes": [{"controller": ONE, "broken": False}]}
    status, result = run_module(NAME, admin(observed=observed))
    assert (status, result["changed"], result["volumes"][0]["error"], admin.calls()) == (0, False, None, [])


def test_one_that_cannot_be_traced_keeps_no_other_from_it(admin):
    volumes = [{"bdev": "zbs-bdev-0", "vm": dict(VM, name=None)}, {"bdev": ONE, "vm": VM}]
    status, result = run_module(NAME, admin(volumes=volumes))
    lost, restored = result["volumes"]
    assert status == 0 and restored["created"] and not lost["created"]
    assert "zbs-bdev-0 of VM process 3" in lost["error"] and "pool0, pool1" in lost["error"]
    assert result["warnings"] == [lost["error"]]


@pytest.mark.parametrize(
    "listing, words",
    [
        (
            programs.answering('{"error": {"code": 410061, "message": "kPoolNotExists"}}', rc=1),
            "listed: kPoolNotExists",
        ),
        (programs.answering("[]"), "could not be listed"),
        (programs.answering("garbage"), "could not be listed"),
        ("exit 1", "could not be listed: no answer"),
        (programs.answering('{"result": 7}'), "an unknown form"),
    ],
)
def test_a_pool_that_cannot_be_listed_is_in_the_reason(admin, listing, words):
    _status, result = run_module(NAME, admin(listing=listing))
    assert words in result["volumes"][0]["error"] and admin.calls() == []


def test_without_pools_the_cluster_is_asked_for_them(admin):
    """The names of both kinds, a pool whose name begins like another's, one listing a pool."""
    new = "zbs-bdev-0123456789abcdef0123456789abcdef"
    listing = """case "$*" in
*logical-pool*) echo '{"error": {"code": 0}, "result": [{"logicalPoolInfos": [{"logicalPoolName": "pool1"}, {"logicalPoolName": "pool10"}]}]}' ;;
*"--pool pool1 "*) echo '{"result": [{"fileName": "vol1"}, {"fileName": "volume_0123456789abcdef0123456789abcdef"}]}' ;;
*) echo '{"result": []}' ;;
esac"""
    volumes = [{"bdev": ONE, "vm": VM}, {"bdev": new, "vm": VM}]
    status, result = run_module(NAME, admin(listing=listing, pools=[], volumes=volumes))
    path = "pool1/volume_0123456789abcdef0123456789abcdef"
    assert (status, [row["path"] for row in result["volumes"]]) == (0, ["pool1/vol1", path])
    assert sorted(admin.calls()) == sorted([create(), create(path + "_zbs_", new)])
    assert [call[1] for call in admin.listed()] == ["logical-pool", "file", "file"]


def test_a_cluster_that_does_not_tell_its_pools_is_the_reason(admin):
    _status, result = run_module(NAME, admin(pools=[], listing="exit 1"))
    assert "zbs_vhost_heal_pools" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_refusal_of_zbsadm_is_the_rows(admin):
    status, result = run_module(NAME, admin(REFUSED))
    assert status == 0 and "File exists" in result["volumes"][0]["error"] and result["changed"] is False


def test_no_target_no_volume(admin):
    observed = {"protocols": {"vhost": {"verdict": "stopped", "reason": "exited"}}, "volumes": []}
    _status, result = run_module(NAME, admin(observed=observed))
    assert "heal the target first" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_broken_controller_under_a_vm_is_never_deleted(admin):
    row = {"controller": ONE, "broken": True, "sessions": 1}
    observed = {"protocols": {"vhost": {"verdict": "healthy"}}, "volumes": [row]}
    _status, result = run_module(NAME, admin(observed=observed))
    assert "have a session" in result["volumes"][0]["error"] and admin.calls() == []


def test_no_password_anywhere(admin):
    given = admin(REFUSED, ssh_port=22, ssh_username="root", ssh_password="hunter2-x")
    _status, result = run_module(NAME, given)
    assert admin.calls()[0][8:10] == ["-p", "hunter2-x"] and "hunter2-x" not in json.dumps(result)


def test_nothing_to_restore(admin):
    status, result = run_module(NAME, admin(volumes=[]))
    assert (status, result["changed"], admin.calls(), admin.listed()) == (0, False, [], [])


@pytest.mark.parametrize("bad", [{"volumes": [{}]}, {"volumes": [{"bdev": "a/b"}]}, {"host_ip": "-x"}, {"timeout": 0}])
def test_options_that_cannot_be(admin, bad):
    failure, _result = failure_of(NAME, admin(**bad))
    assert failure["code"] == "bad_option" and admin.calls() == []


def test_a_pool_that_takes_too_long_is_in_the_reason(admin, monkeypatch):
    monkeypatch.setattr(zbs, "ASK_SECONDS", 0.2)
    _status, result = run_module(NAME, admin(listing="exec sleep 100", pools=["pool0"]))
    assert "the pool pool0 could not be listed within 0 s" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_pool_is_not_asked_once_all_are_found(admin):
    run_module(NAME, admin(pools=["pool1", "pool2"]))
    assert [call[3] for call in admin.listed()] == ["pool1"]


def test_when_the_time_is_over_the_next_attempt_goes_on(admin):
    """The first creations, two at a time, take all the time there is; the third volume is not begun and says so."""
    volumes = [{"bdev": name, "path": "p/" + name, "vm": VM} for name in ("first", "second", "third")]
    status, result = run_module(NAME, admin("exec sleep 100", volumes=volumes, timeout=1, fence="off"))
    assert status == 0 and len(admin.calls()) == 2 and result["changed"] is False
    assert "no time was left for it within 1 s; the next attempt continues" in result["volumes"][2]["error"]


OTHER = "zbs-bdev-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "traced, listed",
    [
        ({ONE: {"path": "pool9/vol9", "reason": None}}, 0),
        ({ONE: {"path": None, "reason": "it may be two"}}, 0),
        # What is not in it, or can't be, is traced here.
        ({}, 2),
        ({OTHER: {"path": "pool9/vol9"}}, 2),
        ({ONE: {"path": "../etc"}}, 2),
        ({ONE: {}}, 2),
        ({ONE: "pool9/vol9"}, 2),
    ],
)
def test_what_was_traced_for_all_hosts_is_not_listed_again(admin, traced, listed):
    _status, result = run_module(NAME, admin(traced=traced))
    row = result["volumes"][0]
    assert len(admin.listed()) == listed
    if listed:
        assert row["path"] == "pool1/vol1"
    elif traced[ONE]["path"]:
        assert admin.calls() == [create("pool9/vol9_zbs_")]
    else:
        assert "it may be two" in row["error"] and admin.calls() == []

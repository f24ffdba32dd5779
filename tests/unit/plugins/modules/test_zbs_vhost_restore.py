"""The restore module, run whole against fake zbsadm and zbs programs."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls, zbs
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_restore"
ONE = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"  # pool1/vol1
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
REFUSED = programs.answering('{"success": false, "error": {"code": 410032, "message": "File exists"}}')
LISTING = programs.answering(
    '{"result": [{"fileName": "vol0"}, {"fileName": "vol1"}], "error": {"code": 0, "message": ""}}'
)
VM = {"pid": 3, "started_ticks": 1, "name": "web", "uuid": None}


@pytest.fixture
def admin(tmp_path, monkeypatch):
    """Make an admin node: options that use it; `calls()` are the argument lists of zbsadm, `listed()` those of zbs."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log, listed = tmp_path / "log", tmp_path / "listed"

    def make(body=SUCCESS, listing=LISTING, **more):
        zbsadm = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        zbs = programs.write_program(tmp_path, "zbs", programs.logging_argv(listed, listing))
        observed = {"protocols": {"vhost": {"verdict": "healthy", "reason": "ok"}}, "volumes": []}
        given = {"host_ip": "172.30.0.11", "zbsadm": zbsadm, "zbs": zbs, "observed": observed, "timeout": 20}
        given.update(volumes=[{"bdev": ONE, "vm": VM}], pools=["pool0", "pool1"])
        given.update(more)
        return given

    make.calls = lambda: programs.calls(log)
    make.listed = lambda: programs.calls(listed)
    return make


def create(volume="pool1/vol1_zbs_", bdev=ONE):
    """The call that creates."""
    return ["vhost", "create-bdev", "--host", "172.30.0.11", "--volume", volume, "--name", bdev, "--silent"]


def test_a_bdev_is_traced_through_the_pools_and_created(admin):
    status, result = run_module(NAME, admin())
    assert (status, result["changed"]) == (0, True)
    assert result["volumes"] == [{"bdev": ONE, "path": "pool1/vol1", "created": True, "error": None}]
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
    assert admin.calls() == [create(), create(path + "_zbs_", new)]
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
    """The first creation takes all the time there is; the second volume is not begun and says so."""
    volumes = [{"bdev": "first", "path": "p/v1", "vm": VM}, {"bdev": "second", "path": "p/v2", "vm": VM}]
    status, result = run_module(NAME, admin("exec sleep 100", volumes=volumes, timeout=1))
    assert status == 0 and len(admin.calls()) == 1 and result["changed"] is False
    assert "no time was left for it within 1 s; the next attempt continues" in result["volumes"][1]["error"]


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

"""The volume module, run whole against fake zbsadm programs."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.tests.unit.plugins.support import clients, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_volume"
BDEV = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
LOGIN = {"ssh_port": 22, "ssh_username": "root", "ssh_password": "hunter2-x"}
CREATE = ["vhost", "create-bdev", "--host", "172.30.0.11", "--volume", "pool1/vol1_zbs_", "--name", BDEV, "--silent"]
DELETE = ["vhost", "delete-bdev", "--host", "172.30.0.11", "--name", BDEV, "--silent"]


def healthy(*volumes):
    """A healthy target with those volumes."""
    return {"protocols": {"vhost": {"verdict": "healthy", "reason": "ok"}}, "volumes": list(volumes)}


ROW = {"controller": BDEV, "sessions": 0, "broken": False}


@pytest.fixture
def zbsadm(tmp_path, monkeypatch):
    """Make a fake zbsadm: options that use it; `zbsadm.calls()` are its argument lists."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log = tmp_path / "log"

    def make(body=SUCCESS, told=clients.NOBODY, **more):
        path = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        zbs = programs.write_program(tmp_path, "zbs", told if "list client" in told else clients.zbs(told))
        base = {"host_ip": "172.30.0.11", "zbsadm": path, "zbs": zbs, "observed": healthy(), "timeout": 20}
        return dict(base, path="zbs://pool1/vol1", **more) if "path" not in more else dict(base, **more)

    make.calls = lambda: programs.calls(log)
    return make


def test_a_volume_is_served(zbsadm):
    status, result = run_module(NAME, zbsadm(), diff=True)
    assert (status, result["changed"], result["bdev_name"]) == (0, True, BDEV)
    assert result["socket_path"] == "/var/zbsvhost/sockets/" + BDEV
    assert result["diff"] == {
        "before": {"controller": None, "broken": False},
        "after": {"controller": BDEV, "broken": False},
    }
    assert zbsadm.calls() == [CREATE] and len(result["zbsadm"]) == 1


def test_check_mode_says_the_same_and_calls_nothing(zbsadm):
    _status, real = run_module(NAME, zbsadm())
    status, result = run_module(NAME, zbsadm(), check_mode=True)
    assert status == 0 and zbsadm.calls() == [CREATE]
    assert {key: result[key] for key in ("changed", "plan", "diff")} == {
        key: real[key] for key in ("changed", "plan", "diff")
    }


def test_one_that_is_there_is_left_alone(zbsadm):
    status, result = run_module(NAME, zbsadm(observed=healthy(dict(ROW, sessions=1))))
    assert (status, result["changed"], zbsadm.calls()) == (0, False, [])
    assert result["diff"]["before"] == result["diff"]["after"] == {"controller": BDEV, "broken": False}


def test_a_broken_one_that_nobody_uses_is_made_again(zbsadm):
    status, result = run_module(NAME, zbsadm(observed=healthy(dict(ROW, broken=True))))
    assert status == 0 and zbsadm.calls() == [DELETE, CREATE]
    assert result["diff"]["before"] == {"controller": BDEV, "broken": True}


def test_deleted(zbsadm):
    status, result = run_module(NAME, zbsadm(state="absent", observed=healthy(ROW)))
    assert (status, result["changed"], zbsadm.calls()) == (0, True, [DELETE])
    assert result["diff"]["after"] == {"controller": None, "broken": False}


def test_never_under_a_vm(zbsadm):
    failure, _result = failure_of(NAME, zbsadm(state="absent", observed=healthy(dict(ROW, sessions=1))))
    assert failure["code"] == "in_use" and BDEV in failure["message"] and zbsadm.calls() == []


def test_unless_forced(zbsadm):
    given = zbsadm(state="absent", observed=healthy(dict(ROW, sessions=1)), force=True)
    assert run_module(NAME, given)[0] == 0 and zbsadm.calls() == [DELETE]


def test_blind_it_says_so(zbsadm):
    given = zbsadm()
    del given["observed"]
    status, result = run_module(NAME, given)
    assert status == 0 and zbsadm.calls() == [CREATE] and "nothing was observed" in result["warnings"][0]


def test_the_other_dialect_and_no_password_in_the_result(zbsadm):
    status, result = run_module(NAME, zbsadm(**LOGIN))
    assert status == 0
    assert zbsadm.calls()[0][4:10] == ["--port", "22", "-u", "root", "-p", "hunter2-x"]
    assert "hunter2-x" not in json.dumps(result)


def test_a_name_of_ones_own(zbsadm):
    status, result = run_module(NAME, zbsadm(bdev_name="mine", socket_dir="/s"))
    assert status == 0 and result["socket_path"] == "/s/mine" and zbsadm.calls()[0][-2] == "mine"


def test_a_refusal_of_zbsadm(zbsadm):
    body = programs.answering('{"success": false, "error": {"code": 410032, "message": "File exists"}}')
    failure, _result = failure_of(NAME, zbsadm(body))
    assert failure["code"] == "zbsadm_failed" and "File exists" in failure["message"]


@pytest.mark.parametrize(
    "bad",
    [
        {"path": "a"},
        {"path": "a/b@c"},
        {"bdev_name": "a/b"},
        {"host_ip": "-x"},
        {"timeout": 0},
        {"socket_dir": "/" + "x" * 100},
    ],
)
def test_options_that_cannot_be(zbsadm, bad):
    failure, _result = failure_of(NAME, zbsadm(**bad))
    assert failure["code"] == "bad_option" and zbsadm.calls() == []


HELD = clients.open_on("172.30.0.12")
OLD = clients.zbs(help_text=clients.OLD_HELP)


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_volume_that_another_host_has_open_is_not_created(zbsadm, check_mode):
    failure, _result = failure_of(NAME, zbsadm(told=HELD), check_mode)
    assert failure["code"] == "held_elsewhere" and zbsadm.calls() == []
    assert failure["details"] == {"held_by": ["172.30.0.12"], "path": "pool1/vol1", "bdev_name": BDEV}
    for word in (BDEV, "pool1/vol1", "172.30.0.12", "held elsewhere"):
        assert word in failure["message"]


@pytest.mark.parametrize("addresses, code", [(["172.30.0.12"], None), (["172.30.0.13"], "held_elsewhere")])
def test_an_address_of_the_host_itself_is_no_hindrance(zbsadm, addresses, code):
    given = zbsadm(told=HELD, observed=dict(healthy(), addresses=addresses))
    if code:
        assert failure_of(NAME, given)[0]["code"] == code
    else:
        assert run_module(NAME, given)[0] == 0 and zbsadm.calls() == [CREATE]


@pytest.mark.parametrize(
    "fence, demand, served",
    [
        ("when_possible", None, False),
        ("when_possible", [], False),
        ("when_possible", [{"bdev": BDEV}, {"bdev": BDEV, "served_s_ago": None}], False),
        ("when_possible", [{"bdev": "other", "served_s_ago": 5}], False),
        ("when_possible", [{"bdev": BDEV, "served_s_ago": 700}], False),
        ("when_possible", [{"bdev": BDEV, "served_s_ago": 700}, {"bdev": BDEV, "served_s_ago": 5}], True),
        ("when_possible", [{"bdev": BDEV, "served_s_ago": 5, "held_by": ["172.30.0.12"]}], False),
        ("required", [{"bdev": BDEV, "served_s_ago": 5}], False),
        ("off", None, True),
    ],
)
def test_an_older_release_of_zbs(zbsadm, fence, demand, served):
    given = zbsadm(told=OLD, fence=fence, observed=dict(healthy(), demand=demand))
    if served:
        assert run_module(NAME, given)[0] == 0 and zbsadm.calls() == [CREATE]
        return
    failure, _result = failure_of(NAME, given)
    assert failure["code"] == "fence_unknown" and "fence" in failure["message"] and zbsadm.calls() == []


def test_a_delete_asks_nobody(zbsadm):
    assert run_module(NAME, zbsadm(told=HELD, state="absent", observed=healthy(ROW)))[0] == 0
    assert run_module(NAME, zbsadm(told=HELD, state="absent", observed=healthy(ROW)), check_mode=True)[0] == 0
    assert zbsadm.calls() == [DELETE]


def test_a_broken_one_that_is_held_elsewhere_is_left_as_it_is(zbsadm):
    failure_of(NAME, zbsadm(told=HELD, observed=healthy(dict(ROW, broken=True))))
    assert zbsadm.calls() == []

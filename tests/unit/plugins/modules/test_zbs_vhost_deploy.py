"""The deploy module, run whole against fake zbsadm programs."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_deploy"
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
DOWN = {"protocols": {"vhost": {"verdict": "hung", "reason": "no answer"}}}
WELL = {
    "protocols": {"vhost": {"verdict": "healthy", "reason": None}},
    "container": {"answer": "found", "id": "c1", "image": "a:1", "cpus": [4, 5], "memory_mib": 1024},
    "volumes": [{"sessions": 0}],
}
LOGIN = {"ssh_port": 22, "ssh_username": "root", "ssh_password": "hunter2-x"}


@pytest.fixture
def zbsadm(tmp_path, monkeypatch):
    """Make a fake zbsadm: options that use it; `zbsadm.calls()` are its argument lists."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log = tmp_path / "log"

    def make(body=SUCCESS, **more):
        path = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        return dict(
            {"host_ip": "172.30.0.11", "zbsadm": path, "observed": DOWN, "timeout": 20, "cpuset": [4, 5]}, **more
        )

    make.calls = lambda: programs.calls(log)
    return make


def test_a_deploy(zbsadm):
    status, result = run_module(NAME, zbsadm(hugepage_dir="/dev/hugepages2m"))
    assert (status, result["changed"], result["restart_required"]) == (0, True, False)
    assert result["plan"]["action"] == "deploy" and "hung" in result["plan"]["reasons"][0]
    assert result["zbsadm"]["success"] is True
    assert zbsadm.calls() == [
        ["vhost", "deploy", "--host", "172.30.0.11", "--cpuset", "[4,5]", "--silent", "--hugepage-size", "1024"]
        + ["--hugepage-dir", "/dev/hugepages2m"]
    ]


def test_check_mode_calls_nothing(zbsadm):
    status, result = run_module(NAME, zbsadm(), check_mode=True)
    assert (status, result["changed"], result["zbsadm"], zbsadm.calls()) == (0, True, None, [])


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("verdict", ["foreign", "legacy"])
def test_none_is_deployed_beside_anothers_target(zbsadm, verdict, check_mode):
    reason = "the container zstone-vhost-1 (running; its mount /var/zbsvhost/sockets) is the target of another deployer"
    seen = {"protocols": {"vhost": {"verdict": verdict, "reason": reason}}}
    failure, _result = failure_of(NAME, zbsadm(observed=seen, restart="always"), check_mode)
    assert failure["code"] == "another_target" and failure["details"]["plan"]["action"] == "refused"
    assert failure["message"] == "no target is deployed on 172.30.0.11 beside another one: " + reason
    failure, _result = failure_of(NAME, zbsadm(observed=seen, state="absent"), check_mode)
    assert failure["code"] == "another_target" and reason + "; remove it with what started it" in failure["message"]
    assert zbsadm.calls() == []


def test_the_target_of_another_that_is_well_is_neither_drift_nor_removed(zbsadm):
    whose = {"name": "zstone-vhost-1", "expected": "zbsvhost-172.30.0.11", "foreign": True, "runs_target": True}
    seen = dict(WELL, container=dict(WELL["container"], **whose))
    status, result = run_module(NAME, zbsadm(observed=seen, image="a:2", restart="always"))
    assert (status, result["changed"], result["restart_required"]) == (0, False, False)
    assert result["plan"]["differences"] == [] and "zstone-vhost-1" in result["plan"]["reasons"][0]
    failure, _result = failure_of(NAME, zbsadm(observed=seen, state="absent"))
    assert failure["code"] == "another_target" and "zstone-vhost-1" in failure["message"]
    assert zbsadm.calls() == []


def test_auto_takes_the_topology(zbsadm):
    status, _result = run_module(NAME, zbsadm(cpuset="auto", topology={"cpus": [7, 6]}))
    assert status == 0 and zbsadm.calls()[0][4:6] == ["--cpuset", "[6,7]"]


def test_the_other_dialect_and_no_password_in_the_result(zbsadm):
    status, result = run_module(NAME, zbsadm(**LOGIN))
    assert status == 0
    assert zbsadm.calls()[0][4:10] == ["--port", "22", "-u", "root", "-p", "hunter2-x"]
    assert "hunter2-x" not in json.dumps(result)


SERVING = dict(WELL, volumes=[{"sessions": 0}, {"sessions": 2}])


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_removal(zbsadm, check_mode):
    status, result = run_module(NAME, zbsadm(state="absent", observed=WELL), check_mode)
    assert (status, result["changed"], result["plan"]["action"]) == (0, True, "destroy")
    assert zbsadm.calls() == ([] if check_mode else [["vhost", "destroy", "--host", "172.30.0.11", "--silent"]])


def test_a_removal_with_a_login(zbsadm):
    status, _result = run_module(NAME, zbsadm(state="absent", observed=WELL, **LOGIN))
    assert status == 0 and zbsadm.calls()[0][4:10] == ["--port", "22", "-u", "root", "-p", "hunter2-x"]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "observed, code", [(SERVING, "in_use"), (None, "sessions_unknown"), (DOWN, "sessions_unknown")]
)
def test_what_serves_a_vm_or_may_do_so_is_not_taken_away(zbsadm, observed, code, check_mode):
    given = zbsadm(state="absent")
    given["observed"] = observed
    failure, _result = failure_of(NAME, given, check_mode)
    assert failure["code"] == code and "force" in failure["message"] and zbsadm.calls() == []
    status, result = run_module(NAME, dict(given, force=True), check_mode)
    assert (status, result["changed"]) == (0, True) and len(zbsadm.calls()) == (0 if check_mode else 1)


def test_nothing_to_take_away(zbsadm):
    gone = {"protocols": {"vhost": {"verdict": "absent", "reason": "x"}}, "container": {"answer": "missing"}}
    status, result = run_module(NAME, zbsadm(state="absent", observed=gone))
    assert (status, result["changed"], zbsadm.calls()) == (0, False, [])


FAILURES = {
    "zbsadm_failed": programs.answering('{"success": false, "error": {"code": 410032, "message": "no Docker"}}'),
    "zbsadm_login": 'echo "{\\"success\\": false, \\"error\\": {\\"code\\": 1, \\"message\\": \\"login $* refused\\"}}"',
    "zbsadm_garbage": 'echo "usage: $*"; exit 1',
    "zbsadm_empty": "exit 0",
    "zbsadm_timeout": 'echo "$@"; exec sleep 100',
}


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_failures_are_structured_and_hide_the_password(zbsadm, code):
    timeout = 1 if code == "zbsadm_timeout" else 20
    failure, result = failure_of(NAME, zbsadm(FAILURES[code], timeout=timeout, **LOGIN))
    assert failure["code"] == code and "hunter2-x" not in json.dumps(result)
    if code == "zbsadm_failed":
        assert failure["details"] == {"rc": 0, "zbsadm_code": 410032, "zbsadm_message": "no Docker"}


def test_no_zbsadm(zbsadm, tmp_path):
    failure, _result = failure_of(NAME, zbsadm(zbsadm=str(tmp_path / "none")))
    assert failure["code"] == "command_missing" and "admin node" in failure["message"]


def test_the_cbd_client_needs_a_login(zbsadm):
    failure, _result = failure_of(NAME, zbsadm(protocol="cbd"))
    assert failure["code"] == "login_needed" and zbsadm.calls() == []


@pytest.mark.parametrize(
    "bad",
    [{"cpuset": "x"}, {"cpuset": "auto"}, {"timeout": 0}, {"hugepage_size_mib": 0}, {"host_ip": "-x"}]
    + [dict(LOGIN, **bad) for bad in ({"ssh_port": 0}, {"ssh_username": "-oX"}, {"ssh_password": ""})]
    + [{"protocol": "cbd", "state": "absent"}],
)
def test_options_that_cannot_be(zbsadm, bad):
    failure, _result = failure_of(NAME, zbsadm(**bad))
    assert failure["code"] == "bad_option" and zbsadm.calls() == []


@pytest.mark.parametrize(
    "bad", [{"ssh_port": 22}, {"ssh_password": "x", "ssh_port": 22}, {"restart": "x"}, {"protocol": "nfs"}, {"foo": 1}]
)
def test_options_that_ansible_refuses(zbsadm, bad):
    status, result = run_module(NAME, zbsadm(**bad))
    assert status == 1 and result["failed"] and zbsadm.calls() == []

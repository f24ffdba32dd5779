"""The two dialects, word for word as the contract has them, against fake zbsadm programs."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbsadm as admin_zbsadm
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

HOST = "172.30.0.11"
PASSWORD = "p4ss word'\"$x"
LOGIN = admin_zbsadm.Login(2222, "root", PASSWORD)
WITH = ["--port", "2222", "-u", "root", "-p", PASSWORD]
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')


@pytest.fixture
def zbsadm(tmp_path):
    """A fake zbsadm with that body: (Zbsadm, function that gives the argument lists it got)."""

    def make(body=SUCCESS, login=None):
        log = tmp_path / "log"
        path = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        return admin_zbsadm.Zbsadm(path, login), lambda: programs.calls(log)

    return make


@pytest.mark.parametrize("login, words", [(None, []), (LOGIN, WITH)])
@pytest.mark.parametrize(
    "cpus, size, folder, before, after",
    [
        ([4, 5, 6, 7], 1024, "/dev/hugepages2m", ["--cpuset", "[4,5,6,7]"], True),
        ([4], None, None, ["--cpuset", "[4]"], False),
    ],
)
def test_vhost_deploy(zbsadm, login, words, cpus, size, folder, before, after):
    program, calls = zbsadm(login=login)
    program.vhost_deploy(HOST, cpus, size, folder, Deadline(20))
    more = ["--hugepage-size", "1024", "--hugepage-dir", "/dev/hugepages2m"] if after else []
    assert calls() == [["vhost", "deploy", "--host", HOST] + words + before + ["--silent"] + more]


@pytest.mark.parametrize("login, words", [(None, []), (LOGIN, WITH)])
def test_vhost_destroy(zbsadm, login, words):
    program, calls = zbsadm(login=login)
    program.vhost_destroy(HOST, Deadline(20))
    assert calls() == [["vhost", "destroy", "--host", HOST] + words + ["--silent"]]


def test_client_deploy(zbsadm):
    program, calls = zbsadm(programs.answering('{"error": {"code": 0, "message": ""}}'), LOGIN)
    assert program.client_deploy(HOST, Deadline(20)).data == {"error": {"code": 0, "message": ""}}
    assert calls() == [["client", "deploy", "--host", HOST] + WITH + ["--silent"]]


def test_client_deploy_has_no_dialect_without_a_login(zbsadm):
    program, calls = zbsadm()
    with pytest.raises(ZbsError) as caught:
        program.client_deploy(HOST, Deadline(20))
    assert caught.value.code == "login_needed" and calls() == []


LEAKS = {
    "zbsadm_failed": 'printf \'{"success": false, "error": {"code": 1, "message": "bad -p hunter2-x"}}\'',
    "zbsadm_garbage": 'echo "usage: $*"; exit 2',
    "zbsadm_timeout": 'echo "$@"; echo "$@" >&2; exec sleep 100',
}


@pytest.mark.parametrize("code", sorted(LEAKS))
def test_no_failure_shows_the_password(zbsadm, code):
    program, _calls = zbsadm(LEAKS[code], admin_zbsadm.Login(22, "root", "hunter2-x"))
    started = time.monotonic()
    with pytest.raises(ZbsError) as caught:
        program.vhost_deploy(HOST, [1], 1024, None, Deadline(0.7 if code == "zbsadm_timeout" else 20))
    assert time.monotonic() - started < 10
    assert caught.value.code == code
    said = caught.value.message + repr(caught.value.details)
    assert "hunter2-x" not in said and "********" in said


def test_no_zbsadm_says_where_it_belongs(tmp_path):
    for login in (None, LOGIN):
        with pytest.raises(ZbsError) as caught:
            admin_zbsadm.Zbsadm(str(tmp_path / "zbsadm"), login).vhost_destroy(HOST, Deadline(5))
        assert caught.value.code == "command_missing" and "admin node" in caught.value.message
        assert PASSWORD not in caught.value.message

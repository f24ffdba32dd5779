"""The module and the action plugin that put the code on a host."""

import pytest
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_node
from ansible_collections.zstack.zbs.plugins.module_utils._tools import systemd
from ansible_collections.zstack.zbs.plugins.plugin_utils._node import code
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import run_action
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_node"
OTHER = "0" * 32


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Run the action against the real module: result. `host.calls` are the options of each call of the module."""
    calls = []

    def execute(self, module_name, module_args, task_vars):
        calls.append(module_args)
        return run_module(NAME, module_args, self._task.check_mode)[1]

    monkeypatch.setattr(zbs_vhost_node.ActionModule, "_execute_module", execute)

    def run(check_mode=False, **arguments):
        given = dict({"folder": str(tmp_path / "code")}, **arguments)
        return run_action(zbs_vhost_node, given, {}, check_mode)

    run.calls = calls
    return run


def test_it_is_brought_once(host):
    found = host()
    assert (found["changed"], found["needed"], found["versions"]) == (True, True, [code.HASH])
    assert "invocation" not in found
    asked = ["folder", "guard", "hash", "state"]
    assert [sorted(call) for call in host.calls] == [asked, ["code", *asked]]
    again = host()
    assert (again["changed"], again["needed"], len(host.calls)) == (False, False, 3)


def test_a_check_says_the_same_and_brings_nothing(host, tmp_path):
    checked = host(check_mode=True)
    assert not (tmp_path / "code").exists() and len(host.calls) == 1
    real = host()
    for key in ("changed", "needed", "hash", "versions", "diff"):
        assert checked[key] == real[key], key


def test_an_old_version_goes(host, tmp_path):
    host()
    (tmp_path / "code" / OTHER).mkdir()
    assert host(check_mode=True)["versions"] == [code.HASH]
    found = host()
    assert found["changed"] and found["diff"]["before"]["versions"] == [OTHER, code.HASH]
    assert not (tmp_path / "code" / OTHER).exists() and not host()["changed"]


def test_it_goes(host, tmp_path):
    host()
    checked = host(check_mode=True, state="absent")
    assert (tmp_path / "code").exists()
    found = host(state="absent")
    assert not (tmp_path / "code").exists()
    assert (checked["changed"], checked["diff"]) == (found["changed"], found["diff"]) and found["changed"]
    assert not host(state="absent")["changed"]


@pytest.mark.parametrize(
    "options, said",
    [
        ({}, "hash is not set; leave it to the action plugin"),
        ({"hash": "../x"}, "hash is '../x'"),
        ({"hash": OTHER, "code": "junk"}, "code is no archive of this collection"),
    ],
)
def test_what_cannot_be(tmp_path, options, said):
    failure, _result = failure_of(NAME, dict(options, folder=str(tmp_path / "code")))
    assert said in failure["message"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_host_without_systemd_is_refused_for_the_guard_before_anything_is_touched(
    host, tmp_path, monkeypatch, check_mode
):
    monkeypatch.setattr(systemd, "has_systemd", lambda: False)
    found = host(check_mode, guard=True)
    assert found["failed"] and found["failure"]["code"] == "no_systemd" and len(host.calls) == 1
    assert found["msg"] == (
        "systemd does not run this host (there is no /run/systemd/system), and the guard is a service of systemd; set "
        "zbs_vhost_node_guard to false for this host, which then gets the code alone"
    )
    assert not (tmp_path / "code").exists()
    assert host(check_mode)["changed"] and host(check_mode, guard=True, state="absent")["changed"] is not check_mode


def test_a_host_with_systemd_gets_the_code_for_the_guard(host, monkeypatch):
    monkeypatch.setattr(systemd, "has_systemd", lambda: True)
    assert host(guard=True)["versions"] == [code.HASH]


def test_the_action_says_what_the_module_says(host):
    found = host(hash="../x")
    assert found["failed"] and "leave it to the action plugin" in found["msg"]

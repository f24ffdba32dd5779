"""A deploy: zbsadm is called only when the plan says so, one call at a time for a host."""

import os
import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.plugins.module_utils._target import deploy as target_deploy
from ansible_collections.zstack.zbs.plugins.module_utils._tools import lock as tools_lock
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import until

SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
WELL = {
    "protocols": {"vhost": {"verdict": "healthy", "reason": None}},
    "container": {"image": "a:1", "cpus": [0, 1], "memory_mib": 1024},
    "volumes": [],
}
DOWN = {"protocols": {"vhost": {"verdict": "stopped", "reason": "exited"}}}


@pytest.fixture
def deploy(tmp_path, monkeypatch):
    """Run a deploy with options: result; `deploy.calls()` are the argument lists that zbsadm got."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log = tmp_path / "log"

    def run(check_mode=False, body=SUCCESS, **options):
        path = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        params = {
            "host_ip": "172.30.0.11",
            "protocol": "vhost",
            "observed": None,
            "cpuset": "auto",
            "topology": {"cpus": [6, 7]},
            "hugepage_size_mib": 1024,
            "hugepage_dir": None,
            "image": None,
            "restart": "never",
            "state": "present",
            "force": False,
            "zbsadm": path,
            "timeout": 20.0,
            "ssh_port": None,
            "ssh_username": None,
            "ssh_password": None,
        }
        params.update(options)
        return target_deploy.run(params, check_mode)

    run.calls = lambda: programs.calls(log)
    return run


def test_a_target_that_is_down_is_deployed_on_the_topologys_cpus(deploy):
    result = deploy(observed=DOWN)
    assert (result["changed"], result["plan"]["action"]) == (True, "deploy")
    assert result["zbsadm"] == {"success": True, "error": {"code": 0, "message": ""}}
    assert deploy.calls()[0][4:6] == ["--cpuset", "[6,7]"]


def test_a_target_that_is_well_is_left_alone(deploy):
    result = deploy(observed=WELL)
    assert (result["changed"], result["zbsadm"], deploy.calls()) == (False, None, [])
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_difference_only_asks_for_a_restart(deploy):
    result = deploy(observed=WELL, image="a:2")
    assert (result["changed"], result["restart_required"], deploy.calls()) == (False, True, [])
    assert any("a:1 -> a:2" in warning for warning in result["warn"])


@pytest.mark.parametrize("observed", [None, DOWN, WELL])
@pytest.mark.parametrize("image", [None, "a:2"])
@pytest.mark.parametrize("restart", ["never", "always"])
def test_check_mode_calls_nothing_and_says_the_same(deploy, observed, image, restart):
    options = {"observed": observed, "image": image, "restart": restart}
    predicted = deploy(check_mode=True, **options)
    assert deploy.calls() == []
    done = deploy(**options)
    for key in ("changed", "plan", "diff", "restart_required"):
        assert predicted[key] == done[key]


def test_the_cbd_client_is_deployed_whenever_asked(deploy):
    login = {"ssh_port": 22, "ssh_username": "root", "ssh_password": "x"}
    body = programs.answering('{"error": {"code": 0, "message": ""}}')
    result = deploy(protocol="cbd", observed=WELL, body=body, **login)
    assert result["changed"] and deploy.calls()[0][:2] == ["client", "deploy"]


def test_a_success_with_a_bad_status_is_a_warning(deploy):
    body = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}', rc=1)
    result = deploy(body=body)
    assert result["changed"] and any("exit status 1" in warning for warning in result["warn"])


@pytest.mark.parametrize("topology", [None, {}, {"cpus": []}])
@pytest.mark.parametrize("check_mode", [False, True])
def test_auto_needs_a_topology_only_where_something_is_deployed(deploy, topology, check_mode):
    with pytest.raises(ZbsError) as caught:
        deploy(check_mode, observed=DOWN, topology=topology)
    assert caught.value.code == "bad_option" and "topology" in caught.value.message
    assert deploy(check_mode, observed=WELL, topology=topology)["changed"] is False
    assert deploy.calls() == []


@pytest.mark.parametrize(
    "options",
    [
        {"host_ip": ""},
        {"host_ip": "-p"},
        {"host_ip": "a b"},
        {"host_ip": "../x"},
        {"host_ip": "a/b"},
        {"host_ip": "10.0.0.1\n"},
        {"host_ip": "a" * 255},
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": 1e9},
        {"hugepage_size_mib": 0},
        {"hugepage_size_mib": -1},
        {"cpuset": ""},
        {"cpuset": []},
        {"cpuset": "[4,x]"},
        {"cpuset": "0xf0"},
        {"cpuset": "7-4"},
        {"cpuset": {"a": 1}},
        {"cpuset": True},
        {"cpuset": None},
        {"cpuset": 4.5},
        {"cpuset": [[4], 5]},
    ],
)
def test_bad_options_are_refused_before_anything_is_called(deploy, options):
    with pytest.raises(ZbsError) as caught:
        deploy(**options)
    assert caught.value.code == "bad_option" and list(options)[0] in caught.value.message
    assert deploy.calls() == []


@pytest.mark.parametrize(
    "cpuset, expected",
    [
        ("[4,5]", [4, 5]),
        ("4,5", [4, 5]),
        ("4-6", [4, 5, 6]),
        ([4, 5], [4, 5]),
        (["5", "4"], [4, 5]),
        (4, [4]),
        ("4", [4]),
        (0, [0]),
    ],
)
def test_a_declared_cpuset(cpuset, expected):
    assert target_deploy.choose_cpus(cpuset, {"cpus": [1]}) == (expected, expected)


@pytest.mark.parametrize("topology, cpus", [(None, []), ({}, []), ({"cpus": None}, []), ({"cpus": [7, 6]}, [6, 7])])
def test_auto_takes_the_topology_and_declares_nothing(topology, cpus):
    assert target_deploy.choose_cpus("auto", topology) == (None, cpus)


def test_while_another_deploy_holds_the_host_it_says_who(deploy, tmp_path):
    lock = str(tmp_path / "zbs_vhost_deploy-172.30.0.11.lock")
    with tools_lock.hold(lock, Deadline(5), "a test"), pytest.raises(ZbsError) as caught:
        deploy(timeout=1.0)
    assert caught.value.code == "locked" and "process %d" % os.getpid() in caught.value.message
    assert deploy.calls() == []


def test_another_host_is_not_held_up(deploy, tmp_path):
    with tools_lock.hold(str(tmp_path / "zbs_vhost_deploy-172.30.0.12.lock"), Deadline(5), "a test"):
        assert deploy()["changed"]


def test_of_two_deploys_at_once_the_second_is_refused_and_calls_nothing(deploy, tmp_path):
    """The first is held inside zbsadm until the second has ended."""
    inside, go = tmp_path / "inside", tmp_path / "go"
    body = 'touch "%s"\nwhile [ ! -e "%s" ]; do sleep 0.02; done\n%s' % (inside, go, SUCCESS)
    results = []
    first = threading.Thread(target=lambda: results.append(deploy(body=body)["changed"]))
    first.start()
    until(inside.exists)
    with pytest.raises(ZbsError) as caught:
        deploy(body=body)
    go.write_text("")
    first.join(30)
    assert caught.value.code == "locked"
    assert results == [True] and len(deploy.calls()) == 1

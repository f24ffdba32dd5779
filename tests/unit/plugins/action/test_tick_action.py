"""The action plugin that runs a phase of the tick with the settings of the roles."""

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import defaults, run_action

VALUES = dict(defaults("zbs_vhost_target", "zbs_vhost_heal"), zbs_vhost_target_host_ip="192.0.2.1")


@pytest.fixture
def ran(monkeypatch):
    """The calls of modules: {module_name, module_args, ...} each."""
    calls = []

    def run(_self, **call):
        calls.append(call)
        return {"changed": False, "decisions": {"vhost": "well"}}

    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", run)
    return calls


def tick(values=None, timeout=80, **arguments):
    return run_action(zbs_vhost_tick, arguments, values or VALUES, timeout=timeout)


def test_the_module_gets_the_settings(ran):
    assert tick(phase="observe")["decisions"] == {"vhost": "well"}
    assert ran[0]["module_name"] == "zstack.zbs.zbs_vhost_recovery"
    assert ran[0]["module_args"]["host_ip"] == "192.0.2.1" and ran[0]["module_args"]["max_skip"] == 64


def test_what_a_task_gives_stands_before_the_settings(ran):
    tick(phase="begin", protocols=["cbd"], timeout=0)
    assert (ran[0]["module_args"]["phase"], ran[0]["module_args"]["protocols"]) == ("begin", ["cbd"])


def test_a_template_is_one(ran):
    tick(dict(VALUES, zbs_vhost_target_host_ip="template of 192.0.2.9"))
    assert ran[0]["module_args"]["host_ip"] == "192.0.2.9"


@pytest.mark.parametrize(
    "values, timeout, said",
    [
        ({"zbs_vhost_target_host_ip": "192.0.2.1"}, 80, "is not set; include the role"),
        (VALUES, 10, "zbs_vhost_heal_observe_timeout is 10 s"),
        (dict(VALUES, zbs_vhost_target_verify_probes="many"), 80, "zbs_vhost_target_verify_probes is 'many'"),
    ],
)
def test_what_cannot_be_is_refused_before_the_host_is_asked(ran, values, timeout, said):
    with pytest.raises(AnsibleActionFail, match=said):
        tick(values, timeout)
    assert ran == []


def test_only_a_look_has_to_fit(ran):
    tick(timeout=10, phase="finish", lease_id="x")
    assert len(ran) == 1

"""A phase of the tick by the code that lies on the host, and when the module is sent after all."""

import json
from types import SimpleNamespace
from typing import ClassVar

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm
from ansible_collections.zstack.zbs.tests.unit.plugins.support.tick_action import VALUES, WHOLE, tick


@pytest.fixture
def host(monkeypatch):
    """A host that answers the look: `answer` (status, output), `asked` what it was asked."""

    class Host:
        answer = (0, json.dumps({"result": {"changed": False, "decisions": {"vhost": "well"}, "warn": []}}))
        asked: ClassVar = []

    def run(_self, command, in_data=None):
        Host.asked.append((command, json.loads(in_data)))
        return {"rc": Host.answer[0], "stdout": Host.answer[1], "stderr": ""}

    Host.asked = []
    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_low_level_execute_command", run)
    return Host


NODE = dict(VALUES, zbs_vhost_heal_node=True)
SEEN = {registered.TICK: {"way": "node"}}


def test_without_the_node_part_no_host_is_asked_for_it(ran, host):
    assert "way" not in tick(phase="observe") and host.asked == []


@pytest.mark.parametrize("value", [True, "yes", "template of true"])
def test_the_short_way(ran, host, value):
    found = tick(dict(VALUES, zbs_vhost_heal_node=value), phase="observe")
    assert (found["way"], found["decisions"], ran) == ("node", {"vhost": "well"}, [])
    assert host.asked[0][0] == "/usr/libexec/zbs-vhost/current/look"
    assert host.asked[0][1]["params"]["phase"] == "observe"


def test_the_environment_of_the_play_is_that_of_the_short_way_too(ran, host):
    assert tick(NODE, phase="observe", environment=[{"DOCKER_CONFIG": "/srv/docker"}])["way"] == "node"
    assert host.asked[0][0] == "DOCKER_CONFIG=/srv/docker /usr/libexec/zbs-vhost/current/look"


@pytest.mark.parametrize(
    "answer, why",
    [
        ((127, ""), "the host does not have it"),
        ((1, "Traceback"), "it ended with status 1 and no answer"),
        ((0, '{"declined": "other code"}'), "other code"),
        ((0, "junk"), "it ended with status 0 and no answer"),
        ((0, "7"), "no answer"),
    ],
)
def test_the_long_way_in_the_same_task(ran, host, answer, why):
    host.answer = answer
    found = tick(NODE, phase="observe")
    assert (found["way"], found["decisions"]) == ("module", {"vhost": "well"}) and len(ran) == 1
    assert why in found["warnings"][0] and "run zstack.zbs.node" in found["warnings"][0]
    assert "warnings" not in tick(NODE, phase="begin", protocols=["vhost"])


def test_a_connection_without_pipelining_goes_the_long_way(ran, host):
    assert tick(NODE, phase="observe", pipelining=False)["way"] == "module" and host.asked == []


def test_bad_options_are_the_modules_to_refuse(ran, host):
    tick(dict(NODE, zbs_vhost_heal_max_skip=0), phase="observe")
    assert host.asked == [] and ran[0]["module_args"]["max_skip"] == 0


@pytest.mark.parametrize("phase, seconds", [("begin_target", 280), ("finish_target", 100)])
@pytest.mark.parametrize("node", [False, True])
def test_an_attempt_by_the_module_and_by_the_node_part(ran, host, monkeypatch, phase, seconds, node):
    given = []
    real = alarm.within
    monkeypatch.setattr(alarm, "within", lambda limit: given.append(limit) or real(limit))
    values = dict(WHOLE, **SEEN, zbs_vhost_heal_node=node, zbs_vhost_target_ssh_password="hidden")
    found = tick(values, phase=phase, lease_id="1", observed={"status": "x"})
    assert given == [seconds] and found.get("way") == ("node" if node else None)
    if node:
        assert ran == [] and host.asked[0][1]["module"] == "zbs_vhost_attempt" and "hidden" not in str(found)
        arguments = host.asked[0][1]["params"]
    else:
        assert host.asked == [] and ran[0]["module_name"] == "zstack.zbs.zbs_vhost_attempt"
        arguments = ran[0]["module_args"]
    assert (arguments["phase"], arguments["counts"], arguments["lease_id"]) == (phase.split("_")[0], True, "1")
    assert (arguments["observed"], arguments["hugepage_count"]) == ({"status": "x"}, 1024)
    assert arguments["secrets"] == ["hidden"]


# Each with what it needs.
LEASED = [
    ("begin", {}),
    ("finish", {"lease_id": "1"}),
    ("begin_target", {}),
    ("finish_target", {"lease_id": "1"}),
    ("begin_volumes", {}),
    ("finish_volumes", {"lease_id": "1", "restored": []}),
]


@pytest.mark.parametrize("phase, given", LEASED)
@pytest.mark.parametrize("answer", [(1, "Traceback"), (0, "junk"), (0, '{"result": 7}'), (-9, "")])
def test_what_may_have_been_taken_is_never_taken_again(ran, host, phase, given, answer):
    """The module after it would find the lease of the code before it, and nobody would end the attempt."""
    host.answer = answer
    with pytest.raises(
        AnsibleActionFail, match="the node part broke off the phase .* what it began ends with its lease"
    ):
        tick(dict(WHOLE, **SEEN, zbs_vhost_heal_node=True), phase=phase, **given)
    assert ran == []


@pytest.mark.parametrize("phase, given", LEASED)
@pytest.mark.parametrize("answer", [(127, ""), (0, '{"declined": "other code"}')])
def test_what_was_certainly_not_taken_is_the_modules(ran, host, phase, given, answer):
    host.answer = answer
    assert tick(dict(WHOLE, **SEEN, zbs_vhost_heal_node=True), phase=phase, **given)["way"] == "module"
    assert len(ran) == 1


@pytest.mark.parametrize("phase, given", LEASED)
@pytest.mark.parametrize("seen", [{}, {registered.TICK: None}, {registered.TICK: {"way": "module"}}])
def test_a_host_that_did_not_answer_the_tick_by_its_node_part_is_not_asked_by_it_for_more(
    ran, host, phase, given, seen
):
    tick(dict(WHOLE, **seen, zbs_vhost_heal_node=True), phase=phase, **given)
    assert host.asked == [] and len(ran) == 1


@pytest.mark.parametrize(
    "become, way",
    [
        (None, "node"),
        (("sudo", True), "node"),
        (("su", True), "module"),
        (("su", False), "module"),
        (("x", False), "module"),
    ],
)
def test_another_user_whose_program_gets_no_input_goes_the_long_way(ran, host, become, way):
    become = become and SimpleNamespace(name=become[0], pipelining=become[1])
    assert tick(NODE, phase="observe", become=become)["way"] == way

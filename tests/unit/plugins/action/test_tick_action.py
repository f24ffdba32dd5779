"""The action plugin that runs a phase of the tick with the settings of the roles."""

import contextlib
import json
import time
from types import SimpleNamespace
from typing import ClassVar

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import run_action
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import defaults

VALUES = dict(defaults("zbs_vhost_target"), **defaults("zbs_vhost_heal"), zbs_vhost_target_host_ip="192.0.2.1")
VALUES.update(
    zbs_vhost_heal_cbd_ssh_port=22,
    __zbs_vhost_target_nodes=["m1"],
    groups={"all": ["m1", "compute1"]},
    inventory_hostname="compute1",
)
WHOLE = dict(VALUES, **defaults("zbs_hugepages"))


@pytest.fixture
def ran(monkeypatch):
    """The calls of modules: {module_name, module_args, ...} each."""
    calls = []

    def run(_self, **call):
        calls.append(call)
        return {"changed": False, "decisions": {"vhost": "well"}}

    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", run)
    return calls


@pytest.fixture(autouse=True)
def packed(monkeypatch):
    """The modules that are packed ahead."""
    names = []
    monkeypatch.setattr(zbs_vhost_tick.ahead, "pack", lambda modules, *_rest: names.extend(modules))
    return names


def tick(values=None, timeout=0, pipelining=True, environment=(), become=None, **arguments):
    more = {"timeout": timeout, "pipelining": pipelining, "environment": environment, "become": become}
    return run_action(zbs_vhost_tick, arguments, values or VALUES, **more)


def test_the_module_gets_the_settings(ran):
    assert tick(phase="observe")["decisions"] == {"vhost": "well"}
    assert ran[0]["module_name"] == "zstack.zbs.zbs_vhost_recovery"
    assert ran[0]["module_args"]["host_ip"] == "192.0.2.1" and ran[0]["module_args"]["max_skip"] == 64


def test_what_a_task_gives_stands_before_the_settings(ran):
    tick(phase="begin", protocols=["cbd"])
    assert (ran[0]["module_args"]["phase"], ran[0]["module_args"]["protocols"]) == ("begin", ["cbd"])


def test_a_template_is_one(ran):
    tick(dict(VALUES, zbs_vhost_target_host_ip="template of 192.0.2.9"))
    assert ran[0]["module_args"]["host_ip"] == "192.0.2.9"


@pytest.mark.parametrize(
    "values, said",
    [
        ({"zbs_vhost_target_host_ip": "192.0.2.1"}, "is not set; include the role"),
        (dict(VALUES, zbs_vhost_target_verify_probes="many"), "zbs_vhost_target_verify_probes is 'many'"),
        (dict(VALUES, zbs_vhost_target_probe_timeout="long"), "zbs_vhost_target_probe_timeout is 'long'"),
    ],
)
def test_what_cannot_be_is_refused_before_the_host_is_asked(ran, values, said):
    with pytest.raises(AnsibleActionFail, match=said):
        tick(values)
    assert ran == []


LOGIN = {"zbs_vhost_heal_cbd_ssh_username": "root", "zbs_vhost_heal_cbd_ssh_password": "secret-of-the-host"}
BOTH = dict.fromkeys(LOGIN, "") | {"zbs_vhost_heal_protocols": ["vhost", "cbd"]}
TYPO = {"zbs_vhost_heal_max_skip": "many"}
NOWHERE = {"__zbs_vhost_target_nodes": ["mds9"], "zbs_vhost_target_admin_host": "template of mds9"}


@pytest.mark.parametrize(
    "values, said",
    [
        (TYPO, "zbs_vhost_heal_max_skip"),
        ({"zbs_vhost_heal_fence": "sometimes"}, "value of zbs_vhost_heal_fence must be one of: .*, got: sometimes"),
        (dict(TYPO, zbs_vhost_heal_fence="sometimes"), "zbs_vhost_heal_max_skip.*; .*zbs_vhost_heal_fence"),
        (BOTH, "needs a login on compute1; set zbs_vhost_heal_cbd_ssh_username and zbs_vhost_heal_cbd_ssh_password"),
        (dict(BOTH, zbs_vhost_heal_cbd_ssh_username="root"), "needs a login on compute1"),
        (NOWHERE, "zbs_vhost_target_admin_host is 'mds9', which is not a host of the inventory"),
    ],
)
@pytest.mark.parametrize("phase", ["begin_target", "begin", "begin_volumes", "settings"])
def test_a_typo_costs_no_window(ran, phase, values, said):
    if values == NOWHERE and phase == "settings":
        # A site that only looks needs no admin node.
        assert tick(dict(WHOLE, **values), phase=phase)["changed"] is False
    else:
        with pytest.raises(AnsibleActionFail, match=said):
            tick(dict(WHOLE, **values), phase=phase)
    assert ran == []


@pytest.mark.parametrize("values", [{}, dict(BOTH, **LOGIN), {"zbs_vhost_heal_max_skip": "template of 7"}])
def test_sound_settings_ask_no_host(ran, values):
    assert tick(dict(WHOLE, **values), phase="settings")["changed"] is False and ran == []


@pytest.mark.parametrize(
    "more, phase, names",
    [
        ({}, "settings", ["zbs_vhost_recovery"]),
        ({"zbs_vhost_heal_node": "no"}, "settings", ["zbs_vhost_recovery"]),
        ({"zbs_vhost_heal_node": True}, "settings", []),  # nothing is sent
        ({}, "observe", []),
    ],
)
def test_the_look_is_packed_beside_that_of_the_settings(ran, packed, more, phase, names):
    tick(dict(WHOLE, **more), phase=phase)
    assert packed == names


def test_nothing_is_packed_for_settings_that_cannot_be(packed):
    with pytest.raises(AnsibleActionFail):
        tick(dict(WHOLE, **TYPO), phase="settings")
    assert packed == []


@pytest.mark.parametrize("phase", ["observe", "finish", "finish_target", "finish_volumes", "trace", "clear"])
def test_what_has_begun_is_never_kept_from_its_end_by_a_typo(ran, phase):
    tick(dict(WHOLE, **TYPO, **NOWHERE), phase=phase, traced={}, lease_id="1")
    assert len(ran) == 1


def test_a_missing_variable_is_named(ran):
    values = {name: value for name, value in WHOLE.items() if name != "__zbs_vhost_target_nodes"}
    with pytest.raises(AnsibleActionFail, match="__zbs_vhost_target_nodes' is not set; include the role"):
        tick(values, phase="begin")
    assert ran == []


@pytest.fixture
def frozen(monkeypatch):
    """A host that never answers, for a second; the times that it was given."""
    given = []

    @contextlib.contextmanager
    def within(seconds):
        given.append(seconds)
        with real(1):
            yield

    real = alarm.within
    monkeypatch.setattr(alarm, "within", within)
    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", lambda _self, **_call: time.sleep(60))
    return given


def test_a_host_that_froze_is_given_up_as_one_that_did_not_answer_in_time(frozen):
    with pytest.raises(
        AnsibleActionFail, match=r"observe got no answer within 80 s; check the host's console"
    ) as caught:
        tick()
    assert frozen == [80] and caught.value.result["timedout"] == {"period": 80}


@pytest.mark.parametrize("timeout, ours", [(5, []), (80, [80]), (3600, [80])])
def test_of_two_limits_the_shorter_one_counts(frozen, monkeypatch, timeout, ours):
    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", lambda _self, **_call: {})
    tick(timeout=timeout)
    assert frozen == ours


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


ASKED = {"results": [{"node": "m1", "answer": {"heartbeat": "cbd:p/l/v", "pools": []}}]}
CBD = dict(VALUES, zbs_vhost_heal_protocols=["vhost", "cbd"], __zbs_vhost_target_nodes=["m1"])


@pytest.mark.parametrize(
    "more, given",
    [
        ({"__zbs_vhost_heal_cluster": ASKED}, ("cbd:p/l/v", None)),
        ({"__zbs_vhost_heal_cluster": ASKED, "zbs_vhost_heal_cbd_heartbeat": "cbd:a/b/c"}, ("cbd:a/b/c", None)),
        ({"__zbs_vhost_heal_cluster": ASKED, "zbs_vhost_heal_protocols": ["vhost"]}, ("", None)),
        ({}, ("", None)),  # nobody asked: the module says what is missing
        (
            {"__zbs_vhost_heal_cluster": {"results": []}},
            (
                "",
                "There is no admin node, so the CBD heartbeat is not known; put the ZBS admin nodes into the group zbs_admin",
            ),
        ),
    ],
)
def test_a_heartbeat_that_the_site_did_not_name_is_the_cluster_s(ran, more, given):
    tick(dict(CBD, **more), phase="observe")
    assert (ran[0]["module_args"]["cbd_heartbeat"], ran[0]["module_args"].get("cbd_unknown")) == given


def test_a_heartbeat_that_the_site_has_to_name_is_asked_for(ran):
    with pytest.raises(AnsibleActionFail, match="different admin nodes"):
        tick(dict(CBD, __zbs_vhost_heal_cluster=ASKED, __zbs_vhost_target_nodes=["m2"]), phase="observe")
    assert ran == []


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


@pytest.mark.parametrize("phase", ["begin_target", "finish_target"])
def test_the_begin_of_an_attempt_says_whether_the_client_comes_first(ran, monkeypatch, phase):
    missing = {"path": "/etc/zbs/client.conf", "state": "missing", "needed": False, "seconds": 220.0}
    answer = {"client": missing, "warnings": ["w"], "begun": ["vhost"]}
    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", lambda _self, **_call: dict(answer))
    found = tick(dict(WHOLE, **dict.fromkeys(LOGIN, "")), phase=phase, lease_id="1")
    if phase == "finish_target":
        assert found["client"] == missing and found["warnings"] == ["w"]
        return
    assert found["client"]["deploy"] is False and found["warnings"][0] == "w"
    assert "/etc/zbs/client.conf is missing on compute1; set" in found["warnings"][1]
    assert tick(dict(WHOLE, **LOGIN), phase=phase)["client"]["deploy"] is True
    # Of an attempt that was not taken, or that broke off, it would be told as the reason.
    for more in ({"begun": []}, {"outcome": "failed"}):
        answer.update(more)
        assert tick(dict(WHOLE, **dict.fromkeys(LOGIN, "")), phase=phase)["warnings"] == ["w"]


def test_an_attempt_needs_the_settings_of_pages_too(ran):
    with pytest.raises(AnsibleActionFail, match="zbs_hugepages_size' is not set; include the role"):
        tick(phase="begin_target")
    assert ran == []


TAKEN = {"begun": ["volume:a"], "decisions": {"volume:a": "begun"}, "restore": [{"bdev": "a"}], "changed": True}


@pytest.mark.parametrize(
    "begun, ended, restore",
    [
        ({"begun": ["vhost"], "lease_id": "1"}, {"lease_id": "1", "volumes": TAKEN}, ["a"]),
        ({"begun": ["vhost"], "lease_id": "1", "outcome": "failed", "volumes": TAKEN}, {}, ["a"]),
        ({"begun": ["vhost"], "lease_id": "1"}, {"lease_id": "0", "volumes": TAKEN}, []),  # of an earlier tick
        ({"begun": ["vhost"], "lease_id": "1"}, {"lease_id": "1", "volumes": None}, []),  # disks are not restored here
        ({"begun": ["vhost"], "lease_id": "1"}, {"failed": True, "msg": "no answer"}, []),
    ],
)
def test_volumes_that_the_end_of_an_attempt_took_are_not_taken_again(ran, begun, ended, restore):
    found = tick(phase="begin_volumes", protocols=["vhost"], begun=begun, ended=ended)
    assert ([row["bdev"] for row in found["restore"]], found["changed"], ran) == (restore, False, [])


@pytest.mark.parametrize("begun", [{}, {"skipped": True}, {"begun": [], "decisions": {"vhost": "refused"}}])
def test_without_an_attempt_of_the_target_the_host_is_asked(ran, begun):
    tick(phase="begin_volumes", protocols=["vhost"], begun=begun, ended={"lease_id": "0", "volumes": TAKEN})
    assert ran[0]["module_args"]["phase"] == "begin_volumes" and not {"begun", "ended"} & set(ran[0]["module_args"])

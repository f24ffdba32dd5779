"""The action plugin that runs a phase of the tick with the settings of the roles."""

import contextlib
import time

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm
from ansible_collections.zstack.zbs.tests.unit.plugins.support.tick_action import VALUES, WHOLE, tick


@pytest.fixture(autouse=True)
def packed(monkeypatch):
    """The modules that are packed ahead."""
    names = []
    monkeypatch.setattr(zbs_vhost_tick.ahead, "pack", lambda modules, *_rest: names.extend(modules))
    return names


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

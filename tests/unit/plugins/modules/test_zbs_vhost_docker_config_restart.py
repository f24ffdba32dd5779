"""When an engine takes its configuration over: by a reload, by a restart, or later."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import config, live_state
from ansible_collections.zstack.zbs.tests.unit.plugins.support.docker_config import FIT, NAME, backups, run
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of


def test_an_engine_that_does_not_run_is_not_touched(engine):
    engine.write({"userland-proxy": True})
    result = run(engine, options={"userland-proxy": False, "debug": True})
    assert (result["changed"], result["reloaded"], result["restarted"], result["restart_keys"]) == (
        True,
        False,
        False,
        [],
    )
    assert json.loads(engine.json.read_text()) == dict(FIT, **{"userland-proxy": True}, debug=True)
    assert engine.reloads() == engine.restarts() == 0


def test_a_reload_is_enough_for_registries(engine):
    engine.write(FIT)
    engine.start()
    options = {
        "insecure_registries": ["r.example.com:5000", "10.1.2.3/8"],
        "registry_mirrors": ["http://m.example.com"],
    }
    predicted = run(engine, True, **options)
    assert (predicted["changed"], predicted["reloaded"], engine.reloads()) == (True, True, 0)
    result = run(engine, **options)
    assert (result["reloaded"], result["restarted"], result["restart_keys"], engine.reloads()) == (True, False, [], 1)
    assert result["changes"] == predicted["changes"] and result["backup_file"]
    assert [name.name for name in backups(engine)] == [result["backup_file"].rpartition("/")[2]]
    again = run(engine, **options)
    assert (again["changed"], again["reloaded"], engine.reloads()) == (False, False, 1)


def test_what_somebody_wrote_and_nobody_reloaded_is_reloaded(engine):
    engine.write(FIT)
    engine.start()
    engine.write(dict(FIT, **{"insecure-registries": ["r:1"]}), before_start=False)
    assert run(engine)["changed"] is False  # nothing that is wanted here is missing
    result = run(engine, insecure_registries=["r:1"])
    assert (result["changed"], result["changes"], result["reloaded"], result["due"]) == (True, [], True, True)
    assert run(engine, insecure_registries=["r:1"])["changed"] is False


def test_an_engine_that_does_not_take_over_is_said(engine, monkeypatch):
    monkeypatch.setattr(config, "RELOAD_SECONDS", 0.5)
    engine.write(FIT)
    engine.start(takes=False)
    failure, _result = failure_of(NAME, dict(engine.options, insecure_registries=["r:1"]))
    assert failure["code"] == "not_reloaded" and "insecure-registries" in failure["message"]


def test_a_key_that_takes_a_restart_waits_while_containers_run(engine):
    engine.write(FIT)
    engine.info(2)
    engine.start()
    for _time in range(2):  # the second run changes nothing and still knows what waits
        result = run(engine, options={"userland-proxy": False})
        assert (result["restarted"], result["restart_keys"], engine.restarts()) == (False, ["userland-proxy"], 0)
        assert result["reason"] == "2 containers run on it" and result["due"] is True
        assert (
            "must be restarted to take over userland-proxy of %s, which was not done: 2 containers" % engine.json
            in result["warnings"][0]
        )
    assert result["changed"] is False


@pytest.mark.parametrize("containers, allow", [(0, False), (2, True)])
def test_a_restart_where_it_may_be(engine, containers, allow):
    engine.write(FIT)
    engine.info(containers)
    engine.start()
    options = {"options": {"userland-proxy": False}, "allow_restart": allow}
    assert run(engine, True, **options)["restarted"] is True and engine.restarts() == 0
    result = run(engine, **options)
    assert (result["changed"], result["restarted"], result["restart_keys"], result["reason"]) == (True, True, [], None)
    assert engine.restarts() == 1 and result["warnings"] == []


def test_the_engine_that_was_found_is_the_same_in_check_mode(engine):
    engine.write({"iptables": False})
    engine.start()
    predicted = run(engine, True)
    result = run(engine)
    assert result["reloaded"] and result["engine"]["live_restore"] is False
    assert dict(predicted, backup_file=None) == dict(result, backup_file=None)


def test_live_restore_is_in_force_before_a_restart(engine):
    engine.write({"iptables": False})
    engine.info(1)
    engine.start()
    result = run(engine, options={"userland-proxy": False}, allow_restart=True)
    assert (result["reloaded"], result["restarted"], engine.reloads(), engine.restarts()) == (True, True, 1, 1)


def test_an_engine_that_does_not_start_goes_back_to_the_old_file(engine):
    engine.starts = "! grep -q userland-proxy %s" % engine.json
    engine.unit("/usr/bin/dockerd -H fd://")
    text = '{"iptables": false,  "live-restore": true}'
    engine.write(text)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"userland-proxy": False}))
    assert failure["code"] == "not_restarted" and failure["details"] == {"keys": ["userland-proxy"], "runs": True}
    assert "(Job failed.); the old file was put back, and the engine runs with it again" in failure["message"]
    assert engine.json.read_text() == text and engine.restarts() == 2


def test_an_engine_that_does_not_start_with_either(engine):
    engine.starts = "false"
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(FIT)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"userland-proxy": False}))
    assert "does not start with it either" in failure["message"] and failure["details"]["runs"] is False


def test_no_way_back_leads_to_the_firewall(engine):
    engine.starts = "false"
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(
        {"live-restore": True}, before_start=False
    )  # nobody knows what it was started with, and there is no chain
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"userland-proxy": False}))
    assert failure["code"] == "not_restarted" and "put back" not in failure["message"]
    assert json.loads(engine.json.read_text())["iptables"] is False and engine.restarts() == 1


@pytest.mark.parametrize(
    "containers, live_restore, allow, words",
    [
        (None, True, True, "does not say"),
        (1, True, False, "1 containers run"),
        (1, False, True, "live-restore is not in force"),
        (1, None, True, "live-restore is not in force"),
        (1, True, True, None),
        (0, False, False, None),
    ],
)
def test_why_an_engine_is_not_restarted(containers, live_restore, allow, words):
    state = live_state.State(
        "p", None, {}, {}, {"ContainersRunning": containers, "LiveRestoreEnabled": live_restore}, None, ""
    )
    reason = config.why_not_restart(state, allow)
    assert reason is None if words is None else words in reason


def test_a_restart_that_starts_an_engine_that_never_answers(engine, monkeypatch):
    monkeypatch.setattr(config, "RESTART_SECONDS", 0.3)
    monkeypatch.setattr(config, "POLL", 0.05)
    engine.starts = "rm -f %s/proc/up" % engine.root
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(FIT)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"userland-proxy": False}))
    assert failure["code"] == "not_restarted" and "(no answer within 0 s)" in failure["message"]
    assert engine.restarts() == 2 and json.loads(engine.json.read_text()) == FIT


def test_an_engine_that_answers_late_was_restarted(engine, monkeypatch):
    monkeypatch.setattr(config, "POLL", 0.01)
    asked = []
    real = live_state.info

    def info(deadline, docker="docker"):
        asked.append(1)
        return {} if engine.restarts() and asked.count(1) < 8 else real(deadline, docker)

    monkeypatch.setattr(live_state, "info", info)
    engine.write(FIT)
    engine.start()
    assert run(engine, options={"userland-proxy": False})["restarted"] is True and len(asked) >= 8


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_restart_that_live_restore_alone_makes_fit(engine, check_mode):
    """live-restore is taken over by the reload, so the restart that comes after it may be done beside containers."""
    engine.info(2)
    engine.write({"iptables": False})
    engine.start()
    result = run(engine, check_mode, options={"userland-proxy": False}, allow_restart=True)
    assert (result["reloaded"], result["restarted"], result["restart_keys"]) == (True, True, [])

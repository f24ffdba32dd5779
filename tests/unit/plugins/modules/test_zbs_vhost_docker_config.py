"""The configuration of an engine, the module run whole against an engine that minds SIGHUP."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _engine_config, _engine_state
from ansible_collections.zstack.zbs.plugins.module_utils._deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.engine import FakeEngine
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_docker_config"
FIT = {"iptables": False, "live-restore": True}


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """An installed engine that does not run yet; engine.options are options for it."""
    made = FakeEngine(tmp_path / "root", tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(_engine_state.look, "__defaults__", ("docker", str(made.root)))
    made.options = {"path": str(made.json)}
    yield made
    made.stop()


def run(engine, check_mode=False, **options):
    status, result = run_module(NAME, dict(engine.options, **options), check_mode, diff=True)
    assert status == 0, result
    return result


def backups(engine):
    return [name for name in engine.json.parent.iterdir() if name.name != "daemon.json"]


def refused(engine, code, words, **options):
    before = engine.json.read_bytes() if engine.json.exists() else None
    failure, _result = failure_of(NAME, dict(engine.options, **options))
    assert failure["code"] == code and words in failure["message"], failure
    assert (engine.json.read_bytes() if engine.json.exists() else None) == before
    assert backups(engine) == [] and engine.reloads() == 0 and engine.restarts() == 0


def test_a_host_without_an_engine_gets_the_file(engine):
    (engine.root / "usr/bin/dockerd").unlink()
    predicted = run(engine, True)
    assert predicted["changed"] and not engine.json.exists()
    result = run(engine)
    assert (result["changed"], result["backup_file"], result["reloaded"]) == (True, None, False)
    assert result["diff"] == predicted["diff"] and result["changes"] == predicted["changes"]
    assert result["engine"]["installed"] is False and result["engine"]["iptables"] is None
    assert json.loads(engine.json.read_text()) == FIT
    assert run(engine)["changed"] is False


def test_an_engine_that_does_not_run_is_not_touched(engine):
    engine.write({"icc": True})
    result = run(engine, options={"icc": False, "debug": True})
    assert (result["changed"], result["reloaded"], result["restarted"], result["restart_keys"]) == (
        True,
        False,
        False,
        [],
    )
    assert json.loads(engine.json.read_text()) == dict(FIT, icc=True, debug=True)
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
    assert (result["changed"], result["changes"], result["reloaded"]) == (True, [], True)
    assert run(engine, insecure_registries=["r:1"])["changed"] is False


def test_an_engine_that_does_not_take_over_is_said(engine, monkeypatch):
    monkeypatch.setattr(_engine_config, "RELOAD_SECONDS", 0.5)
    engine.write(FIT)
    engine.start(takes=False)
    failure, _result = failure_of(NAME, dict(engine.options, insecure_registries=["r:1"]))
    assert failure["code"] == "not_reloaded" and "insecure-registries" in failure["message"]


def test_a_key_that_takes_a_restart_waits_while_containers_run(engine):
    engine.write(FIT)
    engine.info(2)
    engine.start()
    for _time in range(2):  # the second run changes nothing and still knows what waits
        result = run(engine, options={"icc": False})
        assert (result["restarted"], result["restart_keys"], engine.restarts()) == (False, ["icc"], 0)
        assert result["reason"] == "2 containers run on it"
        assert (
            "has to be restarted for icc of %s, which is not done now: 2 containers" % engine.json
            in result["warnings"][0]
        )
    assert result["changed"] is False


@pytest.mark.parametrize("containers, allow", [(0, False), (2, True)])
def test_a_restart_where_it_may_be(engine, containers, allow):
    engine.write(FIT)
    engine.info(containers)
    engine.start()
    options = {"options": {"icc": False}, "allow_restart": allow}
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
    result = run(engine, options={"icc": False}, allow_restart=True)
    assert (result["reloaded"], result["restarted"], engine.reloads(), engine.restarts()) == (True, True, 1, 1)


def test_an_engine_that_does_not_start_goes_back_to_the_old_file(engine):
    engine.starts = "! grep -q icc %s" % engine.json
    engine.unit("/usr/bin/dockerd -H fd://")
    text = '{"iptables": false,  "live-restore": true}'
    engine.write(text)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"icc": False}))
    assert failure["code"] == "not_restarted" and failure["details"] == {"keys": ["icc"], "runs": True}
    assert "(Job failed.); the old file was put back, and the engine runs with it again" in failure["message"]
    assert engine.json.read_text() == text and engine.restarts() == 2


def test_an_engine_that_does_not_start_with_either(engine):
    engine.starts = "false"
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(FIT)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"icc": False}))
    assert "does not start with it either" in failure["message"] and failure["details"]["runs"] is False


def test_no_way_back_leads_to_the_firewall(engine):
    engine.starts = "false"
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(
        {"live-restore": True}, before_start=False
    )  # nobody knows what it was started with, and there is no chain
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"icc": False}))
    assert failure["code"] == "not_restarted" and "put back" not in failure["message"]
    assert json.loads(engine.json.read_text())["iptables"] is False and engine.restarts() == 1


@pytest.mark.parametrize(
    "containers, live_restore, allow, words",
    [
        (None, True, True, "does not tell"),
        (1, True, False, "1 containers run"),
        (1, False, True, "live-restore is not in force"),
        (1, None, True, "live-restore is not in force"),
        (1, True, True, None),
        (0, False, False, None),
    ],
)
def test_why_an_engine_is_not_restarted(containers, live_restore, allow, words):
    state = _engine_state.State(
        "p", None, {}, {}, {"ContainersRunning": containers, "LiveRestoreEnabled": live_restore}, None, ""
    )
    reason = _engine_config.why_not_restart(state, allow)
    assert reason is None if words is None else words in reason


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize("document", [None, {}, {"log-driver": "local"}])
def test_an_engine_that_changes_the_firewall_is_left_alone(engine, document, allow):
    if document is not None:
        engine.write(document)
    engine.start()
    refused(engine, "iptables_on", "changes the firewall (it was started without", allow_restart=allow)


def test_a_file_that_says_so_by_now_does_not_help(engine):
    programs.write_program(engine.bin, "iptables", programs.answering("-P FORWARD DROP\n-N DOCKER"))
    engine.write(FIT, before_start=False)
    engine.start()
    refused(engine, "iptables_on", "the firewall has Docker's chains")


def test_a_file_changed_since_and_no_chain_is_an_engine_that_is_fit(engine):
    engine.write(FIT, before_start=False)
    engine.start()
    assert run(engine)["engine"]["iptables"] == "off"


def test_what_can_t_be_told_is_not_taken_for_fit(engine):
    programs.write_program(engine.bin, "iptables", "exit 4")
    engine.write(FIT, before_start=False)
    engine.start()
    refused(engine, "iptables_on", "may change the firewall")


@pytest.mark.parametrize(
    "words, running",
    [(["dockerd", "--iptables=false"], "off"), (["dockerd", "--iptables=0"], "off")],
)
def test_flags_of_the_process_count(engine, words, running):
    engine.unit("/usr/bin/dockerd --iptables=false")
    engine.start(words)
    result = run(engine)
    assert result["engine"]["iptables"] == running
    assert json.loads(engine.json.read_text()) == {"live-restore": True}


def test_an_engine_told_by_a_flag_to_change_the_firewall(engine):
    engine.write(FIT)
    engine.start(["dockerd", "--iptables"])
    refused(engine, "iptables_on", "--iptables=true")


@pytest.mark.parametrize(
    "text, words",
    [
        ("{broken", "is no valid JSON"),
        ("[]", "a list where an object belongs"),
        ('{"iptables": true}', "has iptables: true"),
        ('{"log-opts": []}', "has a list under log-opts"),
    ],
)
def test_a_file_that_can_t_be_merged_into(engine, text, words):
    engine.write(text)
    refused(engine, "daemon_json", words, options={"log-opts": {"max-size": "1m"}})


def test_a_key_in_the_unit_and_in_the_file(engine):
    engine.unit("/usr/bin/dockerd --label a=1")
    engine.write({"labels": ["b=1"]})
    refused(engine, "flag_conflict", "labels is given both on dockerd's command line and in")


def test_after_an_installation_the_unit_s_flag_wins(engine):
    engine.unit("/usr/bin/dockerd --live-restore")
    engine.write(FIT)
    refused(engine, "flag_conflict", "live-restore is given both")
    assert run(engine, drop_flagged=True)["changed"] is True
    assert json.loads(engine.json.read_text()) == {"iptables": False}
    assert run(engine, drop_flagged=True)["changed"] is False


def test_the_engine_s_own_validation_is_heard(engine):
    body = 'test "$1 $2" = "--validate --config-file" || exit 9\n%s' % programs.answering(
        err="unable to configure the Docker daemon with file: the following directives don't match any option: colour",
        rc=1,
    )
    programs.write_program(engine.root / "usr/bin", "dockerd", body)
    engine.write({})
    refused(engine, "daemon_json", "don't match any option: colour", options={"colour": "red"})


def test_a_validation_that_is_passed(engine):
    programs.write_program(engine.root / "usr/bin", "dockerd", 'grep -q live-restore "$3" && echo configuration OK')
    assert run(engine)["changed"] is True


@pytest.mark.parametrize(
    "options, words",
    [
        ({"options": {"iptables": True}}, "options has iptables: true"),
        ({"options": {"live-restore": False}}, "options has live-restore: false"),
        ({"insecure_registries": ["http://r:1"]}, "insecure_registries has 'http://r:1'"),
        ({"insecure_registries": [""]}, "insecure_registries has ''"),
        ({"registry_mirrors": ["m:1"]}, "registry_mirrors has 'm:1'"),
        ({"registry_mirrors": ["http://user:secret@m"]}, "registry_mirrors has"),
    ],
)
def test_bad_options(engine, options, words):
    refused(engine, "bad_option", words, **options)


def test_the_diff_holds_nothing_but_what_changes(engine):
    engine.write(dict(FIT, proxies={"http-proxy": "http://user:secret@proxy"}))
    result = run(engine, options={"debug": True})
    assert "secret" not in json.dumps(result) and '"debug": true' in result["diff"][0]["after"]


def test_a_restart_that_starts_an_engine_that_never_answers(engine, monkeypatch):
    monkeypatch.setattr(_engine_config, "RESTART_SECONDS", 0.3)
    monkeypatch.setattr(_engine_config, "POLL", 0.05)
    engine.starts = "rm -f %s/proc/up" % engine.root
    engine.unit("/usr/bin/dockerd -H fd://")
    engine.write(FIT)
    engine.start()
    failure, _result = failure_of(NAME, dict(engine.options, options={"icc": False}))
    assert failure["code"] == "not_restarted" and "(no answer within 0 s)" in failure["message"]
    assert engine.restarts() == 2 and json.loads(engine.json.read_text()) == FIT


def test_an_engine_that_answers_late_was_restarted(engine, monkeypatch):
    monkeypatch.setattr(_engine_config, "POLL", 0.01)
    asked = []
    real = _engine_state.info

    def info(deadline, docker="docker"):
        asked.append(1)
        return {} if engine.restarts() and asked.count(1) < 8 else real(deadline, docker)

    monkeypatch.setattr(_engine_state, "info", info)
    engine.write(FIT)
    engine.start()
    assert run(engine, options={"icc": False})["restarted"] is True and len(asked) >= 8


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_restart_that_live_restore_alone_makes_fit(engine, check_mode):
    """live-restore is taken over by the reload, so the restart that comes after it may be done beside containers."""
    engine.info(2)
    engine.write({"iptables": False})
    engine.start()
    result = run(engine, check_mode, options={"icc": False}, allow_restart=True)
    assert (result["reloaded"], result["restarted"], result["restart_keys"]) == (True, True, [])


def test_a_dockerd_that_does_not_end_its_validation(engine, monkeypatch):
    monkeypatch.setattr(_engine_config, "VALIDATE_SECONDS", 0.2)
    programs.write_program(engine.root / "usr/bin", "dockerd", "exec sleep 100")
    engine.write({})
    refused(engine, "daemon_json", "no answer in time")


@pytest.mark.parametrize("body", ["echo junk", "echo [1]", "exit 1", "echo '{}'", None])
def test_a_docker_that_says_nothing_sensible_is_no_engine(engine, tmp_path, body):
    docker = programs.write_program(tmp_path / "x", "docker", body) if body else "/not/there/docker"
    assert _engine_state.info(Deadline(20), docker) == {}

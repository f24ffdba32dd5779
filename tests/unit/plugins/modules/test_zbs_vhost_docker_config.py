"""What is merged into the configuration of an engine, and what is refused."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import config, live_state
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.docker_config import FIT, refused, run


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


# What the host is like, and whether the role has anything to do to its engine.
DUE = [
    ("well", {}, False),
    ("no engine", {"engine": False}, True),
    ("it does not run", {"runs": False}, True),
    ("a boot leaves it out", {"state": "disabled"}, True),
    ("for this boot alone", {"state": "enabled-runtime"}, True),
    ("another service", {"state": "disabled", "service": "docker-latest.service"}, False),
    ("docker.service by its name", {"state": "disabled", "service": "docker.service"}, True),
    ("a key is missing", {"document": {"iptables": False}}, True),
]


@pytest.mark.parametrize("what, host, due", DUE, ids=[row[0] for row in DUE])
def test_what_the_role_has_to_do(engine, what, host, due):
    engine.unit("/usr/bin/dockerd", host.get("state", "enabled"))
    engine.write(host.get("document", FIT))
    if not host.get("engine", True):
        (engine.root / "usr/bin/dockerd").unlink()
    elif host.get("runs", True):
        engine.start()
        if "service" in host:
            line = "0::/system.slice/%s\n" % host["service"]
            fake_host.write(engine.root, "proc/%d/cgroup" % engine.process.pid, line)
    assert run(engine, True)["due"] is due


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
        ("{broken", "is not valid JSON"),
        ("[]", "a list instead of an object"),
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
    refused(engine, "flag_conflict", "labels is set both on dockerd's command line and in")


def test_after_an_installation_the_unit_s_flag_wins(engine):
    engine.unit("/usr/bin/dockerd --live-restore")
    engine.write(FIT)
    refused(engine, "flag_conflict", "live-restore is set both")
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


def test_a_dockerd_that_does_not_end_its_validation(engine, monkeypatch):
    monkeypatch.setattr(config, "VALIDATE_SECONDS", 0.2)
    programs.write_program(engine.root / "usr/bin", "dockerd", "exec sleep 100")
    engine.write({})
    refused(engine, "daemon_json", "no answer in time")


@pytest.mark.parametrize("body", ["echo junk", "echo [1]", "exit 1", "echo '{}'", None])
def test_a_docker_that_says_nothing_sensible_is_no_engine(engine, tmp_path, body):
    docker = programs.write_program(tmp_path / "x", "docker", body) if body else "/not/there/docker"
    assert live_state.info(Deadline(20), docker) == {}

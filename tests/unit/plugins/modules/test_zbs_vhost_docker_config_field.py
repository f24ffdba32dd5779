"""The configuration of engines as the field has them, the module run whole."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.docker_config import FIT, NAME, backups, refused, run
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of

SMALL = {"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "3"}}


def says(engine, **more):
    """What `docker info` says besides."""
    path = engine.root / "info.json"
    path.write_text(json.dumps(dict(json.loads(path.read_text()), **more)))


@pytest.mark.parametrize("flag", [False, True])
def test_case_01_options_of_another_log_driver(engine, flag):
    if flag:
        engine.unit("/usr/bin/dockerd --log-driver journald")
    else:
        engine.write({"log-driver": "journald"})
    run(engine, options=SMALL)
    assert json.loads(engine.json.read_text()) == (FIT if flag else dict(FIT, **{"log-driver": "journald"}))
    assert run(engine, options=SMALL)["changed"] is False


@pytest.mark.parametrize("state", ["active", "pending", "error", "locked"])
@pytest.mark.parametrize("before", [{"iptables": False}, FIT])
def test_case_02_a_member_of_a_swarm(engine, state, before):
    """live-restore is left out, or taken out where somebody put it in; a restart waits for a maintenance window."""
    engine.info(1)
    says(engine, Swarm={"LocalNodeState": state, "ControlAvailable": True})
    engine.write(before)
    engine.start()
    predicted = run(engine, True, options=SMALL)
    result = run(engine, options=SMALL)
    assert json.loads(engine.json.read_text()) == dict(SMALL, iptables=False)
    assert result["engine"]["swarm"] is True and result["changes"] == predicted["changes"]
    assert "is a member of a Swarm" in result["warnings"][0] and "docker swarm leave" in result["warnings"][0]
    assert run(engine, options=SMALL)["changed"] is False


@pytest.mark.parametrize("state", ["inactive", ""])
def test_no_member_of_a_swarm(engine, state):
    says(engine, Swarm={"LocalNodeState": state})
    engine.write({"iptables": False})
    engine.start()
    assert run(engine)["engine"]["swarm"] is False and json.loads(engine.json.read_text()) == FIT


@pytest.mark.parametrize("root", ["var/lib/docker", "data"])
def test_an_engine_that_is_down_is_known_for_a_member_by_its_files(engine, root):
    fake_host.write(engine.root, root + "/swarm/docker-state.json", "{}")
    document = {} if root.startswith("var") else {"data-root": "/" + root}
    engine.write(document)
    assert run(engine)["engine"]["swarm"] is True
    assert json.loads(engine.json.read_text()) == dict(document, iptables=False)


def test_case_05_a_file_that_is_named_on_the_command_line(engine):
    engine.write(FIT)  # what the fake engine tells of itself, and nobody reads
    other = engine.root / "data/d.json"
    other.parent.mkdir()
    other.write_text(json.dumps(FIT))
    engine.info(1)
    os.utime(str(other), (1000, 1000))
    engine.unit("/usr/bin/dockerd --config-file=/data/d.json")
    engine.start(["dockerd", "--config-file=/data/d.json"])
    refused(engine, "config_file", "dockerd reads /data/d.json")
    engine.options = {}
    result = run(engine, options={"mtu": 1400})
    assert result["path"] == str(other) == result["engine"]["config_file"]
    assert json.loads(engine.json.read_text()) == FIT
    assert json.loads(other.read_text()) == dict(FIT, mtu=1400)


def test_without_a_path_the_default_file(engine):
    engine.options = {}
    assert run(engine)["path"] == str(engine.json)


def test_case_06_snap_s_engine_is_refused_before_anything_is_changed(engine):
    engine.start(["dockerd", "--group", "docker", "--config-file=/var/snap/docker/100/config/daemon.json"])
    refused(engine, "engine_unfit", "is snap's")


def test_case_07_an_engine_on_nftables(engine):
    nft = "table ip docker-bridges {\n chain filter-FORWARD {\n  type filter hook forward priority filter; policy accept;\n }\n}"
    programs.write_program(engine.bin, "nft", programs.answering(nft))
    engine.write(FIT, before_start=False)
    engine.start()
    refused(engine, "iptables_on", "the firewall has Docker's chains")


def test_case_12_another_engine_by_the_environment(engine, monkeypatch):
    """podman's, that has no containers, is no reason to restart the host's."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/podman/podman.sock")
    engine.info(2)
    body = 'case "$DOCKER_HOST" in *podman*) echo \'{"ServerVersion": "4.9", "ContainersRunning": 0}\';; *) cat %s/info.json;; esac'
    programs.write_program(engine.bin, "docker", body % engine.root)
    engine.write(FIT)
    engine.start()
    result = run(engine, options={"userland-proxy": False})
    assert (result["restarted"], result["reason"]) == (False, "2 containers run on it")


def test_a_rootless_engine_is_left_out_with_a_word(engine):
    engine.start(["dockerd", "--rootless"])
    result = run(engine)
    assert result["engine"]["running"] is False and "rootless Docker Engine" in result["warnings"][0]


def test_a_restart_that_loses_the_containers_is_not_done(engine):
    engine.info(1)
    engine.write(FIT)
    engine.start()
    result = run(engine, options={"data-root": "/data"}, allow_restart=True)
    assert (result["restarted"], result["restart_keys"]) == (False, ["data-root"])
    assert result["reason"] == "with another data-root it does not find the containers that it has"


def test_a_pair_that_no_engine_starts_with_is_refused_before_anything_is_changed(engine):
    engine.write({"icc": False})
    refused(engine, "daemon_json", "icc: false beside iptables: false")


@pytest.mark.parametrize("text", ['\ufeff{"iptables": false}', '{"iptables": false}'])
def test_case_03_a_byte_order_mark(engine, text):
    engine.write(text)
    engine.start()
    assert run(engine)["engine"]["iptables"] == "off"
    assert engine.json.read_bytes().startswith(b"{") and len(backups(engine)) == 1


def test_values_that_no_engine_can_read(engine):
    failure, _result = failure_of(NAME, dict(engine.options, options={"log-opts": {"max-file": 3}}))
    assert failure["code"] == "bad_option"


def test_an_engine_that_was_started_by_another_service(engine):
    engine.write(FIT)
    engine.start()
    fake_host.write(engine.root, "proc/%d/cgroup" % engine.process.pid, "0::/system.slice/docker-latest.service\n")
    result = run(engine, options={"mtu": 1400})
    assert result["engine"]["service"] == "docker-latest.service" and not result["restarted"]
    assert result["reason"] == "it runs as docker-latest.service, not as docker.service"


def test_a_second_run_after_a_reload_does_not_doubt_the_first(engine):
    """Chains that an earlier engine left in the firewall say nothing about one that was started with its hands off."""
    engine.write(FIT)
    engine.start()
    assert run(engine, insecure_registries=["r:1"])["reloaded"] is True
    programs.write_program(engine.bin, "iptables", programs.answering("-P FORWARD DROP\n-N DOCKER"))
    assert run(engine, insecure_registries=["r:1"])["changed"] is False


@pytest.mark.parametrize("runs", [True, False])
def test_podman_s_docker_is_refused_before_anything_is_changed(engine, runs):
    programs.write_program(engine.bin, "docker", programs.answering('{"host": {}, "store": {}, "version": {}}'))
    if runs:
        engine.write(FIT)
        engine.start()
    refused(engine, "engine_unfit", "podman answers to the docker command")

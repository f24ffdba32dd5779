"""The Docker Engine of a host: there, answering, and what it would do to the firewall."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import docker_engine
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write


def look(tmp_path, body=None, seconds=20.0, daemon_json=None, dockerd=None):
    """Look at an engine whose docker has that body (None: there is no docker)."""
    docker = str(tmp_path / "bin" / "docker")
    if body is not None:
        programs.write_program(tmp_path / "bin", "docker", body)
    (tmp_path / "proc").mkdir(exist_ok=True)
    if daemon_json is not None:
        write(tmp_path, "etc/docker/daemon.json", daemon_json)
    if dockerd is not None:
        write(tmp_path, "proc/77/cmdline", "\0".join(dockerd) + "\0")
    return docker_engine.look(Deadline(seconds), docker, str(tmp_path))


def info(**more):
    """The answer of `docker info --format {{json .}}`."""
    return programs.answering(json.dumps(dict({"ServerVersion": "28.2.2", "LiveRestoreEnabled": True}, **more)))


def test_an_engine_that_answers(tmp_path):
    assert look(tmp_path, info()).as_dict() == {
        "installed": True,
        "active": True,
        "version": "28.2.2",
        "live_restore": True,
        "iptables": True,
    }


def test_no_docker(tmp_path):
    engine = look(tmp_path)
    assert (engine.installed, engine.active) == (False, False)


def test_a_docker_that_may_not_be_run_is_installed(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text("x")
    assert look(tmp_path).installed is True


@pytest.mark.parametrize(
    "body",
    [
        info(ServerVersion=""),
        info(ServerVersion=None),
        # `docker info` of a client without an engine may end with 0
        programs.answering('{"ID": "", "ServerErrors": ["Cannot connect"]}', rc=0),
        programs.answering("", "Cannot connect to the Docker daemon", 1),
        programs.answering("[]"),
        programs.answering("hello"),
        programs.answering(""),
    ],
)
def test_only_a_server_version_proves_an_engine(tmp_path, body):
    engine = look(tmp_path, body)
    assert (engine.installed, engine.active, engine.version) == (True, False, None)
    assert engine.detail


def test_an_engine_that_hangs_is_not_active(tmp_path):
    engine = look(tmp_path, "exec sleep 100", 0.5)
    assert (engine.installed, engine.active) == (True, False) and "0.5 s" in engine.detail


@pytest.mark.parametrize(
    "daemon_json, dockerd, iptables",
    [
        (None, None, True),
        ("{}", None, True),
        ('{"iptables": true}', None, True),
        ('{"iptables": false}', None, False),
        ('{"iptables": "false"}', None, True),  # dockerd refuses text there
        ('{"iptables": 0}', None, True),
        ("{broken", None, True),
        ("[]", None, True),
        ("[" * 100000, None, True),
        ("", None, True),
        (None, ["/usr/bin/dockerd", "--iptables=false"], False),
        (None, ["/usr/bin/dockerd", "-H", "fd://"], True),
        (None, ["sleep", "--iptables=false"], True),
        (None, ["sh", "-c", "dockerd --iptables=false"], True),
        ("{}", ["dockerd", "--iptables=false"], False),
    ],
)
def test_what_it_does_to_the_firewall(tmp_path, daemon_json, dockerd, iptables):
    assert look(tmp_path, info(), daemon_json=daemon_json, dockerd=dockerd).iptables is iptables


def test_start_calls_systemd(tmp_path, monkeypatch):
    log = tmp_path / "log"
    programs.write_program(tmp_path / "bin", "systemctl", programs.logging_argv(log, "exit 0"))
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    docker_engine.start(Deadline(20))
    assert programs.calls(log) == [["start", "docker.service"]]


@pytest.mark.parametrize(
    "body, seconds, words",
    [(programs.answering(err="Job failed.", rc=1), 20.0, "Job failed."), ("exec sleep 100", 0.5, "no answer in time")],
)
def test_a_start_that_fails_says_why(tmp_path, monkeypatch, body, seconds, words):
    programs.write_program(tmp_path / "bin", "systemctl", body)
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    with pytest.raises(ZbsError) as caught:
        docker_engine.start(Deadline(seconds))
    assert caught.value.code == "docker_start" and words in caught.value.message


def test_a_process_that_ends_while_it_is_looked_at_is_no_dockerd(tmp_path):
    (tmp_path / "proc/78/cmdline").mkdir(parents=True)  # stands for a file that can't be read any more
    assert look(tmp_path, info(), dockerd=["dockerd", "--iptables=false"]).iptables is False

"""One `docker container inspect`, against programs that answer as Docker and podman do."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import container as observe_container
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

NAME = "zbsvhost-172.30.0.11"
NOW = 1.8e9


def docker_says(status="running", pid=4711, **state):
    """The part of docker's answer that matters, in its own shape."""
    running = status in ("running", "paused", "restarting")
    flags = {"Status": status, "Running": running, "Paused": status == "paused", "Restarting": status == "restarting"}
    flags.update(OOMKilled=False, Dead=False, Pid=pid, ExitCode=0, Error="", StartedAt="2026-01-02T03:04:05.6Z")
    flags.update(state)
    arguments = (
        "-m [0,1] -s 1024 --huge-dir /dev/hugepages2m -S /var/zbsvhost/sockets -r /var/zbsvhost/sockets/admin.sock"
    )
    return [
        {
            "Id": "3f4e" * 16,
            "Path": "zbsvhost",
            "Args": arguments.split(),
            "State": flags,
            "Image": "sha256:" + "ab" * 32,
            "Name": "/" + NAME,
            "RestartCount": 2,
            "Config": {"Image": "zbs-vhost:1.6.0", "Cmd": ["zbsvhost"]},
        }
    ]


@pytest.fixture
def inspect(tmp_path):
    """Ask a docker with that body: (Container, the argument lists that docker got)."""

    def ask(body, seconds=20.0):
        log = tmp_path / "log"
        docker = programs.write_program(tmp_path, "docker", programs.logging_argv(log, body))
        container = observe_container.inspect_container(NAME, Deadline(seconds), docker)
        return container, programs.calls(log)

    return ask


def test_a_running_container_in_one_call(inspect):
    found, calls = inspect(programs.answering(json.dumps(docker_says(), indent=4)))
    assert calls == [["container", "inspect", NAME]]
    assert found.found() and found.running and not found.restarting
    assert found.pid == 4711
    assert found.as_dict() == {
        "answer": "found",
        "detail": "",
        "id": "3f4e" * 16,
        "name": NAME,
        "pid": 4711,
        "image": "zbs-vhost:1.6.0",
        "image_id": "sha256:" + "ab" * 32,
        "state": "running",
        "exit_code": 0,
        "restart_count": 2,
        "started_at": "2026-01-02T03:04:05.6Z",
        "finished_at": None,
        "cpus": [0, 1],
        "memory_mib": 1024,
    }
    assert found.admin_socket() == "/var/zbsvhost/sockets/admin.sock"


@pytest.mark.parametrize(
    "status, running, restarting",
    [
        ("exited", False, False),
        ("restarting", True, True),
        ("paused", True, False),
        ("created", False, False),
        ("dead", False, False),
    ],
)
def test_states(inspect, status, running, restarting):
    found, _calls = inspect(programs.answering(json.dumps(docker_says(status, 0, ExitCode=137))))
    assert (found.state, found.running, found.restarting) == (status, running, restarting)
    assert (found.pid, found.exit_code) == (None, 137)


SOCKET = "unix:///var/run/docker.sock"
REFUSALS = {
    "Docker 28": ("[]", "Error response from daemon: No such container: " + NAME, "missing"),
    "Docker 20": ("[]", "Error: No such container: " + NAME, "missing"),
    "podman": ("[]", 'Error: no such container "%s"' % NAME, "podman"),
    "podman 4": ("[]", "Error: inspecting object: no such container " + NAME, "podman"),
    "podman-docker": (
        "[]",
        "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\n"
        'Error: no such container "%s"' % NAME,
        "podman",
    ),
    "engine down": (
        "[]",
        "Cannot connect to the Docker daemon at %s. Is the docker daemon running?" % SOCKET,
        "no_engine",
    ),
    "engine down, other words": (
        "",
        "error during connect: Get http://x: dial unix /var/run/docker.sock: connect: connection refused",
        "no_engine",
    ),
    "no permission": (
        "[]",
        "permission denied while trying to connect to the Docker daemon socket at %s: "
        'Get "http://%%2Fvar%%2Frun%%2Fdocker.sock/v1.47/containers/%s/json": dial unix /var/run/docker.sock: '
        "connect: permission denied" % (SOCKET, NAME),
        "denied",
    ),
    "something else": ("", "Error response from daemon: a disk is full", "error"),
    "nothing at all": ("", "", "error"),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_refusals(inspect, name):
    out, err, answer = REFUSALS[name]
    found, _calls = inspect(programs.answering(out, err, 1))
    assert found.answer == answer
    assert not found.found() and found.detail and "\n" not in found.detail
    assert (found.pid, found.running, found.cpus(), found.memory_mib()) == (None, False, None, None)


GARBAGE = {
    "text": "hello",
    "nothing": "",
    "object": "{}",
    "empty list": "[]",
    "two": json.dumps(docker_says() * 2),
    "list of text": '["x"]',
    "half": json.dumps(docker_says())[:-20],
    "nested": "[" * 100000,
}


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_garbage_is_an_error_never_a_container(inspect, name):
    found, _calls = inspect(programs.answering(GARBAGE[name]))
    assert found.answer == "error" and "JSON" in found.detail


WRONG_SHAPES = [
    {},
    {"State": "running"},
    {"State": []},
    {"State": {"Status": "running", "Pid": "x"}},
    {"Config": "x"},
    {"Args": 5},
    {"Args": {"a": 1}},
    {"Args": ["-s", "\u00b2", "-m", "9" * 5000]},
    {"Args": ["-m", "[0-" + "9" * 5000 + "]"]},
    {"Path": 7, "Args": [None, 8, ["-m"]]},
    {"Id": ["a"], "Name": {}, "Image": 5, "Config": {"Image": {"a": 1}}, "Created": 7, "RestartCount": "x"},
    {"State": {"Status": ["running"], "ExitCode": [], "StartedAt": 1, "FinishedAt": {}, "Running": True}},
    {"State": {"Status": "running", "StartedAt": "9999-12-31T23:59:59+99:99"}},
    {"Args": ["-m", "0x" + "f" * 2000, "-s", "9" * 30 + "G", "-r", "\0"], "Mounts": [{"Source": "\0"}, 7, None]},
]


@pytest.mark.parametrize("data", WRONG_SHAPES)
def test_a_container_of_another_shape_raises_nothing(inspect, data):
    """`inspect never raises`: whatever a stand-in for Docker answers, the socket's verdict must still come."""
    found, _calls = inspect(programs.answering(json.dumps([data])))
    assert found.answer in ("found", "error")
    found.as_dict()
    found.admin_socket()
    found.age(NOW)
    for value, kind in (
        (found.container_id, str),
        (found.image, str),
        (found.image_id, str),
        (found.state, str),
        (found.created_at, str),
        (found.started_at, str),
        (found.exit_code, int),
        (found.restart_count, int),
    ):
        assert value is None or isinstance(value, kind)
    assert found.pid is None or isinstance(found.pid, int)


def test_a_docker_that_hangs_is_silent_at_the_deadline(inspect):
    started = time.monotonic()
    found, _calls = inspect("exec sleep 100", 0.7)
    assert 0.7 <= time.monotonic() - started < 6
    assert found.answer == "silent" and "0.7 s" in found.detail


def test_no_docker_is_no_docker(tmp_path):
    found = observe_container.inspect_container(NAME, Deadline(5), str(tmp_path / "docker"))
    assert found.answer == "no_docker" and str(tmp_path / "docker") in found.detail


def test_a_docker_that_may_not_be_run_is_an_error_and_no_lack_of_permission(tmp_path):
    """`denied` keeps a dead target from being healed: a broken mode of the program must not."""
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    assert observe_container.inspect_container(NAME, Deadline(5), str(tmp_path / "docker")).answer == "error"


def test_a_container_that_podman_shows_is_known_as_such(inspect):
    shown = docker_says()
    shown[0].update(OCIRuntime="crun", ConmonPidFile="/run/containers/x/conmon.pid", Pod="")
    found, _calls = inspect(programs.answering(json.dumps(shown), "Emulate Docker CLI using podman."))
    assert found.found() and found.running and found.podman
    assert not inspect(programs.answering(json.dumps(docker_says())))[0].podman

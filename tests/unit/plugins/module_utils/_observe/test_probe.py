"""The verdict of a whole probe: a real socket, a fake docker, one deadline."""

import contextlib
import json
import os
import socket
import subprocess
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import cbd
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe as observe_probe
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, probe, probe_inside, settings

# Before conftest.py takes its place.
FIND_ELSEWHERE = observe_probe.sockets.find_elsewhere


def test_a_healthy_target(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", target.behave(GOOD)) as peer:
        health = probe_inside(folder)
        assert len(peer.requests) == 2  # no bdev is asked for where there is no controller
    assert (health["status"], health["reason"]) == ("Connected", None)
    assert health["protocols"]["vhost"]["verdict"] == "healthy"
    assert 0 <= health["protocols"]["vhost"]["latency_ms"] < 10000
    assert health["target"] == {"version": "SPDK v24.01"}
    assert (health["container"]["state"], health["container"]["cpus"]) == ("running", [0, 1])
    assert health["process"]["pid"] == os.getpid()
    assert (health["volumes"], health["warnings"]) == ([], [])


def test_a_healthy_target_costs_one_fork(folder, docker, tmp_path, monkeypatch):
    log = tmp_path / "log"
    shown = target.container("running", folder + "/admin.sock", os.getpid())
    docker(body=programs.logging_argv(log, programs.answering(json.dumps([shown]))))
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda argv, **more: started.append(argv) or real(argv, **more))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        assert probe_inside(folder)["status"] == "Connected"
    assert started == [["docker", "container", "inspect", "zbsvhost-x"]]
    assert programs.calls(log) == [["container", "inspect", "zbsvhost-x"]]


def test_a_host_without_docker_whose_target_answers(folder, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert (health["status"], health["container"]["answer"]) == ("Connected", "no_docker")
    assert "no docker command" in health["warnings"][0] and health["process"]["pid"] == os.getpid()


def test_an_answer_of_100_mb_is_unknown_inside_the_timeout(folder, docker):
    docker(**target.NO_CONTAINER)

    def flood(conn, _request):
        conn.sendall(b'{"jsonrpc": "2.0", "result": "')
        for _piece in range(100):
            conn.sendall(b"x" * 1024 * 1024)

    started = time.monotonic()
    with Peer(folder + "/admin.sock", flood):
        health = probe_inside(folder, timeout=5.0)
        assert time.monotonic() - started < 5.5
    # On a busy machine the time is over before so much was read: that is no answer either.
    assert health["status"] == "Unknown"
    assert "not SPDK" in health["reason"] or "no complete answer" in health["reason"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may connect to everything")
def test_a_socket_without_permission_is_unknown(folder, docker):
    docker(**target.NO_CONTAINER)
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        os.chmod(folder + "/admin.sock", 0)
        health = probe_inside(folder)
    assert health["status"] == "Unknown" and "run as root" in health["reason"]


def test_hugepages_are_the_kernels(folder, docker):
    docker(**target.NO_CONTAINER)
    for pool in probe(folder)["hugepages"]:
        assert sorted(pool) == ["free", "reserved", "size_kib", "total"]


def test_an_answer_outranks_a_dead_dockerd(folder, docker):
    docker(rc=1, err="Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?")
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert (health["status"], len(health["warnings"])) == ("Connected", 1)
    assert health["process"]["pid"] == os.getpid()  # the listener's, from the kernel


@pytest.mark.parametrize(
    "answer, verdict",
    [
        (target.NO_CONTAINER, "absent"),
        ({"rc": 1, "err": "Cannot connect to the Docker daemon"}, "absent"),
        ({"answer": target.container("exited", "/s", exit_code=137)}, "stopped"),
        ({"answer": target.container("restarting", "/s")}, "unknown"),  # its admin socket is another
    ],
)
def test_nobody_listens(folder, docker, answer, verdict):
    docker(**answer)
    health = probe(folder)
    assert health["protocols"]["vhost"]["verdict"] == verdict
    # Of a target that is somewhere else nobody has told the volumes.
    assert (health["target"], health["volumes"]) == (None, None if verdict == "unknown" else [])


def test_a_target_elsewhere_is_nobodys_to_replace(folder, docker, monkeypatch):
    """The admin socket is the wrong one, and the engine that could tell is dead: the target's own sockets tell."""
    monkeypatch.setattr(observe_probe.sockets, "find_elsewhere", FIND_ELSEWHERE)
    docker(err="Cannot connect to the Docker daemon. Is the docker daemon running?", rc=1)
    os.mkdir(folder + "/other")
    with Peer(folder + "/zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff", lambda _conn, _request: None):
        health = probe_inside(folder + "/other")
    assert health["status"] == "Unknown" and "correct admin_socket" in health["reason"]


def test_a_running_container_without_a_listener_is_refused(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    health = probe(folder)
    assert (health["protocols"]["vhost"]["verdict"], health["process"]["pid"]) == ("refused", os.getpid())


def test_the_same_inside_the_grace_is_starting(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    assert probe(folder, grace=1e9)["status"] == "Connecting"


def test_a_listener_whose_file_was_unlinked_is_unknown(folder, docker):
    docker(**target.NO_CONTAINER)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/admin.sock")
        sock.listen(1)
        os.unlink(folder + "/admin.sock")
        assert probe(folder)["status"] == "Unknown"
    assert probe(folder)["status"] == "Disconnected"


def test_a_target_whose_connections_are_all_held_is_unknown(folder, docker):
    """SPDK serves 64 at a time: who leaks them makes a target that serves its VMs look hung."""
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(folder + "/admin.sock")
        listener.listen(8)
        for number in range(64):
            stack.enter_context(socket.socket(socket.AF_UNIX)).connect(folder + "/admin.sock")
            stack.enter_context(listener.accept()[0])
            if number == 62:
                assert probe(folder, timeout=0.5)["protocols"]["vhost"]["verdict"] == "hung"
        assert probe(folder, timeout=0.5)["status"] == "Unknown"


@pytest.mark.parametrize("hangs", ["both", "socket"])
def test_a_hung_target_is_hung_inside_the_timeout_whatever_docker_does(folder, docker, hangs):
    if hangs == "both":
        docker(body="exec sleep 100")
    else:
        docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(folder + "/admin.sock")
        sock.listen(8)
        started = time.monotonic()
        health = probe(folder, timeout=1.0)
        assert time.monotonic() - started < 4.0
    assert health["protocols"]["vhost"]["verdict"] == "hung"
    assert health["process"]["pid"] == os.getpid()
    assert health["container"]["answer"] == ("silent" if hangs == "both" else "found")


def test_an_error_object_instead_of_a_version_is_unknown(folder, docker):
    docker(**target.NO_CONTAINER)
    with Peer(folder + "/admin.sock", target.behave({})):
        health = probe_inside(folder)
    assert health["status"] == "Unknown" and "Method not found" in health["reason"]


@pytest.mark.parametrize("junk", [b"HTTP/1.1 400\r\n", b"{}", b'{"half'])
def test_what_is_no_spdk_is_unknown(folder, docker, junk):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", lambda conn, _request: conn.sendall(junk)):
        assert probe_inside(folder, timeout=1.0)["status"] == "Unknown"


def test_both_protocols_each_with_its_own_row(folder, docker, tmp_path):
    docker(**target.NO_CONTAINER)
    programs.write_program(tmp_path / "bin", "qemu-io", programs.answering("read 4096/4096 bytes"))
    health = probe(folder, protocols=("vhost", "cbd"), heartbeat="cbd:a/b/c")
    assert {name: row["verdict"] for name, row in health["protocols"].items()} == {"vhost": "absent", "cbd": "healthy"}
    assert (health["status"], health["reason"]) == ("Connected", None)


def test_without_a_heartbeat_cbd_is_unknown_and_nothing_is_read(folder, docker, monkeypatch):
    docker(**target.NO_CONTAINER)
    monkeypatch.setattr(cbd, "probe", None)
    asked = settings(folder, protocols=("vhost", "cbd"))
    asked.cbd_unknown = "no admin node answers"
    health = observe_probe.probe(asked)
    row = health["protocols"]["cbd"]
    assert (row["verdict"], row["status"], row["reason"]) == ("unknown", "Unknown", "no admin node answers")
    assert health["protocols"]["vhost"]["verdict"] == "absent"


def test_a_proc_that_can_not_be_read_leaves_the_vms_unknown(folder, docker, monkeypatch):
    def fail(*_arguments, **_more):
        raise PermissionError(13, "Permission denied")

    docker(**target.NO_CONTAINER)
    monkeypatch.setattr(observe_probe.demand, "collect", fail)
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert (health["status"], health["vms"], health["demand"]) == ("Connected", None, None)
    assert "the VMs of this host can't be examined (Permission denied)" in health["warnings"][-1]


@pytest.mark.parametrize("version", [{}, {"version": 24}, [], "SPDK v24.01", None])
def test_a_version_that_is_none_is_no_spdk_and_so_unknown(folder, docker, version):
    docker(**target.NO_CONTAINER)
    with Peer(folder + "/admin.sock", target.behave({"spdk_get_version": version})):
        health = probe_inside(folder)
    assert health["status"] == "Unknown" and health["target"] is None
    assert "something that is not a version" in health["reason"]

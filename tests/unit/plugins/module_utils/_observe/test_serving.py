"""What proves that a target serves: the list of its controllers. One row for each way in which a target answers and does not."""

import json
import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe as observe_probe
from ansible_collections.zstack.zbs.plugins.module_utils._observe import serving
from ansible_collections.zstack.zbs.plugins.module_utils._observe.spdk import SpdkError, SpdkProblem
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.evidence import evidence, process
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, probe_inside

# field-cases 18: what a target answers before its framework is there.
START_UP = {
    "code": -1,
    "message": "Method may only be called after framework is initialized using framework_start_init RPC.",
}


def answering(errors, results=None):
    """A behaviour of Peer that answers each method with a result or an error object."""

    def on(conn, request):
        asked = json.loads(request)
        results_of = dict({"spdk_get_version": target.VERSION}, **(results or {}))
        reply = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] in results_of:
            reply["result"] = results_of[asked["method"]]
        else:
            reply["error"] = errors
        conn.sendall(json.dumps(reply).encode())

    return on


def unlike(behaviour):
    """A behaviour that answers the version and does `behaviour` on everything else."""

    def on(conn, request):
        if json.loads(request)["method"] == "spdk_get_version":
            answering({})(conn, request)
        else:
            behaviour(conn)

    return on


# what the target does, verdict within the grace and after it, words of the reason
WAYS = {
    "its list is empty": (target.behave(GOOD), "healthy", "healthy", None),
    "case 18, the start-up state": (answering(START_UP), "starting", "unready", "after framework is initialized"),
    "no method of vhost": (
        answering({"code": -32601, "message": "Method not found"}),
        "starting",
        "unready",
        "not found",
    ),
    "an error for ever": (
        answering({"code": -32603, "message": "Internal error"}),
        "starting",
        "unready",
        "Internal error",
    ),
    "an error without words": (answering({}), "starting", "unready", "no message"),
    "an error that is none": (answering("no"), "starting", "unready", "no message"),
    "no list": (
        answering(START_UP, {"vhost_get_controllers": {}}),
        "unknown",
        "unknown",
        "does not list its controllers",
    ),
    "silence": (unlike(lambda conn: conn.recv(1)), "unknown", "unknown", "did not answer vhost_get_controllers"),
    "nothing": (unlike(lambda conn: conn.close()), "unknown", "unknown", "closed the connection"),
    "no JSON": (unlike(lambda conn: conn.sendall(b"HTTP/1.1 400")), "unknown", "unknown", "not JSON-RPC"),
}


@pytest.mark.parametrize("name", sorted(WAYS))
@pytest.mark.parametrize("grace", [0.0, 1e9])
def test_a_target_that_says_its_version(folder, docker, name, grace):
    behaviour, young, old, words = WAYS[name]
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", behaviour):
        health = probe_inside(folder, timeout=2.0, grace=grace)
    found = health["protocols"]["vhost"]
    assert found["verdict"] == (young if grace else old)
    assert (words or "") in (found["reason"] or "") and health["target"] == {"version": "SPDK v24.01"}
    assert health["volumes"] == ([] if found["verdict"] == "healthy" else None)
    assert health["warnings"] == []


def test_one_beside_which_volumes_are_served_is_not_touched(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with socket.socket(socket.AF_UNIX) as sock, Peer(folder + "/admin.sock", answering(START_UP)):
        sock.bind(folder + "/zbs-bdev-1")
        sock.listen(1)
        found = probe_inside(folder)["protocols"]["vhost"]
    assert found["verdict"] == "unknown" and "1 volume sockets beside its own have a listener" in found["reason"]


def test_one_that_may_serve_them_under_its_containers_own_names_is_not_touched():
    given = evidence("refuses", process=process(), elsewhere=["/run/inside/zbs-bdev-1"])
    verdict = serving.decide(given)
    assert verdict.verdict == "unknown" and "listens on /run/inside/zbs-bdev-1" in verdict.reason


def test_one_in_no_container_of_its_own_is_another_program_of_spdk(folder, docker):
    docker(**target.NO_CONTAINER)
    with Peer(folder + "/admin.sock", answering({"code": -32601, "message": "Method not found"})):
        found = probe_inside(folder)["protocols"]["vhost"]
    assert found["verdict"] == "foreign" and "no container of Docker runs process" in found["reason"]


@pytest.mark.parametrize("listening, seen", [(None, process()), (True, None)])
def test_what_can_not_be_told_is_unknown(listening, seen):
    given = evidence("refuses", process=seen)
    given.listening = listening
    assert serving.decide(given).verdict == "unknown"


def test_a_stopped_process_does_not_start():
    assert serving.decide(evidence("refuses", process=process(1.0, "T"))).verdict == "unready"
    assert serving.decide(evidence("refuses", process=process(1.0, "R"))).verdict == "starting"


def test_no_time_left_to_ask_says_nothing_against_a_target(folder, docker, monkeypatch):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    real = observe_probe.spdk.call

    def call(path, method, deadline, params=None):
        return real(path, method, deadline if method == "spdk_get_version" else Deadline(0), params)

    monkeypatch.setattr(observe_probe.spdk, "call", call)
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert (health["status"], health["volumes"]) == ("Connected", None)
    assert "controllers could not be listed: " in health["warnings"][0]


def test_kinds_of_problem():
    assert serving.kind_of(SpdkError("m", -1, "no"))[0] == "refuses"
    assert serving.kind_of(SpdkProblem("x", "not_asked")) == ("answered", "")
    for code in ("silent", "closed", "junk", "denied", "nobody"):
        assert serving.kind_of(SpdkProblem("x", code))[0] == "tells_nothing"


def test_a_healthy_target_is_asked_nothing_more(folder, docker):
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    started = time.monotonic()
    with Peer(folder + "/admin.sock", target.behave(GOOD)) as peer:
        assert probe_inside(folder)["status"] == "Connected"
        assert len(peer.requests) == 2 and time.monotonic() - started < 10

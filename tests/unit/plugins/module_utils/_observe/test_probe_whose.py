"""The verdict of a whole probe where the target is another's: a real socket, a fake docker that knows several containers."""

import os
import socket
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import identity
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe as observe_probe
from ansible_collections.zstack.zbs.plugins.module_utils._target.plan import Desired, plan_deploy, plan_removal
from ansible_collections.zstack.zbs.tests.unit.plugins.support import probing, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, probe, probe_inside

# Before conftest.py takes its place.
FIND_ELSEWHERE = observe_probe.sockets.find_elsewhere
OWN, THEIRS, OLDEST = "zbsvhost-x", "zstone-vhost-1", "zbs-vhost"

# field-cases 23: a host whose target is one of the oldest releases.
CASE_23 = """\
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 1001 /var/tmp/vhost-sockets/vhost.sock
0000000000000000: 00000002 00000000 00010000 0001 01 1002 /var/tmp/vhost-sockets/zbs-vhost-0123456789abcdef0123456789abcdef
0000000000000000: 00000003 00000000 00000000 0001 03 1003 /var/tmp/vhost-sockets/zbs-vhost-0123456789abcdef0123456789abcdef
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Put a docker on PATH that knows these containers."""
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    return lambda *containers: target.write_engine(tmp_path / "bin", containers)


def made(name, folder, status="running", pid=0, age=1000.0, number=1):
    """A container with the socket folder, as Docker shows it."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
    found = target.container(status, folder + "/admin.sock", pid, Id="%064x" % number, Name="/" + name, Created=at)
    found["State"]["StartedAt"] = at
    return found


def vhost(health):
    return health["protocols"]["vhost"]["verdict"], health["protocols"]["vhost"]["reason"]


# containers (name, more of `made`): verdict, words of its reason. Nobody listens.
NOBODY = {
    "no container": ([], "absent", "there is no container"),
    "its own": ([(OWN, {"status": "exited"})], "stopped", "exited"),
    "another that runs": ([(THEIRS, {})], "foreign", "the container zstone-vhost-1 (running; its argument"),
    "another that exited": ([(THEIRS, {"status": "exited"})], "foreign", "(exited; its argument"),
    "another that restarts": ([(THEIRS, {"status": "restarting"})], "foreign", "start it again with what made it"),
    "another beside its own": (
        [(OWN, {"status": "exited", "number": 2, "age": 1.0}), (THEIRS, {})],
        "foreign",
        "the container is exited (exit status 0) and nothing listens on",
    ),
    "what another left": (
        [(OWN, {"status": "exited", "number": 2, "age": 1.0}), (THEIRS, {"status": "exited"})],
        "stopped",
        "",
    ),
    "the oldest one": ([(OLDEST, {})], "legacy", "a target of the oldest releases"),
    "the oldest one that exited": ([(OLDEST, {"status": "exited"})], "legacy", "(exited; the name of"),
    "another that starts": ([(THEIRS, {"age": 1.0})], "starting", "s ago (a start may take 30 s)"),
    "another that exited a moment ago": ([(THEIRS, {"age": 1.0, "status": "exited"})], "foreign", "exited"),
}


@pytest.mark.parametrize("name", sorted(NOBODY))
def test_where_nobody_listens(folder, engine, name):
    containers, verdict, words = NOBODY[name]
    engine(*(made(who, folder, **more) for who, more in containers))
    health = probe(folder, grace=30.0)
    assert vhost(health)[0] == verdict and words in vhost(health)[1]
    assert health["volumes"] == (None if verdict == "legacy" else [])
    # Whatever was declared: no second one beside it, by a deploy or a removal of it.
    plan = plan_deploy(Desired("zbs:9"), health, "always")
    assert (plan.action == "refused") is (verdict in ("foreign", "legacy"))
    if plan.action == "refused":
        assert plan.reasons == [vhost(health)[1]] == plan_removal(health).reasons
        assert plan_removal(health).action == "refused"


def test_containers_that_can_not_be_listed_are_a_reason_to_wait(folder, docker):
    docker(
        body='[ "$1" = ps ] && echo "error during connect" >&2 && exit 1; echo "Error: No such container: x" >&2; exit 1'
    )
    verdict, reason = vhost(probe(folder))
    assert verdict == "unknown" and "(error during connect); see why Docker does not list" in reason


def test_a_container_that_has_the_folder_under_another_name_is_the_target_all_the_same(folder, engine):
    mount = {"Type": "bind", "Source": folder, "Destination": "/run/sockets", "RW": True}
    engine(dict(made(OWN, "/run/sockets"), Mounts=[mount]))
    assert vhost(probe(folder))[0] == "refused"
    engine(made(OWN, "/run/sockets"))
    assert "correct admin_socket" in vhost(probe(folder))[1]


def hung(folder):
    """A listener that never answers."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(folder + "/admin.sock")
    sock.listen(8)
    return sock


def silent(pid, parent):
    """Whose the process `pid` is that listens and is silent: (containers, verdict, words)."""
    return {
        "its own": ([(OWN, {"pid": pid})], "hung", "did not answer"),
        "its own's child": ([(OWN, {"pid": parent})], "hung", "did not answer"),
        "another's": ([(THEIRS, {"pid": pid})], "foreign", "(running; it runs process %d, which" % pid),
        "another's beside its own": (
            [(OWN, {"status": "exited", "number": 2}), (THEIRS, {"pid": parent})],
            "foreign",
            THEIRS,
        ),
        "the oldest one's": ([(OLDEST, {"pid": pid})], "legacy", OLDEST),
        "nobody's": ([], "foreign", "no container of Docker runs process %d" % pid),
        "nobody's beside its own": ([(OWN, {"status": "exited"})], "foreign", "no container of Docker runs process"),
    }


@pytest.mark.parametrize("name", sorted(silent(0, 0)))
def test_who_is_hung(folder, engine, name):
    containers, verdict, words = silent(os.getpid(), os.getppid())[name]
    engine(*(made(who, folder, **more) for who, more in containers))
    with hung(folder):
        health = probe_inside(folder, timeout=2.0)
    assert vhost(health)[0] == verdict and words in vhost(health)[1]
    assert plan_deploy(Desired(), health).action == ("deploy" if verdict == "hung" else "refused")


def test_who_is_hung_while_its_container_can_not_be_asked_for(folder, docker):
    """The engine is started by the attempt, which looks again before it deploys."""
    docker(err="Cannot connect to the Docker daemon. Is the docker daemon running?", rc=1)
    with hung(folder):
        assert vhost(probe_inside(folder, timeout=2.0))[0] == "hung"


@pytest.mark.parametrize("beside", [[], [(OWN, {"status": "exited", "number": 2})]])
def test_a_target_that_answers_in_anothers_container_is_named_and_left_alone(folder, engine, beside):
    engine(*(made(who, folder, **more) for who, more in [(THEIRS, {"pid": os.getpid()})] + beside))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert (health["status"], health["warnings"]) == ("Connected", [])
    found = health["container"]
    assert (found["name"], found["expected"], found["foreign"], found["runs_target"]) == (THEIRS, OWN, True, True)
    plan = plan_deploy(Desired("zbs:9", [7]), health, "always")
    assert (plan.action, plan.differences) == ("none", [])
    assert "in the container zstone-vhost-1 instead of zbsvhost-x, so it is left to what started it" in plan.reasons[0]
    assert plan_removal(health).action == "refused" and THEIRS in plan_removal(health).reasons[0]
    assert plan_removal(health, force=True).action == "destroy"


def test_a_target_of_another_deployer_costs_docker_one_look(folder, tmp_path, monkeypatch, engine):
    engine(made(THEIRS, folder, pid=os.getpid()))
    settings = probing.settings(folder)
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        settings.target = identity.seen(None, observe_probe.probe(settings))
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        again = observe_probe.probe(settings)
    assert (again["container"]["answer"], again["container"]["name"]) == ("remembered", THEIRS)
    assert plan_deploy(Desired("zbs:9"), again, "always").action == "none"


@pytest.mark.parametrize("containers", [[], [(OWN, {"status": "exited"})]])
def test_a_target_that_answers_outside_of_any_container_is_no_drift(folder, engine, containers):
    engine(*(made(who, folder, **more) for who, more in containers))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        health = probe_inside(folder)
    assert health["status"] == "Connected" and not health["container"]["runs_target"] and health["warnings"]
    assert plan_deploy(Desired("zbs:9"), health, "always").action == "none"


def table_of(tmp_path, monkeypatch, text):
    """Let the kernel's table of sockets be this text."""
    write(tmp_path, "proc/net/unix", text)
    table = observe_probe.sockets.read_unix_sockets(str(tmp_path))
    monkeypatch.setattr(observe_probe.sockets, "read_unix_sockets", lambda: table)
    monkeypatch.setattr(observe_probe.sockets, "find_elsewhere", FIND_ELSEWHERE)


@pytest.mark.parametrize(
    "containers", [None, [], [(OWN, {"status": "exited"})], [(OLDEST, {})], [(THEIRS, {"status": "exited"})]]
)
def test_case_23_the_oldest_target_is_seen_whatever_docker_says(
    folder, engine, docker, tmp_path, monkeypatch, containers
):
    if containers is None:
        docker(err="Cannot connect to the Docker daemon. Is the docker daemon running?", rc=1)
    else:
        engine(*(made(who, folder, **more) for who, more in containers))
    table_of(tmp_path, monkeypatch, CASE_23)
    health = probe(folder)
    assert vhost(health)[0] == "legacy" and "/var/tmp/vhost-sockets/vhost.sock" in vhost(health)[1]
    assert (health["status"], health["volumes"]) == ("Unknown", None)
    assert plan_deploy(Desired(), health).action == "refused"


@pytest.mark.parametrize(
    "path, verdict",
    [
        ("/var/tmp/vhost-sockets/zbs-vhost-0123456789abcdef0123456789abcdef", "legacy"),
        ("/mnt/vhost-sockets/vhost.sock", "legacy"),
        ("/var/run/openvswitch/vhost.sock", "absent"),
        ("/var/zbs2/sockets/admin.sock", "unknown"),
        ("/srv/zbs-bdev-0123456789abcdef0123456789abcdef", "unknown"),
    ],
)
def test_a_target_elsewhere_by_any_of_its_sockets(folder, engine, tmp_path, monkeypatch, path, verdict):
    engine()
    table_of(tmp_path, monkeypatch, "head\n0: 00000002 00000000 00010000 0001 01 1001 %s\n" % path)
    assert vhost(probe(folder))[0] == verdict


@pytest.mark.parametrize("containers", [[], [(OLDEST, {"status": "exited"})], [(OWN, {"status": "exited"})]])
def test_the_oldest_socket_asked_for_on_purpose_is_looked_at_and_never_deployed(
    engine, tmp_path, monkeypatch, containers
):
    monkeypatch.setattr(
        observe_probe.demand, "collect", lambda *_paths, **_more: {"vms": [], "connections_known": True, "needs": []}
    )
    settings = probing.Settings(OWN, "/var/tmp/vhost-sockets/vhost.sock", ["vhost"])
    engine(*(made(who, "/var/tmp/vhost-sockets", **more) for who, more in containers))
    verdict, reason = vhost(observe_probe.probe(settings))
    assert verdict == "legacy" and "correct admin_socket" in reason

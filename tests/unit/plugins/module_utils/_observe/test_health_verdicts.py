"""Every row of the verdict table: evidence in, verdict and sentence out."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import down, health
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import (
    ANOTHERS,
    ASKED_TWICE,
    HEALED,
    STATUS_OF,
    Verdict,
)
from ansible_collections.zstack.zbs.tests.unit.plugins.support.evidence import (
    PATH,
    container,
    evidence,
    not_found,
    process,
)

SILENT_DOCKERS = ["missing", "no_docker", "no_engine", "silent", "denied", "error", "podman"]

# evidence, verdict, words that the reason must hold
ROWS = {
    "answers, container runs": (evidence("answered", container=container()), "healthy", None),
    "answers, container gone": (evidence("answered", container=not_found("missing")), "healthy", None),
    "answers, dockerd dead": (evidence("answered", container=not_found("no_engine")), "healthy", None),
    "answers, dockerd hangs": (evidence("answered", container=not_found("silent")), "healthy", None),
    "answers, no docker at all": (evidence("answered", container=not_found("no_docker")), "healthy", None),
    "answers, container exited": (evidence("answered", container=container("exited")), "healthy", None),
    "answers, process young": (evidence("answered", container=container(), process=process(0.1)), "healthy", None),
    "answers, process stopped since": (evidence("answered", process=process(state="T")), "healthy", None),
    "nobody, no container": (evidence("nobody", container=not_found("missing")), "absent", "there is no container"),
    "nobody, dockerd dead": (evidence("nobody", container=not_found("no_engine")), "absent", "can't be asked"),
    "nobody, dockerd hangs": (evidence("nobody", container=not_found("silent")), "absent", "can't be asked"),
    "nobody, no docker": (evidence("nobody", container=not_found("no_docker")), "absent", "can't be asked"),
    "nobody, docker of podman": (evidence("nobody", container=not_found("podman")), "absent", "can't be asked"),
    "nobody, no permission for Docker": (evidence("nobody", container=not_found("denied")), "unknown", "run as root"),
    "nobody, docker not asked": (evidence("nobody"), "absent", "not asked"),
    "nobody, exited": (evidence("nobody", container=container("exited", exit_code=137)), "stopped", "137"),
    "nobody, created": (evidence("nobody", container=container("created")), "stopped", "created"),
    "nobody, dead": (evidence("nobody", container=container("dead")), "stopped", "dead"),
    "nobody, exited, young process of other": (
        evidence("nobody", container=container("exited"), process=process(1.0)),
        "stopped",
        "exited",
    ),
    "nobody, runs, old": (evidence("nobody", container=container(), process=process(31.0)), "refused", "restarted 3"),
    "nobody, runs, at the grace": (evidence("nobody", container=container(), process=process(30.0)), "refused", PATH),
    "nobody, runs, young": (evidence("nobody", container=container(), process=process(29.9)), "starting", "30 s old"),
    "nobody, runs, young, stopped": (
        evidence("nobody", container=container(), process=process(1.0, "T")),
        "refused",
        PATH,
    ),
    "nobody, runs, no process": (evidence("nobody", container=container(pid=0)), "refused", "running"),
    "nobody, restart loop": (evidence("nobody", container=container("restarting", pid=0)), "refused", "restarting"),
    "nobody, restarts, young": (
        evidence("nobody", container=container("restarting"), process=process(2.0)),
        "starting",
        "2 s old",
    ),
    "nobody, created a moment ago": (
        evidence("nobody", container=container("created", pid=0), age=29.9),
        "starting",
        "the container has been in state created for 30 s",
    ),
    "nobody, created long ago": (evidence("nobody", container=container("created", pid=0), age=30.0), "stopped", PATH),
    "nobody, runs since a moment, its process is not there yet": (
        evidence("nobody", container=container(pid=0, restarts=0), age=1.0),
        "starting",
        "the container has been in state running for 1 s",
    ),
    "nobody, runs since long without a process": (
        evidence("nobody", container=container(pid=0, restarts=0), age=31.0),
        "refused",
        PATH,
    ),
    "nobody, restarted for the second time": (
        evidence("nobody", container=container("restarting", pid=0, restarts=2), age=1.0),
        "starting",
        "restarting for 1 s",
    ),
    "nobody, restarted for the third time": (
        evidence("nobody", container=container("restarting", pid=0, restarts=3), age=1.0),
        "refused",
        "restarted 3 times",
    ),
    "nobody, young container that exited": (
        evidence("nobody", container=container("exited", pid=0), age=1.0),
        "stopped",
        "exited",
    ),
    "nobody, young container with an old process": (
        evidence("nobody", container=container(restarts=0), process=process(31.0), age=1.0),
        "refused",
        PATH,
    ),
    "nobody, a target's sockets elsewhere": (
        evidence("nobody", container=not_found("no_engine"), elsewhere=["/var/zbs2/admin.sock"]),
        "unknown",
        "a process listens on /var/zbs2/admin.sock",
    ),
    "nobody, sockets of two targets elsewhere": (
        evidence("nobody", container=not_found("missing"), elsewhere=["/var/zbs2/admin.sock", "/var/zbs3/admin.sock"]),
        "unknown",
        "a process listens on /var/zbs2/admin.sock",
    ),
    "silent, a target's sockets elsewhere": (
        evidence("silent", process=process(), elsewhere=["/var/zbs2/zbs-bdev-1"]),
        "hung",
        "it said so",
    ),
    "silent, young container, nobody knows the process": (
        evidence("silent", container=container(restarts=0), age=1.0),
        "hung",
        "it said so",
    ),
    "nobody, no grace": (
        evidence("nobody", container=container(), process=process(0.0), grace=0.0),
        "refused",
        "running",
    ),
    "silent, old": (evidence("silent", process=process(31.0)), "hung", "it said so"),
    "silent, stopped": (evidence("silent", process=process(state="T")), "hung", "stopped (T)"),
    "silent, stopped, young": (evidence("silent", process=process(1.0, "T")), "hung", "stopped (T)"),
    "silent, unkillable": (evidence("silent", process=process(state="D")), "hung", "unkillable (D)"),
    "silent, nobody knows the process": (evidence("silent"), "hung", "it said so"),
    "silent, young": (evidence("silent", process=process(1.0)), "starting", "may take 30 s"),
    "silent, 64 connections held": (evidence("silent", process=process(), connections=64), "unknown", "ss -xp"),
    "silent, 64 connections, nobody knows the process": (evidence("silent", connections=64), "unknown", "held open"),
    "silent, 63 connections held": (evidence("silent", process=process(), connections=63), "hung", "it said so"),
    "silent, 64 connections, stopped": (
        evidence("silent", process=process(state="T"), connections=64),
        "hung",
        "stopped (T)",
    ),
    "silent, 65 connections held": (evidence("silent", process=process(), connections=65), "unknown", "65 connections"),
    "silent, 64 connections, unkillable": (
        evidence("silent", process=process(state="D"), connections=64),
        "hung",
        "process 4711 is unkillable (D)",
    ),
    "silent, and nothing is told of it": (
        evidence("silent", detail=""),
        "hung",
        "a process listens on %s and does not answer" % PATH,
    ),
    "answers, 64 connections held": (evidence("answered", container=container(), connections=64), "healthy", None),
    "silent, no container": (
        evidence("silent", container=not_found("missing"), process=process()),
        "hung",
        "it said so",
    ),
    "no permission for the socket": (evidence("denied"), "unknown", "can't be judged"),
    "an answer that is no SPDK": (evidence("junk"), "unknown", "can't be judged"),
    "closed without an answer": (evidence("closed"), "unknown", "can't be judged"),
    "an error object": (evidence("refused_call"), "unknown", "can't be judged"),
    "a path that is too long": (evidence("bad_path"), "unknown", "can't be judged"),
    "not asked in time": (evidence("not_asked", detail=""), "unknown", "not_asked"),
    "a kind of tomorrow": (evidence("whatever"), "unknown", "it said so"),
    "another kind of tomorrow": (evidence("a new kind"), "unknown", "it said so"),
    "nobody, docker fails": (evidence("nobody", container=not_found("error")), "absent", "can't be asked (the detail)"),
    "nobody, docker answers as none does today": (
        evidence("nobody", container=not_found("a new answer")),
        "absent",
        "can't be asked (the detail)",
    ),
    "nobody, listener on an unlinked file": (
        evidence("nobody", listening=True, container=not_found("missing")),
        "unknown",
        "still listens",
    ),
    "nobody, volumes are served": (
        evidence("nobody", container=not_found("missing"), volumes=2),
        "unknown",
        "2 volume sockets",
    ),
    "nobody, admin socket is another": (
        evidence("nobody", container=container(args=["--rpc-socket=/other.sock"]), process=process()),
        "unknown",
        "/other.sock",
    ),
    "nobody, admin socket is another behind it in the alphabet": (
        evidence("nobody", container=container(args=["-r", "/zbs/other.sock"]), process=process()),
        "unknown",
        "/zbs/other.sock",
    ),
    "nobody, no admin socket named": (evidence("nobody", container=container(args=[])), "refused", "running"),
    "nobody, other socket of an exited one": (
        evidence("nobody", container=container("exited", args=["-r", "/other.sock"])),
        "stopped",
        "exited",
    ),
}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_verdict(name):
    seen, verdict, words = ROWS[name]
    result = health.decide_vhost(seen)
    assert result.verdict == verdict
    assert (result.reason is None) if words is None else (words in result.reason)
    for sentence in result.warnings + [result.reason or ""]:
        assert "%" not in sentence and "None" not in sentence


@pytest.mark.parametrize("name", sorted(name for name in ROWS if name.startswith("nobody")))
def test_where_nobody_listens_is_told(name):
    seen, verdict, _words = ROWS[name]
    assert PATH in health.decide_vhost(seen).reason or verdict == "starting"


def test_nobody_with_an_unreadable_socket_table_is_unknown():
    seen = evidence("nobody", container=not_found("missing"))
    seen.listening = None
    result = health.decide_vhost(seen)
    assert result.verdict == "unknown"
    assert result.reason == "nothing answered on %s, and /proc/net/unix can't be read to make sure; run as root" % PATH


@pytest.mark.parametrize("answer", SILENT_DOCKERS)
def test_an_answering_target_only_warns_about_docker(answer):
    result = health.decide_vhost(evidence("answered", container=not_found(answer)))
    assert (result.verdict, len(result.warnings)) == ("healthy", 1)
    asked = answer in ("missing", "no_docker")
    assert ("the target answers but Docker can't be asked (the detail)" in result.warnings[0]) is not asked
    assert "%" not in result.warnings[0]


def test_an_answering_target_whose_container_is_gone_was_started_by_other_means():
    result = health.decide_vhost(evidence("answered", container=not_found("missing")))
    assert "knows no container of that name" in result.warnings[0]


def test_an_answering_target_of_which_docker_was_not_asked_warns_of_nothing():
    assert health.decide_vhost(evidence("answered")).warnings == []


def test_an_answering_target_without_any_docker_says_so():
    result = health.decide_vhost(evidence("answered", container=not_found("no_docker")))
    assert "no docker command" in result.warnings[0]


def test_an_answering_target_of_podman_is_healthy_and_a_warning():
    shown = container()
    shown.podman = True
    result = health.decide_vhost(evidence("answered", container=shown))
    assert result.verdict == "healthy" and "podman" in result.warnings[0]


def test_an_answering_target_in_a_running_container_warns_of_nothing():
    assert health.decide_vhost(evidence("answered", container=container())).warnings == []


def test_an_answering_target_of_an_exited_container_warns_against_a_restart():
    result = health.decide_vhost(evidence("answered", container=container("exited")))
    assert "is exited; don't restart" in result.warnings[0]


@pytest.mark.parametrize(
    "verdict, status, heals",
    [
        ("healthy", "Connected", False),
        ("starting", "Connecting", False),
        ("absent", "Disconnected", True),
        ("stopped", "Disconnected", True),
        ("refused", "Disconnected", True),
        ("hung", "Disconnected", True),
        ("unready", "Disconnected", True),
        ("foreign", "Disconnected", False),
        ("legacy", "Unknown", False),
        ("unknown", "Unknown", False),
    ],
)
def test_the_one_table(verdict, status, heals):
    assert STATUS_OF[verdict] == Verdict(verdict).status == status
    assert (verdict in HEALED) is heals


def test_as_many_connections_as_spdk_serves_at_a_time():
    assert down.MAX_CONNECTIONS == 64


def test_the_table_has_no_other_rows():
    assert len(STATUS_OF) == 10 and len(HEALED) == 5
    assert not set(HEALED) & set(ANOTHERS) and set(ASKED_TWICE) < set(HEALED)

"""The decision over all evidence: it never fails, and not knowing never heals."""

import pytest

pytest.importorskip("hypothesis")
from ansible_collections.zstack.zbs.plugins.module_utils._observe import evidence, health
from ansible_collections.zstack.zbs.plugins.module_utils._observe.container import Container
from ansible_collections.zstack.zbs.plugins.module_utils._observe.others import Other, Others
from ansible_collections.zstack.zbs.plugins.module_utils._observe.process import STATE_WORDS, ProcessInfo
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import HEALED, STATUS_OF, Verdict
from ansible_collections.zstack.zbs.tests.unit.plugins.support.evidence import PATH
from hypothesis import given, settings
from hypothesis import strategies as st

SOCKETS = [
    "answered",
    "nobody",
    "silent",
    "closed",
    "junk",
    "denied",
    "bad_path",
    "refused_call",
    "not_asked",
    "refuses",
    "tells_nothing",
    "something new",
]
STATES = st.fixed_dictionaries(
    {},
    optional={
        "Status": st.sampled_from(["created", "running", "paused", "restarting", "removing", "exited", "dead", None]),
        "Running": st.booleans() | st.none(),
        "Restarting": st.booleans() | st.none(),
        "Pid": st.sampled_from([0, 1, 4711]) | st.none(),
        "ExitCode": st.integers(0, 255) | st.none(),
        "StartedAt": st.text(max_size=5) | st.none(),
    },
)
FOUND = st.builds(
    lambda state, args, count: Container("found", data={"State": state, "Args": args, "RestartCount": count}),
    STATES | st.none(),
    st.lists(st.sampled_from(["-r", PATH, "/other", "--rpc-socket=" + PATH, "-m", "[0,1]", "-s"]), max_size=4),
    st.integers(0, 9) | st.none(),
)
NOT_FOUND = st.builds(
    Container,
    st.sampled_from(["missing", "no_docker", "no_engine", "silent", "denied", "error", "podman"]),
    st.sampled_from(["", "a detail"]),
)
PROCESSES = st.builds(
    ProcessInfo,
    st.just(4711),
    st.just("reactor_0"),
    st.sampled_from(sorted(STATE_WORDS) + ["?"]),
    st.floats(0, 1e6),
    st.floats(0, 100),
    st.none() | st.integers(0, 10**6),
)
OTHERS = st.builds(
    lambda own, other, stranger, problem: Others(own, other, stranger, problem, other is not None),
    NOT_FOUND,
    st.none() | st.builds(Other, FOUND, st.just("how"), st.none() | st.floats(0, 100)),
    st.none() | st.sampled_from([4711, 5]),
    st.none() | st.just("docker ended with status 1"),
)
EVIDENCE = st.builds(
    evidence.Evidence,
    st.just(PATH),
    st.sampled_from(SOCKETS),
    st.sampled_from(["", "what it did"]),
    st.sampled_from([None, True, False]),
    st.none() | FOUND | NOT_FOUND,
    st.none() | PROCESSES,
    st.floats(0, 60),
    st.integers(0, 3),
    st.sampled_from([0, 1, 63, 64, 500]),
    st.none() | st.floats(0, 100),
    st.sampled_from([[], ["/var/zbs2/zbs-bdev-1"], ["/var/tmp/vhost-sockets/vhost.sock"]]),
    st.none() | OTHERS,
)


@settings(max_examples=1500, deadline=None)
@given(EVIDENCE)
def test_every_evidence_has_a_verdict_that_keeps_the_first_law(seen):
    result = health.decide_vhost(seen)
    assert result.verdict in STATUS_OF
    assert all(isinstance(warning, str) and warning for warning in result.warnings)
    if seen.socket == "answered":
        assert result.verdict == "healthy"
    if result.verdict == "healthy":
        assert result.reason is None and seen.socket == "answered"
    else:
        assert isinstance(result.reason, str) and result.reason and "\n" not in result.reason
    if result.verdict in HEALED:
        nobody_serves = (
            seen.socket == "nobody" and seen.listening is False and not (seen.volumes_listening or seen.elsewhere)
        )
        idle = seen.socket == "refuses" and seen.listening is not None and not seen.volumes_listening
        assert nobody_serves or idle or seen.socket == "silent"
        # Whoever may not ask has not seen: his own lack of permission heals nobody.
        assert seen.socket != "nobody" or seen.container is None or seen.container.answer != "denied"
        # No second target beside another's, and none where it can't be told whether there is another.
        others = seen.others
        assert others is None or (others.other is None and others.problem is None)
        assert others is None or seen.process is None or others.stranger != seen.process.pid
    if seen.socket == "nobody":
        assert result.verdict in ("absent", "stopped", "refused", "starting", "unknown", "foreign", "legacy")
    if result.verdict == "starting":
        process, age = seen.process, seen.container_age
        other = seen.others.other if seen.others else None
        young_process = process is not None and process.age < seen.start_grace and process.state != "T"
        young_other = other is not None and other.age is not None and other.age < seen.start_grace
        young = young_other or (age is not None and age < seen.start_grace)
        assert young_process or (seen.socket == "nobody" and young)
    if seen.socket == "silent" and seen.process is not None and seen.process.state == "T" and seen.others is None:
        assert result.verdict == "hung"


@given(st.dictionaries(st.sampled_from(["vhost", "cbd"]), st.sampled_from(sorted(STATUS_OF))))
def test_the_hosts_status_follows_its_protocols(verdicts):
    protocols = {name: Verdict(word, None if word == "healthy" else "why") for name, word in verdicts.items()}
    status, reason = health.host_status(protocols)
    statuses = {verdict.status for verdict in protocols.values()}
    if "Connected" in statuses:
        assert (status, reason) == ("Connected", None)
        return
    order = [word for word in ("Connecting", "Unknown", "Disconnected") if word in statuses]
    assert status == (order[0] if order else "Unknown")
    assert reason
    # Disconnected (the one that heals) only when every protocol is.
    assert status != "Disconnected" or statuses == {"Disconnected"}


@settings(max_examples=500, deadline=None)
@given(EVIDENCE)
def test_a_verdict_heals_exactly_when_its_status_is_disconnected_and_it_is_no_others(seen):
    result = health.decide_vhost(seen)
    assert (result.status == "Disconnected" and result.verdict != "foreign") is (result.verdict in HEALED)
    status, reason = health.host_status({"vhost": result})
    assert status == result.status and (reason is None) is (result.verdict == "healthy")


@settings(max_examples=500, deadline=None)
@given(EVIDENCE, st.none() | FOUND | NOT_FOUND)
def test_docker_never_changes_the_verdict_of_who_answers_or_of_who_is_silent(seen, other):
    if seen.socket == "nobody" or seen.others is not None:
        return
    before = health.decide_vhost(seen).verdict
    seen.container, seen.container_age = other, None
    assert health.decide_vhost(seen).verdict == before


@settings(max_examples=500, deadline=None)
@given(EVIDENCE, st.floats(0, 1e6))
def test_age_only_turns_starting_into_a_fault(seen, older):
    """A process or a container that grows older can leave `starting`, and never comes to it."""
    before = health.decide_vhost(seen).verdict
    if seen.process is not None:
        seen.process.age += older
    if seen.container_age is not None:
        seen.container_age += older
    after = health.decide_vhost(seen).verdict
    downs = ("absent", "stopped", "refused", "hung", "unready", "foreign", "legacy", "unknown")
    assert after == before or (before == "starting" and after in downs)


def test_unknown_never_heals():
    assert "unknown" not in HEALED
    assert {STATUS_OF[verdict] for verdict in HEALED} == {"Disconnected"}
    assert STATUS_OF["unknown"] == "Unknown"

"""Rules that every plan keeps, over generated hosts: the first of them is that no VM is worse off for not knowing."""

import pytest

pytest.importorskip("hypothesis")
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import ANOTHERS, HEALED, STATUS_OF
from ansible_collections.zstack.zbs.plugins.module_utils._target import plan as target_plan
from hypothesis import given, settings
from hypothesis import strategies as st

IMAGES = st.sampled_from([None, "a:1", "a:2"])
CPUS = st.sampled_from([None, [0, 1], [2, 3]])
MEMORY = st.sampled_from([None, 1024, 2048])
FOLDERS = st.sampled_from([None, "/dev/hugepages2m", "/mnt/huge"])
PARTS = {"image": IMAGES, "cpus": CPUS, "memory_mib": MEMORY, "hugepage_dir": FOLDERS}
VERDICTS = sorted(STATUS_OF) + ["of tomorrow"]
VOLUMES = st.none() | st.lists(st.fixed_dictionaries({"sessions": st.none() | st.integers(0, 3)}), max_size=3)
ANSWERS = st.sampled_from(["found", "missing", "no_docker", "no_engine", "silent", "podman", "error"])
IDS = st.sampled_from([None, "c1", "c2"])


@st.composite
def hosts(draw):
    container = {"answer": draw(ANSWERS), "id": draw(IDS)}
    container.update({name: draw(PARTS[name]) for name in ("image", "cpus", "memory_mib")})
    record = {"container_id": draw(IDS), "parts": draw(st.fixed_dictionaries(PARTS))}
    return {
        "protocols": {"vhost": {"verdict": draw(st.sampled_from(VERDICTS)), "reason": "because"}},
        "container": draw(st.sampled_from([container, None])),
        "volumes": draw(VOLUMES),
        "deployed": draw(st.sampled_from([record, None])),
    }


DESIRED = st.builds(target_plan.Desired, **PARTS)


def idle(host):
    """Whether it is known that no VM has a session."""
    volumes = host["volumes"]
    return volumes is not None and all(volume["sessions"] == 0 for volume in volumes)


@settings(max_examples=500, deadline=None)
@given(DESIRED, hosts(), st.sampled_from(target_plan.RESTART))
def test_a_deploy(desired, host, restart):
    plan = target_plan.plan_deploy(desired, host, restart)
    verdict = host["protocols"]["vhost"]["verdict"]
    assert plan.reasons and plan.action in ("none", "deploy", "restart_required", "refused")
    assert (plan.action == "refused") == (verdict in ANOTHERS)
    if verdict in ANOTHERS:
        return
    if verdict in HEALED:
        assert plan.action == "deploy"
    elif verdict != "healthy":
        assert plan.action == "none"
    else:
        assert (plan.action == "none") == (not plan.differences)
        if plan.action == "deploy":
            assert restart == "always" or (restart == "when_idle" and idle(host))
        if plan.differences and restart == "when_idle" and idle(host):
            assert plan.action == "deploy"
    for item in plan.differences:
        assert item["observed"] is not None and item["desired"] is not None and item["observed"] != item["desired"]


@settings(max_examples=300, deadline=None)
@given(hosts(), st.booleans())
def test_a_removal(host, force):
    plan = target_plan.plan_removal(host, force)
    verdict = host["protocols"]["vhost"]["verdict"]
    assert plan.reasons and plan.action in ("none", "destroy", "refused")
    assert not (force and plan.action == "refused")
    if plan.action == "destroy" and not force:
        assert verdict in ("absent", "stopped", "refused") or (verdict == "healthy" and idle(host))
    if plan.action == "none":
        assert verdict == "absent"


@settings(max_examples=200, deadline=None)
@given(hosts(), st.sampled_from(target_plan.RESTART))
def test_what_is_as_it_was_read_back_is_as_declared(host, restart):
    desired = target_plan.Desired(**target_plan.running(host))
    assert target_plan.plan_deploy(desired, host, restart).differences == []

"""What is done about a volume, and above all what is not."""

import itertools

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import STATUS_OF
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.plan import plan_volume

NAME = "zbs-bdev-1"


def seen(verdict="healthy", volumes=()):
    """A health of that verdict with those volumes."""
    return {
        "protocols": {"vhost": {"verdict": verdict, "reason": "the reason"}},
        "volumes": None if volumes is None else list(volumes),
    }


def row(sessions=0, broken=False, controller=NAME):
    """A row of `volumes`."""
    return {"controller": controller, "sessions": sessions, "broken": broken}


@pytest.mark.parametrize(
    "state, volumes, force, actions, refusal",
    [
        ("present", [], False, ["create"], None),
        ("present", [row(controller="other")], False, ["create"], None),
        ("present", [row()], False, [], None),
        ("present", [row(sessions=1)], False, [], None),
        ("present", [row(broken=True)], False, ["delete", "create"], None),
        ("present", [row(broken=True, sessions=1)], False, [], "broken_in_use"),
        ("present", [row(broken=True, sessions=1)], True, [], "broken_in_use"),
        ("present", [row(broken=True, sessions=None)], False, [], "broken_in_use"),
        ("absent", [], False, [], None),
        ("absent", [row()], False, ["delete"], None),
        ("absent", [row(sessions=2)], False, [], "in_use"),
        ("absent", [row(sessions=None)], False, [], "in_use"),
        ("absent", [row(sessions=2)], True, ["delete"], None),
        ("present", None, False, [], "unknown"),
        ("absent", None, True, [], "unknown"),
    ],
)
def test_on_a_healthy_target(state, volumes, force, actions, refusal):
    made = plan_volume(state, NAME, seen(volumes=volumes), force)
    assert (made.actions, made.refusal and made.refusal[0]) == (actions, refusal)
    assert made.reason


def test_nothing_was_observed():
    assert plan_volume("present", NAME, None).actions == ["create"]
    assert plan_volume("absent", NAME, None, force=True).actions == ["delete"]
    assert plan_volume("absent", NAME, None).refusal[0] == "unknown"


@pytest.mark.parametrize("verdict", sorted(set(STATUS_OF) - {"healthy"}))
def test_without_a_target_nothing_is_created_and_who_hangs_keeps_what_it_has(verdict):
    made = plan_volume("present", NAME, seen(verdict))
    assert made.refusal[0] == "target_down" and verdict in made.refusal[1]
    made = plan_volume("absent", NAME, seen(verdict))
    assert made.actions == []
    assert (made.refusal is None) == (verdict in ("absent", "stopped", "refused"))


@pytest.mark.parametrize("observed", [{}, {"protocols": None}, {"protocols": {"vhost": None}}])
def test_an_observation_without_a_verdict_is_unknown(observed):
    assert plan_volume("absent", NAME, observed, force=True).refusal[0] == "target_down"


def test_never_is_a_controller_in_use_deleted_without_force():
    for state, sessions, broken in itertools.product(("present", "absent"), (1, 7, None), (True, False)):
        assert "delete" not in plan_volume(state, NAME, seen(volumes=[row(sessions, broken)])).actions

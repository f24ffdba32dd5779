"""The action plugin that lets the next batch begin, or not."""

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_gate
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import batches, registered
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action

PLAN = batches.plan(list("abcd"), 5, [1, "100%"])
TICK = {"due": ["vhost"], "decisions": {"vhost": "due"}}
BEGUN = {"decisions": {"vhost": "begun"}, "begun": ["vhost"]}
ENDS = {
    "healed": {registered.BEGIN: BEGUN, registered.FINISH: {"outcome": "healed"}},
    "failed": {registered.BEGIN: BEGUN, registered.FINISH: {"outcome": "failed", "error": "no"}},
    "refused": {registered.BEGIN: {"decisions": {"vhost": "refused"}, "begun": []}},
    "cut off": {registered.BEGIN: BEGUN, registered.FINISH: {"unreachable": True, "msg": "no route"}},
    "not begun": {registered.BEGIN: {"failed": True, "msg": "the ledger can't be written"}},
    "not its turn": {registered.BEGIN: {"skipped": True}, registered.FINISH: {"outcome": "failed"}},
}


def gate(first, batch=1, **more):
    """The gate's answer to `batch` after the host of the first wave ended as `first` says."""
    hosts = {name: {registered.TICK: TICK} for name in "bcd"}
    hosts["a"] = dict({registered.TICK: TICK}, **ENDS[first])
    arguments = dict({"plan": PLAN, "batch": batch, "max_fail_percentage": 50.0}, **more)
    return run_action(zbs_vhost_gate, arguments, play(hosts))


@pytest.mark.parametrize(
    "first, go",
    [
        ("healed", True),
        ("failed", False),
        ("refused", True),
        ("cut off", False),
        ("not begun", False),
        ("not its turn", True),
    ],
)
def test_the_first_host_opens_or_shuts_the_gate(first, go):
    result = gate(first)
    assert (result["go"], result["changed"]) == (go, False)
    assert (result["reason"] is None) is go


def test_the_first_batch_may_always_begin():
    assert gate("failed", batch=0)["go"]


def entry(failures, since="2026-01-02T03:04:05Z"):
    return {"entries": {"vhost": {"failures": failures, "since": since}}}


@pytest.mark.parametrize(
    "begun, go",
    [
        (entry(3), False),  # it took the attempt that this tick found due
        (entry(2), True),  # of the tick before, whose attempt the tick has counted
        (entry(3, since="2026-01-01T00:00:00Z"), True),  # of another outage
        ({}, True),
    ],
)
def test_a_batch_of_a_higher_number_may_have_been_before(begun, go):
    """Ansible runs the batches of a wave in the order in which its workers answer."""
    hosts = {name: {registered.TICK: dict(TICK, **entry(2))} for name in "abcd"}
    hosts["d"].update({registered.BEGIN: dict(BEGUN, **begun), registered.FINISH: {"outcome": "failed"}})
    arguments = {"plan": batches.plan(list("abcd"), 1, ["100%"]), "batch": 1, "max_fail_percentage": 10.0}
    assert run_action(zbs_vhost_gate, arguments, play(hosts))["go"] is go


def test_what_failed_in_an_earlier_tick_does_not_count():
    hosts = {name: {registered.TICK: TICK} for name in "abcd"}
    hosts["c"].update(ENDS["failed"])
    arguments = {"plan": batches.plan(list("abcd"), 1, ["100%"]), "batch": 1, "max_fail_percentage": 10.0}
    assert run_action(zbs_vhost_gate, arguments, play(hosts))["go"]


def test_the_gate_can_be_switched_off():
    assert gate("failed", max_fail_percentage=100)["go"]


@pytest.mark.parametrize("bad", [{"max_fail_percentage": -1}, {"max_fail_percentage": 101}, {"batch": "x"}, {"y": 1}])
def test_bad_options(bad):
    with pytest.raises(AnsibleActionFail):
        gate("healed", **bad)

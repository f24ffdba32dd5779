"""The action plugin that cuts hosts into batches."""

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_batches
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import ahead, registered
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action

HOSTS = {
    "a": {registered.TICK: {"due": ["vhost"]}},
    "b": {registered.TICK: {"due": []}},
    "c": {registered.TICK: {"due": ["cbd"]}},
    "d": {registered.TICK: {"unreachable": True}},
    "e": {},
    "f": {registered.TICK: {"due": ["vhost"]}},
}


@pytest.fixture(autouse=True)
def packed(monkeypatch):
    """The names of modules that each call had packed."""
    calls = []
    monkeypatch.setattr(ahead, "pack", lambda names, _configure, _task_vars: calls.append(names))
    return calls


def batches(arguments):
    return run_action(zbs_vhost_batches, arguments, play(HOSTS))["batch_of"]


def test_all_hosts():
    assert batches({"size": 4}) == {"a": 0, "b": 0, "c": 0, "d": 0, "e": 1, "f": 1}


def test_waves_of_those_that_are_due_begin_with_the_fewest_attempts():
    def host(failures):
        return {registered.TICK: {"due": ["vhost"], "entries": {"vhost": {"failures": failures}}}}

    hosts = {"a": host(4), "b": host(0), "c": host(1), "d": host(0), "e": {registered.TICK: {"due": ["vhost"]}}}
    arguments = {"size": 2, "only": "due", "waves": [1, "50%", 1]}
    result = run_action(zbs_vhost_batches, arguments, play(hosts))
    assert result["wave_of"] == {"b": 0, "d": 1, "e": 1, "c": 2, "a": 3}
    assert result["batch_of"] == {"b": 0, "d": 1, "e": 1, "c": 2, "a": 3}
    assert (result["waves"], list(result["wave_of"])) == (4, ["b", "d", "e", "c", "a"])


def test_only_those_that_are_due():
    assert batches({"size": 2, "only": "due"}) == {"a": 0, "c": 0, "f": 1}


def test_a_batch_is_never_larger_than_the_forks():
    arguments, hosts = {"size": 4}, dict.fromkeys("abcdef", {})
    assert run_action(zbs_vhost_batches, arguments, play(hosts, ansible_forks=3))["batch_of"]["c"] == 0
    assert run_action(zbs_vhost_batches, arguments, play(hosts, ansible_forks=3))["batch_of"]["d"] == 1
    assert run_action(zbs_vhost_batches, arguments, play(hosts, ansible_forks=50))["batch_of"]["d"] == 0


@pytest.mark.parametrize(
    "arguments",
    [{}, {"size": 0}, {"size": -1}, {"size": "x"}, {"size": 1, "only": "x"}, {"size": 1, "y": 1}]
    + [{"size": 1, "waves": waves} for waves in ([], [0], ["0%"], ["101%"], ["x"], [1, None], [1.5], [True])],
)
def test_bad_options(arguments):
    with pytest.raises(AnsibleActionFail):
        batches(arguments)


def test_only_the_due_hosts_disks_are_to_be_found():
    def host(bdev, due):
        return {registered.TICK: {"due": due, "health": {"demand": [{"bdev": bdev, "broken": True}]}}}

    hosts = {"a": host("x", ["volume:x"]), "b": host("y", [])}
    assert run_action(zbs_vhost_batches, {"size": 1, "only": "due"}, play(hosts))["untraced"] == ["x"]
    assert run_action(zbs_vhost_batches, {"size": 1}, play(hosts))["untraced"] == []


def test_a_host_with_nothing_due_goes_on_where_its_disks_are_traced_ahead():
    hosts = {
        "a": {registered.TICK: {"due": [], "untraced": ["x"]}},
        "b": {registered.TICK: {"due": [], "untraced": []}},
    }
    found = run_action(zbs_vhost_batches, {"size": 1, "only": "due"}, play(hosts))
    assert (found["traces"], found["untraced"], found["goes_on"], found["batch_of"]) == (["a"], ["x"], ["a", "b"], {})


def test_what_is_due_has_its_modules_packed_and_a_prediction_none(packed):
    batches({"size": 2})
    assert packed == []
    batches({"size": 2, "only": "due"})
    assert packed == [["zbs_vhost_attempt", "zbs_vhost_deploy", "zbs_vhost_restore"]]
    run_action(zbs_vhost_batches, {"size": 2, "only": "due"}, play(HOSTS), check_mode=True)
    assert len(packed) == 1
    run_action(zbs_vhost_batches, {"size": 2, "only": "due"}, play({"b": HOSTS["b"]}))
    assert packed[1:] == [[]]

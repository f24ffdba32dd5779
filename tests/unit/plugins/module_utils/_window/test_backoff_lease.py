"""The lease of an attempt: while it lives nothing is counted and nobody else begins."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import backoff
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL

LEASE = {"boot_id": "b1", "started": 100.0, "expires": 200.0, "who": "job 1"}


def begun():
    """An entry whose first attempt is under way."""
    entry, _decision = backoff.observe(None, DOWN, "then", False)
    return backoff.begin(entry, 64, dict(LEASE), "then")


@pytest.mark.parametrize(
    "boot, monotonic, alive",
    [
        ("b1", 100.0, True),
        ("b1", 150.0, True),
        ("b1", 199.999, True),
        ("b1", 200.0, False),  # past its time
        ("b1", 10**9, False),
        ("b1", 99.0, False),  # a clock before its start is no clock of this lease
        ("b2", 150.0, False),  # of an earlier boot
        ("", 150.0, False),
    ],
)
def test_when_a_lease_is_alive(boot, monotonic, alive):
    assert backoff.lease_alive(begun(), boot, monotonic) is alive


@pytest.mark.parametrize("entry", [None, {}, {"lease": None}, {"lease": {}}])
def test_without_a_lease_none_is_alive(entry):
    assert backoff.lease_alive(entry, "b1", 150.0) is False


@pytest.mark.parametrize("observation", [DOWN, WELL, UNSURE, STARTING])
def test_a_tick_under_a_live_lease_counts_nothing(observation):
    entry = begun()
    assert backoff.observe(entry, observation, "now", True) == (entry, "in_progress")


def test_nobody_else_begins_under_a_live_lease():
    entry = dict(begun(), skip=0, due=True)
    assert backoff.is_due(entry, True) is False
    assert backoff.is_due(entry, False) is True


def test_a_window_that_ran_out_is_due_only_when_a_tick_finds_it_so():
    """Or a controller that found it due long ago would begin a tick early, after another one's attempt."""
    entry = backoff.finish(begun(), "failed", "no", None)
    for decision in ("waiting", "waiting", "due"):
        assert backoff.is_due(entry, False) is False
        entry, made = backoff.observe(entry, DOWN, "now", False)
        assert made == decision
    assert backoff.is_due(entry, False) is True


def test_a_dead_lease_is_dropped_its_attempt_counts_as_lost():
    entry, decision = backoff.observe(begun(), DOWN, "now", False)
    assert decision == "waiting"
    assert entry["lease"] is None
    assert entry["last_attempt"]["outcome"] == "lost"
    assert (entry["failures"], entry["skip"]) == (1, 1)


def test_a_begin_counts_the_failure_and_takes_the_lease():
    entry = begun()
    assert (entry["failures"], entry["skip"], entry["lease"]) == (1, 2, LEASE)
    assert entry["last_attempt"] == {"at": "then", "who": "job 1", "outcome": "running", "error": None}


def test_a_finish_writes_the_outcome_and_keeps_the_window():
    entry = backoff.finish(begun(), "failed", "zbsadm said no", dict(DOWN, verdict="hung"))
    assert entry["lease"] is None
    assert entry["last_attempt"] == {"at": "then", "who": "job 1", "outcome": "failed", "error": "zbsadm said no"}
    assert (entry["failures"], entry["skip"], entry["verdict"]) == (1, 2, "hung")


def test_a_healed_attempt_whose_target_is_down_on_the_next_tick_is_the_same_outage():
    entry = backoff.finish(begun(), "healed", None, WELL)
    entry, decision = backoff.observe(entry, DOWN, "now", False)
    assert decision == "waiting"
    assert entry["last_attempt"]["outcome"] == "lost"
    assert entry["since"] == "then"


@pytest.mark.parametrize("status", ["Connected", "Connecting", "Unknown"])
def test_only_a_down_entry_is_due(status):
    entry = dict(backoff.new_entry(DOWN, "now"), status=status, due=True)
    assert backoff.is_due(entry, False) is False


def test_no_entry_is_not_due():
    assert backoff.is_due(None, False) is False


@pytest.mark.parametrize(
    "length, alive", [(86400.0, True), (86401.0, True), (86401.5, False), (86402.0, False), (10**9, False)]
)
def test_a_lease_that_no_option_allows_is_damaged_and_dead(length, alive):
    entry = dict(begun(), lease=dict(LEASE, expires=LEASE["started"] + length))
    assert backoff.lease_alive(entry, "b1", 150.0) is alive


@pytest.mark.parametrize(
    "entry, holds",
    [
        (None, False),
        ({}, False),
        ({"lease": None}, False),
        ({"lease": {"who": "of before leases had ids"}}, False),
        ({"lease": {"id": "other"}}, False),
        ({"lease": {"id": "mine"}}, True),
    ],
)
def test_whose_lease_it_is(entry, holds):
    assert backoff.holds_lease(entry, "mine") is holds


def test_a_lease_without_an_attempt_is_dropped_as_a_lost_one():
    entry, decision = backoff.observe(dict(begun(), last_attempt=None, skip=0), DOWN, "now", False)
    assert decision == "due" and entry["last_attempt"] == {"outcome": "lost"}


def test_a_finish_without_an_attempt_or_an_observation_writes_what_it_knows():
    entry = backoff.finish(dict(begun(), last_attempt=None), "failed", "no", None)
    assert entry["last_attempt"] == {"outcome": "failed", "error": "no"} and entry["status"] == DOWN["status"]


def test_an_attempt_that_failed_stays_failed_while_it_is_down():
    entry = backoff.finish(begun(), "failed", "no", None)
    assert backoff.observe(entry, DOWN, "now", False)[0]["last_attempt"]["outcome"] == "failed"

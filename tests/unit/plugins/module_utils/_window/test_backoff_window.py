"""The backoff window: on which ticks of an outage an attempt is made, and what clears it."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import backoff
from ansible_collections.zstack.zbs.plugins.module_utils._window import limits as window_limits
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL

EXACT = [1, 4, 9, 18, 35, 68, 133, 198, 263]


def tick(entry, observation, max_skip=64):
    """One tick whose attempt, if one is due, fails at once: (entry, decision)."""
    entry, decision = backoff.observe(
        entry, observation, "now", False, window_limits.DEFAULTS._replace(max_skip=max_skip)
    )
    if decision == "due":
        lease = {"boot_id": "b", "started": 0.0, "expires": 1.0, "who": "t"}
        entry = backoff.finish(backoff.begin(entry, max_skip, lease, "now"), "failed", "no", None)
    return entry, decision


def attempts(ticks, max_skip=64, entry=None):
    """The down ticks, counted from 1, on which an attempt was due."""
    found = []
    for number in range(1, ticks + 1):
        entry, decision = tick(entry, DOWN, max_skip)
        assert decision in ("due", "waiting")
        if decision == "due":
            found.append(number)
    return found


def test_attempts_fall_exactly_on_the_ticks_of_the_contract():
    assert attempts(300) == EXACT


@pytest.mark.parametrize(
    "max_skip, expected",
    [(1, [1, 3, 5, 7, 9]), (2, [1, 4, 7, 10]), (3, [1, 4, 8, 12]), (8, [1, 4, 9, 18, 27, 36])],
)
def test_the_cap_is_kept(max_skip, expected):
    assert attempts(expected[-1], max_skip) == expected


@pytest.mark.parametrize("failures", [0, 1, 5, 6, 7, 29, 30, 31, 10**6, 10**18])
def test_the_exponent_is_bounded_before_it_is_used(failures):
    assert backoff.window(failures, 64) == (2**failures if failures < 6 else 64)
    assert backoff.window(failures, 10**12) <= 2**30


@pytest.mark.parametrize("before", [1, 2, 3, 4, 20, 70, 200])
def test_a_second_outage_is_attempted_at_once(before):
    entry = None
    for _number in range(before):
        entry, _decision = tick(entry, DOWN)
    entry, decision = tick(entry, WELL)
    assert (entry, decision) == (None, "cleared")
    assert attempts(70, entry=entry) == EXACT[:6]


@pytest.mark.parametrize("observation", [UNSURE, STARTING])
@pytest.mark.parametrize("after", [0, 1, 2, 3, 5])
def test_a_tick_that_cannot_tell_neither_clears_nor_counts(observation, after):
    entry = None
    for _number in range(after):
        entry, _decision = tick(entry, DOWN)
    before = None if entry is None else dict(entry)
    for _number in range(3):
        entry, decision = tick(entry, observation)
        assert decision == "unsure"
        assert entry == before


def test_well_and_nothing_known_leaves_nothing():
    assert backoff.observe(None, WELL, "now", False) == (None, "well")


def test_due_without_a_begin_stays_due_and_counts_nothing():
    entry = None
    for _number in range(5):
        entry, decision = backoff.observe(entry, DOWN, "now", False)
        assert decision == "due"
        assert (entry["failures"], entry["skip"]) == (0, 0)


def test_since_is_the_first_down_tick_and_the_observation_the_latest():
    entry, _decision = backoff.observe(None, DOWN, "first", False)
    entry, _decision = backoff.observe(entry, dict(DOWN, verdict="hung", reason="later"), "second", False)
    assert (entry["since"], entry["verdict"], entry["reason"]) == ("first", "hung", "later")


def test_no_step_changes_its_argument():
    entry, _decision = backoff.observe(None, DOWN, "now", False)
    kept = dict(entry)
    lease = {"boot_id": "b", "started": 0.0, "expires": 1.0, "who": "t"}
    begun = backoff.begin(entry, 64, lease, "now")
    assert entry == kept
    kept = dict(begun, last_attempt=dict(begun["last_attempt"]))
    backoff.finish(begun, "failed", "no", None)
    backoff.observe(begun, DOWN, "later", False)
    assert begun == kept


@pytest.mark.parametrize("max_skip", [1, 2, 3, 63, 64, 65, 1000, 4097])
def test_a_distrusted_entry_waits_the_longest_window_and_keeps_it(max_skip):
    entry = backoff.distrusted_entry(DOWN, "now", max_skip)
    assert entry["skip"] == max_skip
    assert backoff.window(entry["failures"] + 1, max_skip) == max_skip
    assert attempts(2 * max_skip + 2, max_skip, entry) == [max_skip + 1, 2 * max_skip + 2]


@pytest.mark.parametrize("skip, ticks", [(0, 1), (1, 2), (2, 3), (64, 65)])
def test_ticks_to_attempt_is_the_number_of_down_ticks_until_it_is_due(skip, ticks):
    entry = dict(backoff.new_entry(DOWN, "now"), skip=skip)
    assert backoff.ticks_to_attempt(entry) == ticks
    assert attempts(ticks, entry=entry) == [ticks]


def test_no_entry_has_no_next_attempt():
    assert backoff.ticks_to_attempt(None) is None


@pytest.mark.parametrize("failures, ticks", [(0, 1), (1, 2), (29, 2**29), (30, 2**30), (31, 2**30), (10**6, 2**30)])
def test_the_window_doubles_up_to_its_bound(failures, ticks):
    assert backoff.window(failures, 10**12) == ticks


@pytest.mark.parametrize(
    "max_skip, failures",
    [(0, 0), (1, 0), (2, 1), (3, 2), (64, 6), (65, 7), (1000, 10), (1024, 10), (2**30, 30), (2**40, 30)],
)
def test_a_distrusted_entry_has_as_many_failures_as_its_window_takes(max_skip, failures):
    entry = backoff.distrusted_entry(DOWN, "now", max_skip)
    assert (entry["failures"], entry["skip"], entry["since"], entry["verdict"]) == (
        failures,
        max_skip,
        "now",
        "stopped",
    )


def test_the_settings_that_hold_where_nothing_is_said():
    assert tuple(backoff.DEFAULTS) == (64, 1, 2, 30)


def test_a_new_entry_knows_of_no_attempt():
    assert backoff.new_entry(DOWN, "now") == dict(DOWN, since="now", failures=0, skip=0, last_attempt=None, lease=None)


def test_a_cap_that_was_lowered_holds_from_the_next_tick():
    limits = backoff.DEFAULTS._replace(max_skip=4)
    entry = dict(backoff.new_entry(DOWN, "now"), failures=9, skip=64)
    assert backoff.observe(entry, DOWN, "now", False, limits)[0]["skip"] == 3


def test_a_skip_below_zero_keeps_no_host_down():
    entry = dict(backoff.new_entry(DOWN, "now"), skip=-3)
    assert backoff.observe(entry, DOWN, "now", False)[1] == "due"


def test_who_holds_a_volume_is_forgotten_as_soon_as_it_is_served():
    entry = dict(tick(None, DOWN)[0], held_by=["10.0.0.12"])
    for observation in (DOWN, UNSURE):
        assert backoff.observe(entry, observation, "now", False)[0]["held_by"] == ["10.0.0.12"]
    limits = window_limits.DEFAULTS._replace(reset_after=2)
    after, decision = backoff.observe(entry, WELL, "now", False, limits)
    assert decision == "recovering" and "held_by" not in after

"""What outlives an outage: healthy ticks in a row, and recoveries that come too often."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import backoff, ledger, recovery
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, UNSURE, WELL

pytestmark = pytest.mark.usefixtures("no_fsync")

SEEN = {"d": DOWN, "w": WELL, "?": UNSURE}


def play(folder, story, heals=True, **limits):
    """Ticks over `story` (d, w, ?), an attempt wherever one is due: the decisions' first letters."""
    letters = ""
    for letter in story:
        step = ledgers.observe(folder, SEEN[letter], **limits)
        letters += step.decisions["vhost"][0]
        if step.protocols("due"):
            ledgers.begin(folder, **limits)
            ledgers.finish(folder, "healed" if heals else "failed", None, **limits)
    return letters


def history(folder):
    return ledger.read_ledger(str(folder)).get_history("zbs", "vhost")


def test_two_recoveries_still_give_a_fresh_window_and_the_third_keeps_the_old_one(tmp_path):
    # d due, w well or waiting, c cleared; from the third recovery on the windows of 2, 4, 8 ticks are waited for
    assert play(tmp_path, "dw" * 3 + "ddd" + "w" + "ddddd" + "w") == "dc" * 3 + "wwd" + "c" + "wwwwd" + "c"
    assert history(tmp_path)["failures"] == 3 and history(tmp_path)["skip"] == 8


def test_it_says_so_at_the_recovery_and_at_the_next_outage(tmp_path):
    play(tmp_path, "dwdwd")
    assert any("recovered 3 times within 30 ticks" in text for text in ledgers.observe(tmp_path, WELL).warnings)
    step = ledgers.observe(tmp_path, DOWN)
    assert step.decisions == {"vhost": "waiting"} and any("flapping and down again" in text for text in step.warnings)
    assert step.entries["vhost"]["flaps"] == 3
    assert not ledgers.observe(tmp_path, DOWN).warnings  # once is enough


def test_recoveries_that_are_far_apart_are_no_flapping(tmp_path):
    story = ("d" + "w" * 15) * 6
    assert play(tmp_path, story) == ("d" + "c" + "w" * 14) * 6


@pytest.mark.parametrize("quiet, decision", [(28, "waiting"), (29, "due")])
def test_a_kept_window_is_forgotten_after_flap_window_ticks(tmp_path, quiet, decision):
    play(tmp_path, "dwdwdw" + "w" * quiet)
    assert ledgers.observe(tmp_path, DOWN).decisions == {"vhost": decision}


def test_a_healthy_host_writes_while_its_history_counts_and_never_again(tmp_path):
    play(tmp_path, "dw")
    changed = [ledgers.observe(tmp_path, WELL).changed for _number in range(40)]
    assert changed == [True] * 30 + [False] * 10
    assert ledger.read_ledger(str(tmp_path)).as_facts() == {"version": 1, "entries": {}}


def test_a_tick_that_cannot_tell_does_not_age_the_history(tmp_path):
    play(tmp_path, "dw")
    before = history(tmp_path)
    assert play(tmp_path, "?" * 40) == "u" * 40
    assert history(tmp_path) == before


@pytest.mark.parametrize("limits", [{"flap_window": 0}, {"flap_limit": 10}])
def test_it_can_be_switched_off(tmp_path, limits):
    assert play(tmp_path, "dw" * 8, **limits) == "dc" * 8


def test_with_a_limit_of_none_every_recovery_keeps_the_window(tmp_path):
    assert play(tmp_path, "dw" + "dddw", flap_limit=0) == "dc" + "wwdc"


def test_an_outage_that_was_never_attempted_has_no_window_to_keep(tmp_path):
    for _number in range(6):
        assert ledgers.observe(tmp_path, DOWN).decisions == {"vhost": "due"}
        assert ledgers.observe(tmp_path, WELL).decisions == {"vhost": "cleared"}


def test_clear_forgets_the_history(tmp_path):
    play(tmp_path, "dwdwdw")
    recovery.clear(ledgers.window(tmp_path), ["vhost"], ledgers.clock(), ledgers.soon())
    assert ledger.read_ledger(str(tmp_path)).as_facts() == {"version": 1, "entries": {}}
    assert ledgers.observe(tmp_path, DOWN).decisions == {"vhost": "due"}


def test_reset_after_wants_healthy_ticks_in_a_row(tmp_path):
    assert play(tmp_path, "dwwdww?wd", reset_after=3) == "drrwrrucd"


def test_an_outage_that_goes_on_before_the_reset_keeps_its_window(tmp_path):
    assert play(tmp_path, "dwdwddddddw", heals=False, reset_after=2) == "drwrwdwwwwr"
    entry = ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")
    assert (entry["failures"], entry["skip"], entry["status"], entry["healthy"]) == (2, 0, "Connected", 1)


def test_a_recovering_entry_is_not_due(tmp_path):
    play(tmp_path, "d", reset_after=2)
    ledgers.observe(tmp_path, WELL, reset_after=2)
    assert ledgers.begin(tmp_path, reset_after=2).decisions == {"vhost": "refused"}


def test_a_dead_lease_is_dropped_by_a_healthy_tick_too(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    step = ledgers.observe(tmp_path, WELL, ledgers.clock(10**6), reset_after=2)
    assert step.entries["vhost"]["lease"] is None
    assert step.entries["vhost"]["last_attempt"]["outcome"] == "lost"


def test_nothing_changes_its_argument():
    past = {"recoveries": [5, 3], "failures": 2, "skip": 1}
    entry = backoff.new_entry(DOWN, "now", past)
    backoff.recovered(backoff.age(past), entry)
    assert past == {"recoveries": [5, 3], "failures": 2, "skip": 1}


ENTRY = dict(backoff.new_entry(DOWN, "now"), failures=4, skip=9)


@pytest.mark.parametrize(
    "past, limits, left",
    [
        (None, {}, {"recoveries": [0], "failures": 0, "skip": 0}),
        ([7], {}, {"recoveries": [7, 0], "failures": 0, "skip": 0}),
        ([9, 7], {}, {"recoveries": [9, 7, 0], "failures": 4, "skip": 9}),
        ([7], {"flap_limit": 1}, {"recoveries": [7, 0], "failures": 4, "skip": 9}),
        ([7], {"flap_window": 0}, None),
        (None, {"flap_window": 1}, {"recoveries": [0], "failures": 0, "skip": 0}),
    ],
)
def test_what_a_recovery_leaves(past, limits, left):
    history = past and {"recoveries": past, "failures": 1, "skip": 1}
    assert backoff.recovered(history, ENTRY, backoff.DEFAULTS._replace(**limits)) == left


@pytest.mark.parametrize(
    "past, window, left",
    [([], 30, None), ([0], 30, [1]), ([28, 0], 30, [29, 1]), ([29, 3], 30, [4]), ([29], 30, None), ([35, 3], 30, [4])],
)
def test_a_tick_older(past, window, left):
    made = backoff.age({"recoveries": past, "failures": 2, "skip": 1}, backoff.DEFAULTS._replace(flap_window=window))
    assert made == (left and {"recoveries": left, "failures": 2, "skip": 1})
    assert backoff.age(None) is None


def test_only_a_window_that_was_kept_goes_on():
    kept = {"recoveries": [3, 2, 1], "failures": 5, "skip": 7}
    entry = backoff.new_entry(DOWN, "now", kept)
    assert (entry["failures"], entry["skip"], entry["flaps"]) == (5, 7, 3)
    fresh = backoff.new_entry(DOWN, "now", dict(kept, failures=0))
    assert (fresh["failures"], fresh["skip"], fresh.get("flaps")) == (0, 0, None)


def test_the_due_mark_goes_with_the_first_healthy_tick():
    entry = dict(ENTRY, due=True)
    found, decision = backoff.observe(entry, WELL, "now", False, backoff.DEFAULTS._replace(reset_after=2))
    assert (decision, found["healthy"], "due" in found) == ("recovering", 1, False)


def test_a_reset_after_that_was_lowered_holds_at_once():
    limits = backoff.DEFAULTS._replace(reset_after=2)
    assert backoff.observe(dict(ENTRY, healthy=5), WELL, "now", False, limits) == (None, "cleared")

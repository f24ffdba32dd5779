"""Runs that an event started: they attempt what a tick would, and no number of ticks moves by them."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, recovery, volume_step
from ansible_collections.zstack.zbs.plugins.module_utils._window.window import Window
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL

pytestmark = pytest.mark.usefixtures("no_fsync")

CONTRACT = [1, 4, 9, 18, 35, 68, 133, 198, 263]
TICKS = {"d": DOWN, "w": WELL, "?": UNSURE}  # by the clock
EVENTS = {"D": DOWN, "W": WELL, "U": UNSURE, "S": STARTING}


def play(folder, story, **limits):
    """A story of ticks and events, an attempt that fails wherever one is due: the decisions' first letters."""
    letters = ""
    for letter in story:
        by_event = letter in EVENTS
        step = ledgers.observe(folder, dict(TICKS, **EVENTS)[letter], by_event=by_event, **limits)
        letters += step.decisions["vhost"][0]
        if step.protocols("due"):
            ledgers.begin(folder, by_event=by_event, **limits)
            ledgers.finish(folder, "failed", "no luck", by_event=by_event, **limits)
    return letters


@pytest.mark.parametrize(
    "story, decisions",
    [
        # the event is the first tick of the contract, the clock counts from there on
        ("D" + "ddd" + "ddddd", "d" + "wwd" + "wwwwd"),
        # a burst in the middle of a window
        ("d" + "D" * 40 + "d" + "D" * 40 + "d" + "d", "d" + "w" * 40 + "w" + "w" * 40 + "w" + "d"),
        # the window is over, so the event need not wait for the clock, and takes the place of its tick
        ("ddd" + "D" + "ddddd", "dww" + "d" + "wwwwd"),
        # not knowing counts nothing, whatever started the run
        ("d" + "US" * 10 + "dd" + "d", "d" + "uu" * 10 + "ww" + "d"),
        # seen well between two downs: the outage goes on, for the clock has not ended it
        ("d" + "W" * 10 + "D", "d" + "r" * 10 + "w"),
        ("d" + "W" * 10 + "w" + "D", "d" + "r" * 10 + "c" + "d"),
        # nothing known and well leaves nothing
        ("WWW", "www"),
    ],
)
def test_an_event_attempts_and_counts_no_tick(tmp_path, story, decisions):
    assert play(tmp_path, story) == decisions


@pytest.mark.parametrize("events", [1, 3, 50])
def test_attempts_of_the_clock_stay_on_the_ticks_of_the_contract(tmp_path, events):
    """Between any two ticks of a window events come in; the last tick of each window is left to the clock."""
    attempts, entry = [], None
    for number in range(1, CONTRACT[5] + 1):
        entry = ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")
        if entry and entry["skip"] > 0:
            assert play(tmp_path, "D" * events) == "w" * events
        if play(tmp_path, "d") == "d":
            attempts.append(number)
    assert attempts == CONTRACT[:6]


def test_events_alone_make_one_attempt(tmp_path):
    assert play(tmp_path, "D" * 500) == "d" + "w" * 499


@pytest.mark.parametrize("story", ["D" * 30, "W" * 30, "DW" * 30])
def test_a_burst_makes_no_recovery_old(tmp_path, story):
    """Else a flapping target got a fresh window by its own alarms."""
    play(tmp_path, "dw" * 3 + "d")
    before = ledger.read_ledger(str(tmp_path)).get_history("zbs", "vhost")
    play(tmp_path, story)
    assert ledger.read_ledger(str(tmp_path)).get_history("zbs", "vhost") == before


@pytest.mark.parametrize("ticks", [1, 2])
def test_healthy_ticks_in_a_row_are_the_clocks(tmp_path, ticks):
    assert play(tmp_path, "d" + "w" * ticks + "W" * 9, reset_after=3) == "d" + "r" * (ticks + 9)
    assert play(tmp_path, "w" * (3 - ticks), reset_after=3)[-1] == "c"


def test_a_lower_reset_after_is_for_the_clock_to_see(tmp_path):
    play(tmp_path, "dw", reset_after=3)
    assert play(tmp_path, "W", reset_after=1) + play(tmp_path, "w", reset_after=1) == "rc"


@pytest.mark.parametrize("by_event, due", [(True, False), (False, True)])
def test_a_look_without_a_lock_says_the_same(tmp_path, by_event, due):
    """A kept window whose last recovery is one tick from being forgotten."""
    play(tmp_path, "dw" * 3)
    play(tmp_path, "w" * 29, flap_window=30)
    window = Window("zbs", str(tmp_path), by_event=by_event)
    assert recovery.would_be_due(window, "vhost", ledgers.clock()) is due
    assert play(tmp_path, "D" if by_event else "d") == ("d" if due else "w")


@pytest.mark.parametrize("by_event", [True, False])
def test_an_attempt_that_was_seen_to_succeed_ends_a_volumes_outage(tmp_path, by_event):
    window = Window("zbs", str(tmp_path), by_event=by_event)
    seen = {"volume:b": DOWN}
    step = volume_step.begin(window, seen, "t", ledgers.clock(), ledgers.soon())
    assert step.decisions == {"volume:b": "begun"}
    at = ledgers.clock()
    volume_step.finish(window, ["volume:b"], step.lease_id, {}, {}, {"volume:b": WELL}, {}, at, ledgers.soon())
    assert ledger.read_ledger(str(tmp_path)).get("zbs", "volume:b") is None

"""The window against a model that was written independently of it, over 300 ticks of random trouble.

The model does not keep a window at all: it knows the numbers of the down ticks that get an attempt, and counts down ticks.
"""

import random

import pytest

pytest.importorskip("hypothesis")
from ansible_collections.zstack.zbs.plugins.module_utils import _backoff
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL
from hypothesis import given, settings
from hypothesis import strategies as st

CAP, LEASE_SECONDS = 64, 900.0
SEEN = {"down": DOWN, "well": WELL, "unknown": UNSURE, "starting": STARTING}


def attempt_ticks():
    """The numbers of the down ticks with an attempt: 1, then 2 ** k + 1 further each time, at most 65."""
    numbers, number = [], 1
    for nth in range(1, 40):
        numbers.append(number)
        number += min(CAP, 2**nth) + 1
    return frozenset(numbers)


ATTEMPTS = attempt_ticks()


class Model:
    """What should be decided, from counting alone."""

    def __init__(self):
        self.counted = 0
        self.known = False
        self.held_until = None  # (boot, monotonic)

    def decide(self, seen, boot, now):
        if self.held_until is not None and self.held_until[0] == boot and now < self.held_until[1]:
            return "in_progress"
        if seen == "well":
            self.held_until, self.counted, was = None, 0, self.known
            self.known = False
            return "cleared" if was else "well"
        if seen != "down":
            return "unsure"
        self.known, self.held_until = True, None
        if self.counted + 1 in ATTEMPTS:
            return "due"
        self.counted += 1
        return "waiting"

    def begin(self, boot, now, ends):
        self.counted += 1
        self.held_until = None if ends else (boot, now + LEASE_SECONDS)


TICKS = st.lists(
    st.tuples(
        st.sampled_from(["down"] * 12 + ["well", "unknown", "starting"]),
        st.sampled_from([True] * 8 + [False]),  # whether the due attempt is begun (a wave may not reach the host)
        st.sampled_from(["failed", "failed", "failed", "healed", None]),  # None: the controller died in the middle
        st.floats(0.5, 700.0),  # seconds to the next tick
        st.sampled_from([False] * 20 + [True]),  # whether the host reboots before the next tick
    ),
    min_size=1,
    max_size=300,
)


def play(ticks):
    """Run both over `ticks` and compare every decision."""
    model, entry = Model(), None
    boot, now = 0, 50.0
    for number, (seen, begins, ends, pause, reboots) in enumerate(ticks):
        alive = _backoff.lease_alive(entry, str(boot), now)
        entry, decision = _backoff.observe(entry, SEEN[seen], "t%d" % number, alive)
        assert decision == model.decide(seen, boot, now), "tick %d" % number
        assert _backoff.is_due(entry, alive) or decision != "due"
        if decision == "due" and begins:
            lease = {"boot_id": str(boot), "started": now, "expires": now + LEASE_SECONDS, "who": "w"}
            entry = _backoff.begin(entry, CAP, lease, "t%d" % number)
            if ends is not None:
                entry = _backoff.finish(entry, ends, None, DOWN)
            model.begin(boot, now, ends is not None)
        assert entry is None or 0 <= entry["skip"] <= CAP
        now += pause
        if reboots:
            boot, now = boot + 1, pause


@settings(max_examples=100, deadline=None)
@given(TICKS)
def test_same_attempts_as_the_model(ticks):
    play(ticks)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_same_attempts_as_the_model_over_300_ticks(seed):
    seeds = random.Random(seed)
    play(
        [
            (
                seeds.choice(["down"] * 30 + ["well", "unknown", "starting"]),
                seeds.random() < 0.9,
                seeds.choice(["failed", "failed", "healed", None]),
                seeds.uniform(0.5, 700.0),
                seeds.random() < 0.03,
            )
            for _number in range(300)
        ]
    )


def test_the_model_itself_knows_the_ticks_of_the_contract():
    assert sorted(ATTEMPTS)[:9] == [1, 4, 9, 18, 35, 68, 133, 198, 263]

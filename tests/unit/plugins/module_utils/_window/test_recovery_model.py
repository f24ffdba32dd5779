"""Ticks on a real ledger against a model that was written independently of it: 300 ticks of random trouble, same decisions.

The model keeps no window and no ages. It numbers the down ticks of an outage and knows which numbers get an attempt; it
remembers at which tick each recovery was; a flapping target goes on at the number where its last outage stood.
"""

import random
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("hypothesis")
from ansible_collections.zstack.zbs.plugins.module_utils._window import hold
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("no_fsync")

LEASE_SECONDS = 900.0
SEEN = {"down": DOWN, "well": WELL, "unknown": UNSURE, "starting": STARTING}
HOLD = hold.Hold("the model says so", None, "the model")


def attempt_numbers():
    """1, 4, 9, 18 ...: each attempt 2 ** k + 1 down ticks after the one before, at most 65."""
    numbers, number = [], 1
    for nth in range(1, 40):
        numbers.append(number)
        number += min(64, 2**nth) + 1
    return numbers


ATTEMPTS = attempt_numbers()


class Model:
    """One protocol of one host."""

    def __init__(self, reset_after, flap_limit, flap_window):
        self.reset_after, self.flap_limit, self.flap_window = reset_after, flap_limit, flap_window
        self.looks = 0  # ticks that saw it up or down
        self.recoveries = []  # at which look each was
        self.outage = False
        self.number = 0  # down ticks of the outage so far
        self.kept = 0  # the number at which the next outage goes on
        self.well_in_a_row = 0
        self.lease = None  # (boot, seconds at which it ends, id), until it is ended or a tick finds it dead
        self.doubted = False

    def decide(self, seen, boot, now, held):
        if self.lease is not None and self.lease[0] == boot and now < self.lease[1]:
            return "in_progress"
        if seen not in ("down", "well"):
            return "unsure"
        self.lease = None
        self.looks += 1
        if not self.lately():
            self.kept = 0
        return self.see_well() if seen == "well" else self.see_down(held)

    def lately(self):
        return [look for look in self.recoveries if self.looks - look < self.flap_window]

    def see_well(self):
        self.doubted = False
        if not self.outage:
            return "well"
        self.well_in_a_row += 1
        if self.well_in_a_row < self.reset_after:
            return "recovering"
        self.outage = False
        self.recoveries.append(self.looks)
        self.kept = self.number if len(self.lately()) > self.flap_limit else 0
        return "cleared"

    def see_down(self, held):
        self.well_in_a_row = 0
        if not self.outage:
            self.outage, self.number = True, self.kept
            if self.doubted:
                self.doubted = False
                self.number = ATTEMPTS[5]  # the first after which 64 ticks pass
                return "waiting"
        if self.number + 1 in ATTEMPTS:
            return "held" if held else "due"
        self.number += 1
        return "waiting"

    def begin(self, boot, now, lease):
        self.number += 1
        self.lease = (boot, now + LEASE_SECONDS, lease)

    def finish(self, lease):
        if self.lease is None or self.lease[2] != lease:
            return "refused"
        self.lease = None
        return "finished"

    def lose(self):
        """The file was damaged: nothing is known but that nothing is known."""
        self.__init__(self.reset_after, self.flap_limit, self.flap_window)
        self.doubted = True


def play(ticks, **limits):
    """Run both over `ticks`; returns the decisions.

    A tick: what is seen, whether a due attempt is begun (its wave may not come), how the attempt ends (None: the controller
    dies), seconds to the next tick, and what else happens: reboot, hold, damage, clock (the wall clock jumps), refusal (a
    second controller tries to begin as well), late (every controller that was taken for dead ends its attempt after all).
    """
    model, made, silent = Model(**limits), [], []
    boot, now, wall, held = 0, 50.0, 2026, False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (seen, begins, ends, pause, event) in enumerate(ticks):
            if event == "hold":
                held = not held
            elif event == "clock":
                wall = 1971 + (wall * 7) % 100
            elif event == "damage":
                ledgers.path(folder).write_bytes(b'{"version": 1, "entr')
                model.lose()
            more = dict(limits, hold=HOLD if held else None, attempt_timeout=LEASE_SECONDS)
            at = ledgers.clock(now, str(boot), "%d-01-02T03:04:05Z" % wall)
            step = ledgers.observe(folder, SEEN[seen], at, **more)
            decision = step.decisions["vhost"]
            assert decision == model.decide(seen, boot, now, held), "tick %d" % number
            made.append(decision)
            if decision == "due" and begins:
                begun = ledgers.begin(folder, at, **more)
                assert begun.decisions == {"vhost": "begun"}
                model.begin(boot, now, begun.lease_id)
                if event == "refusal":
                    assert ledgers.begin(folder, at, **more).decisions == {"vhost": "refused"}
                if ends is None:
                    silent.append(begun.lease_id)
                else:
                    ledgers.finish(folder, ends, None, at, lease=begun.lease_id, **more)
                    model.finish(begun.lease_id)
            elif decision not in ("due", "unsure"):
                assert ledgers.begin(folder, at, **more).decisions == {"vhost": "refused"}
            for lease in silent if event == "late" else []:
                before = ledgers.path(folder).read_bytes()
                step = ledgers.finish(folder, "healed", None, at, lease=lease, **more)
                assert step.decisions == {"vhost": model.finish(lease)}
                assert step.changed == (ledgers.path(folder).read_bytes() != before)
                made.append("late " + step.decisions["vhost"])
            now += pause
            if event == "reboot":
                boot, now = boot + 1, pause
    return made


EVENTS = ["reboot", "hold", "damage", "clock", "refusal", "late"]
TICKS = st.lists(
    st.tuples(
        st.sampled_from(["down"] * 8 + ["well"] * 2 + ["unknown", "starting"]),
        st.sampled_from([True] * 8 + [False]),
        st.sampled_from(["failed", "failed", "failed", "healed", None]),
        st.floats(0.5, 700.0),
        st.sampled_from([None] * 20 + EVENTS),
    ),
    min_size=1,
    max_size=300,
)
LIMITS = st.fixed_dictionaries(
    {"reset_after": st.integers(1, 4), "flap_limit": st.integers(0, 4), "flap_window": st.integers(0, 40)}
)


# A profile's own list does not count beside one that is given.
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED)
@given(TICKS, LIMITS)
def test_same_decisions_as_the_model(ticks, limits):
    play(ticks, **limits)


@settings(max_examples=12, deadline=None, suppress_health_check=SUPPRESSED)
@given(st.integers(0, 2**32), LIMITS)
def test_same_decisions_as_the_model_over_300_ticks(seed, limits):
    random_ticks(seed, limits)


def random_ticks(seed, limits):
    """300 ticks in which outages and healthy spells take turns, each as long as chance has it."""
    seeds, ticks, seen = random.Random(seed), [], "down"
    for _number in range(300):
        if seeds.random() < 0.15:
            seen = seeds.choice(["down", "down", "well", "well", "unknown", "starting"])
        ends = seeds.choice(["failed", "failed", "healed", None])
        event = seeds.choice(EVENTS) if seeds.random() < 0.1 else None
        ticks.append((seen, seeds.random() < 0.9, ends, seeds.uniform(0.5, 700.0), event))
    return play(ticks, **limits)


def test_the_simulation_meets_every_decision():
    """A simulation in which something never happens would show nothing about it."""
    made = set()
    for seed in range(10):
        made.update(random_ticks(seed, {"reset_after": 2, "flap_limit": 1, "flap_window": 30}))
    decisions = {"well", "recovering", "cleared", "in_progress", "waiting", "due", "held", "unsure"}
    assert made == decisions | {"late finished", "late refused"}


def test_the_model_itself_knows_the_ticks_of_the_contract():
    assert ATTEMPTS[:9] == [1, 4, 9, 18, 35, 68, 133, 198, 263]
    decisions = play([("down", True, "failed", 60.0, None)] * 300, reset_after=1, flap_limit=2, flap_window=30)
    assert [number for number, decision in enumerate(decisions, 1) if decision == "due"] == ATTEMPTS[:9]

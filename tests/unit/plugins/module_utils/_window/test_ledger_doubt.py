"""A ledger that was lost, and a ledger that is well formed and still can't be true: never a storm, never "never again"."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import backoff, ledger, quiet, recovery
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, UNSURE, WELL

pytestmark = pytest.mark.usefixtures("no_fsync")


def see(folder, storage="zbs", at=None, **seen):
    """One tick of a storage."""
    return quiet.observe(ledgers.window(folder, storage=storage), seen, at or ledgers.clock(), ledgers.soon())


def lose(folder):
    ledgers.path(folder).write_bytes(b"{")


def test_every_storage_and_protocol_is_distrusted_until_it_was_seen_once(tmp_path):
    lose(tmp_path)
    assert see(tmp_path, "a", vhost=DOWN).decisions == {"vhost": "waiting"}
    assert see(tmp_path, "a", cbd=DOWN).decisions == {"cbd": "waiting"}
    assert see(tmp_path, "b", vhost=DOWN).entries["vhost"]["skip"] == 64
    assert see(tmp_path, "c", vhost=UNSURE).decisions == {"vhost": "unsure"}  # that is no look
    step = see(tmp_path, "c", vhost=DOWN)
    assert step.entries["vhost"]["skip"] == 64 and any("was lost" in text for text in step.warnings)
    assert see(tmp_path, "d", vhost=WELL).changed
    assert not see(tmp_path, "d", vhost=WELL).changed
    assert see(tmp_path, "d", vhost=DOWN).decisions == {"vhost": "due"}


def test_an_outage_after_a_distrusted_one_is_attempted_at_once(tmp_path):
    lose(tmp_path)
    see(tmp_path, vhost=DOWN)
    see(tmp_path, vhost=WELL)
    assert see(tmp_path, vhost=DOWN).decisions == {"vhost": "due"}


def test_clear_is_a_word_of_trust(tmp_path):
    lose(tmp_path)
    recovery.clear(ledgers.window(tmp_path), ["vhost"], ledgers.clock(), ledgers.soon())
    assert see(tmp_path, vhost=DOWN).decisions == {"vhost": "due"}
    assert see(tmp_path, cbd=DOWN).decisions == {"cbd": "waiting"}


def test_what_is_distrusted_would_not_be_due(tmp_path):
    lose(tmp_path)
    see(tmp_path, "a", vhost=DOWN)
    assert recovery.would_be_due(ledgers.window(tmp_path, storage="b"), "vhost", ledgers.clock()) is False


def damage(folder, **change):
    """A ledger with an entry that was down, changed by hand."""
    ledgers.observe(folder, DOWN)
    data = json.loads(ledgers.path(folder).read_text())
    data["entries"]["zbs"]["vhost"].update(change)
    ledgers.path(folder).write_text(json.dumps(data))


@pytest.mark.parametrize("skip", [65, 10**6, 10**18, 10**39])
def test_an_absurd_skip_is_the_longest_window(tmp_path, skip):
    damage(tmp_path, skip=skip)
    step = ledgers.observe(tmp_path, DOWN)
    assert (step.decisions, step.entries["vhost"]["skip"]) == ({"vhost": "waiting"}, 63)


def test_a_cap_that_was_lowered_holds_at_once(tmp_path):
    damage(tmp_path, skip=60, failures=7)
    assert ledgers.observe(tmp_path, DOWN, max_skip=4).entries["vhost"]["skip"] == 3


@pytest.mark.parametrize("failures", [31, 10**6, 10**39])
def test_absurd_failures_make_the_longest_window(tmp_path, failures):
    damage(tmp_path, failures=failures)
    assert ledgers.begin(tmp_path).entries["vhost"]["skip"] == 64


@pytest.mark.parametrize(
    "started, expires",
    [
        (0, float("inf")),
        (0, 10**400),
        (0, 10**9),
        (1000.0, 1000.0 + 90000),
        (float("-inf"), float("inf")),
        (-(10**400), 10**400),
        (float("nan"), float("inf")),
        (0, float("nan")),
        (float("inf"), float("inf")),
    ],
)
def test_a_lease_that_no_option_allows_is_dead(tmp_path, started, expires):
    damage(tmp_path, lease={"boot_id": ledgers.BOOT, "started": started, "expires": expires, "who": "w"}, skip=2)
    step = ledgers.observe(tmp_path, DOWN, ledgers.clock(1000.0))
    assert (step.decisions, step.entries["vhost"]["lease"]) == ({"vhost": "waiting"}, None)


def test_the_longest_lease_of_the_option_is_alive(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path, ledgers.clock(0.1), attempt_timeout=86400.0)
    assert ledgers.observe(tmp_path, DOWN, ledgers.clock(86399.9)).decisions == {"vhost": "in_progress"}
    assert ledgers.observe(tmp_path, DOWN, ledgers.clock(86401.0)).decisions == {"vhost": "waiting"}


@pytest.mark.parametrize(
    "more",
    [
        {"history": []},
        {"history": {"zbs": []}},
        {"history": {"zbs": {"vhost": {}}}},
        {"history": {"zbs": {"vhost": {"recoveries": ["x"], "failures": 0, "skip": 0}}}},
        {"history": {"zbs": {"vhost": {"recoveries": [-1], "failures": 0, "skip": 0}}}},
        {"history": {"zbs": {"vhost": {"recoveries": [1], "failures": True, "skip": 0}}}},
        {"history": {"zbs": {"vhost": {"recoveries": [1], "failures": 0, "skip": -1}}}},
        {"distrust": 1},
        {"distrust": {"since": "x", "seen": []}},
        {"distrust": {"since": "x", "seen": {"zbs": "vhost"}}},
        {"distrust": {"since": "x", "seen": {"zbs": [1]}}},
        {"entries": {"zbs": {"vhost": dict(backoff.new_entry(DOWN, "now"), healthy=-1)}}},
        {"entries": {"zbs": {"vhost": dict(backoff.new_entry(DOWN, "now"), flaps="x")}}},
    ],
)
def test_parts_that_cannot_be_understood_lose_the_whole(tmp_path, more):
    ledgers.path(tmp_path).write_text(json.dumps(dict({"version": 1, "entries": {}}, **more)))
    assert "can't be understood" in ledger.read_ledger(str(tmp_path)).lost
    assert ledgers.observe(tmp_path, DOWN).entries["vhost"]["skip"] == 64


def test_begin_only_when_still_due(tmp_path):
    """Whatever came between the tick and its turn: another tick's attempt, a recovery, a hold."""
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    ledgers.finish(tmp_path)
    assert ledgers.begin(tmp_path).decisions == {"vhost": "refused"}  # a tick that overlapped tried already
    ledgers.observe(tmp_path, WELL)
    assert ledgers.begin(tmp_path).decisions == {"vhost": "refused"}  # it is well

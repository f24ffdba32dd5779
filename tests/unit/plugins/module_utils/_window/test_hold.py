"""The operator's hold: what the file may look like, and that nothing is attempted and nothing spent under it."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import hold as window_hold
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, WELL
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files

NOW = "2026-01-02T03:04:05Z"
HOLD = window_hold.Hold("new kernel", None, "the test")


def write(folder, **data):
    (folder / ledger.HOLD_NAME).write_text(json.dumps(data))


@pytest.mark.parametrize("folder", ["", "not/there"])
def test_without_a_file_there_is_no_hold(tmp_path, folder):
    assert window_hold.read_hold(str(tmp_path / folder), NOW) == (None, [])


def test_a_hold_with_a_reason(tmp_path):
    write(tmp_path, reason=" new\nkernel ")
    hold, warnings = window_hold.read_hold(str(tmp_path), NOW)
    assert hold.as_dict() == {"reason": "new kernel", "until": None, "source": str(tmp_path / ledger.HOLD_NAME)}
    assert warnings == []


@pytest.mark.parametrize(
    "until, holds",
    [
        ("2026-01-02T03:04:06Z", True),
        ("2026-01-02T03:04:05Z", False),
        ("2025-12-31T23:59:59Z", False),
        ("2026-1-2T3:4:6Z", True),
        ("2026-1-2T3:4:4Z", False),
        ("9999-12-31T23:59:59Z", True),
    ],
)
def test_a_hold_ends_by_itself(tmp_path, until, holds):
    write(tmp_path, reason="r", until=until)
    hold, warnings = window_hold.read_hold(str(tmp_path), NOW)
    assert (hold is not None, warnings) == (holds, [])


DAMAGED = {
    "empty": b"",
    "text": b"new kernel",
    "array": b"[]",
    "binary": bytes(range(256)),
    "no reason": b"{}",
    "blank reason": b'{"reason": " "}',
    "reason is a number": b'{"reason": 1}',
    "until is a number": b'{"reason": "r", "until": 17}',
    "until is a day": b'{"reason": "r", "until": "2020-01-01"}',
    "until is no day": b'{"reason": "r", "until": "2020-13-01T00:00:00Z"}',
    "until without a zone": b'{"reason": "r", "until": "2020-01-01T00:00:00"}',
    "nested": b"[" * 100000,
    "large": b'{"reason": "' + b"x" * 100000 + b'"}',
}


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_a_file_that_cannot_be_understood_holds_and_warns(tmp_path, name):
    (tmp_path / ledger.HOLD_NAME).write_bytes(DAMAGED[name])
    hold, warnings = window_hold.read_hold(str(tmp_path), NOW)
    assert hold.until is None and len(warnings) == 1
    assert str(tmp_path / ledger.HOLD_NAME) in warnings[0] and "\n" not in warnings[0]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_something_else_in_its_place_holds(tmp_path, make):
    make(tmp_path / ledger.HOLD_NAME)
    before = open_files()
    hold, warnings = window_hold.read_hold(str(tmp_path), NOW)
    assert hold is not None and warnings
    assert open_files() <= before


def test_what_is_due_is_held_and_due_again_after_the_hold(tmp_path):
    for _number in range(3):
        assert ledgers.observe(tmp_path, DOWN, hold=HOLD).decisions == {"vhost": "held"}
        step = ledgers.begin(tmp_path, hold=HOLD)
        assert (step.decisions, step.changed) == ({"vhost": "refused"}, False)
        assert "held by the test (new kernel)" in step.warnings[0]
    assert ledgers.observe(tmp_path, DOWN).decisions == {"vhost": "due"}
    assert ledgers.begin(tmp_path).decisions == {"vhost": "begun"}


def test_a_window_is_counted_and_a_recovery_seen_under_a_hold(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    ledgers.finish(tmp_path, hold=HOLD)  # an attempt that was begun before the hold ends as ever
    assert ledgers.observe(tmp_path, DOWN, hold=HOLD).decisions == {"vhost": "waiting"}
    assert ledgers.observe(tmp_path, DOWN, hold=HOLD).decisions == {"vhost": "waiting"}
    assert ledgers.observe(tmp_path, DOWN, hold=HOLD).decisions == {"vhost": "held"}
    assert ledgers.observe(tmp_path, WELL, hold=HOLD).decisions == {"vhost": "cleared"}

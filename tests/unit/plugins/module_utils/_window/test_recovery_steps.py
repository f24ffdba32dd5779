"""A tick's steps on a real ledger: exact window, phases, leases, check mode that predicts the real run."""

import json
import shutil
from types import SimpleNamespace

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger as window_ledger
from ansible_collections.zstack.zbs.plugins.module_utils._window import quiet, recovery
from ansible_collections.zstack.zbs.plugins.module_utils._window.window import Clock
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import DOWN, STARTING, UNSURE, WELL

pytestmark = pytest.mark.usefixtures("no_fsync")


def test_the_exact_window_survives_in_the_file(tmp_path):
    attempts = []
    for number in range(1, 134):
        step = ledgers.observe(tmp_path, DOWN, ledgers.clock(number * 60.0))
        if step.protocols("due"):
            attempts.append(number)
            assert ledgers.begin(tmp_path, ledgers.clock(number * 60.0)).protocols("begun") == ["vhost"]
            assert ledgers.finish(tmp_path, at=ledgers.clock(number * 60.0 + 30)).decisions == {"vhost": "finished"}
    assert attempts == [1, 4, 9, 18, 35, 68, 133]


def test_a_second_begin_under_a_lease_is_refused_and_says_by_whom(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    assert ledgers.begin(tmp_path).decisions == {"vhost": "begun"}
    step = ledgers.begin(tmp_path, ledgers.clock(1001.0))
    assert (step.decisions, step.changed) == ({"vhost": "refused"}, False)
    assert "by job 1" in step.warnings[0]


def test_a_controller_that_was_killed_keeps_the_lease_until_it_runs_out(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path, attempt_timeout=900.0)
    assert ledgers.observe(tmp_path, DOWN, ledgers.clock(1899.0)).decisions == {"vhost": "in_progress"}
    step = ledgers.observe(tmp_path, DOWN, ledgers.clock(1900.0))
    assert step.decisions == {"vhost": "waiting"}
    assert step.entries["vhost"]["last_attempt"]["outcome"] == "lost"


def test_a_reboot_ends_every_lease(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    step = ledgers.observe(tmp_path, DOWN, ledgers.clock(1001.0, boot="boot-2"))
    assert step.decisions == {"vhost": "waiting"}


def test_a_wall_clock_that_jumps_changes_no_decision(tmp_path):
    ledgers.observe(tmp_path, DOWN, ledgers.clock(1000.0, now="2039-01-01T00:00:00Z"))
    ledgers.begin(tmp_path, ledgers.clock(1000.0, now="1970-01-01T00:00:00Z"))
    at = ledgers.clock(1010.0, now="1999-12-31T23:59:59Z")
    assert ledgers.observe(tmp_path, DOWN, at).decisions == {"vhost": "in_progress"}


def test_protocols_have_windows_of_their_own(tmp_path):
    both = {"vhost": DOWN, "cbd": WELL}
    step = quiet.observe(ledgers.window(tmp_path), both, ledgers.clock(), ledgers.soon())
    assert step.decisions == {"vhost": "due", "cbd": "well"}
    step = ledgers.begin(tmp_path, protocols=("vhost", "cbd"))
    assert step.decisions == {"vhost": "begun", "cbd": "refused"}
    assert sorted(step.entries) == ["vhost"]
    assert any("cbd is not down in the ledger" in warning for warning in step.warnings)


def test_a_finish_without_an_attempt_is_refused(tmp_path):
    step = ledgers.finish(tmp_path)
    assert (step.decisions, step.changed) == ({"vhost": "refused"}, False)
    ledgers.observe(tmp_path, DOWN)
    assert ledgers.finish(tmp_path).decisions == {"vhost": "refused"}


def test_a_finish_ends_only_its_own_attempt(tmp_path):
    """The first controller was away for longer than its lease, and another one has begun since."""
    ledgers.observe(tmp_path, DOWN)
    first = ledgers.begin(tmp_path, attempt_timeout=900.0).lease_id
    for _tick in range(3):
        ledgers.observe(tmp_path, DOWN, ledgers.clock(2000.0))
    step = ledgers.finish(tmp_path, "healed", None, ledgers.clock(2000.0), lease=first)
    assert (step.decisions, step.changed) == ({"vhost": "refused"}, False)
    assert "its lease ran out" in step.warnings[0]
    second = ledgers.begin(tmp_path, ledgers.clock(2000.0)).lease_id
    before = ledgers.path(tmp_path).read_bytes()
    for lease in (first, "", "x"):
        step = ledgers.finish(tmp_path, "healed", None, ledgers.clock(2001.0), lease=lease)
        assert (step.decisions, step.changed) == ({"vhost": "refused"}, False)
        assert "by job 1" in step.warnings[0] and ledgers.path(tmp_path).read_bytes() == before
    assert ledgers.observe(tmp_path, DOWN, ledgers.clock(2002.0)).decisions == {"vhost": "in_progress"}
    assert ledgers.finish(tmp_path, at=ledgers.clock(2003.0), lease=second).decisions == {"vhost": "finished"}


def test_a_finish_that_is_late_ends_its_attempt_where_nobody_noticed(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    mine = ledgers.begin(tmp_path, attempt_timeout=900.0).lease_id
    step = ledgers.finish(tmp_path, at=ledgers.clock(5000.0), lease=mine)
    assert step.decisions == {"vhost": "finished"} and step.entries["vhost"]["last_attempt"]["outcome"] == "failed"


def test_a_lease_without_an_id_is_nobodys_to_end(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    data = json.loads(ledgers.path(tmp_path).read_text())
    del data["entries"]["zbs"]["vhost"]["lease"]["id"]
    ledgers.path(tmp_path).write_text(json.dumps(data))
    assert ledgers.finish(tmp_path, lease="").decisions == {"vhost": "refused"}
    assert ledgers.observe(tmp_path, DOWN).decisions == {"vhost": "in_progress"}


def test_a_begin_that_took_nothing_has_no_lease(tmp_path):
    assert ledgers.begin(tmp_path).lease_id is None


def test_a_finish_writes_outcome_and_error(tmp_path):
    ledgers.observe(tmp_path, DOWN)
    ledgers.begin(tmp_path)
    entry = ledgers.finish(tmp_path, "failed", "code 410032").entries["vhost"]
    assert entry["lease"] is None and (entry["failures"], entry["skip"]) == (1, 2)
    assert entry["last_attempt"]["outcome"] == "failed" and entry["last_attempt"]["error"] == "code 410032"


def test_clear_forgets_the_named_protocols_only(tmp_path):
    observations = {"vhost": DOWN, "cbd": DOWN}
    quiet.observe(ledgers.window(tmp_path), observations, ledgers.clock(), ledgers.soon())
    step = recovery.clear(ledgers.window(tmp_path), ["vhost"], ledgers.clock(), ledgers.soon())
    assert (step.decisions, sorted(step.entries), step.changed) == ({"vhost": "cleared"}, ["cbd"], True)
    step = recovery.clear(ledgers.window(tmp_path), ["vhost"], ledgers.clock(), ledgers.soon())
    assert (step.decisions, step.changed) == ({"vhost": "well"}, False)


@pytest.mark.parametrize(
    "prepare, due",
    [
        (lambda folder: None, True),
        (lambda folder: ledgers.observe(folder, DOWN), True),
        (lambda folder: (ledgers.observe(folder, DOWN), ledgers.begin(folder)), False),
        (lambda folder: (ledgers.observe(folder, DOWN), ledgers.begin(folder), ledgers.finish(folder)), False),
        (lambda folder: ledgers.path(folder).write_bytes(b"junk"), False),
    ],
)
def test_would_be_due_says_what_a_tick_would_decide(tmp_path, prepare, due):
    prepare(tmp_path)
    assert recovery.would_be_due(ledgers.window(tmp_path), "vhost", ledgers.clock()) is due
    assert (ledgers.observe(tmp_path, DOWN).decisions["vhost"] == "due") is due


@pytest.mark.parametrize("phase", ["begin", "finish"])
def test_a_phase_that_meets_a_lost_ledger_does_not_make_it_an_empty_one(tmp_path, phase):
    """Between a tick and its begin the file may break: the next tick must still not take it for "no failures"."""
    ledgers.path(tmp_path).write_bytes(b"{broken")
    step = getattr(ledgers, phase)(tmp_path)
    assert step.decisions == {"vhost": "refused"}
    assert any("can't be understood" in warning for warning in step.warnings)
    step = ledgers.observe(tmp_path, DOWN)
    assert step.decisions == {"vhost": "waiting"} and step.entries["vhost"]["skip"] == 64


@pytest.mark.parametrize("observation", [UNSURE, STARTING])
def test_a_lost_ledger_waits_also_where_the_tick_cannot_tell(tmp_path, observation):
    ledgers.path(tmp_path).write_bytes(b"")
    ledgers.observe(tmp_path, observation)
    step = ledgers.observe(tmp_path, DOWN)
    assert step.decisions == {"vhost": "waiting"} and step.entries["vhost"]["skip"] >= 63


def test_a_lost_ledger_of_a_healthy_host_is_replaced_by_one_without_entries(tmp_path):
    ledgers.path(tmp_path).write_bytes(b"")
    step = ledgers.observe(tmp_path, WELL)
    assert step.changed and step.warnings
    ledger = window_ledger.read_ledger(str(tmp_path))
    assert (ledger.lost, ledger.entries) == (None, {})
    assert ledgers.observe(tmp_path, WELL).changed is False
    assert ledgers.observe(tmp_path, DOWN).protocols("due") == ["vhost"]  # it was seen well since


HISTORIES = {
    "nothing": lambda folder: None,
    "down": lambda folder: ledgers.observe(folder, DOWN),
    "begun": lambda folder: (ledgers.observe(folder, DOWN), ledgers.begin(folder)),
    "failed": lambda folder: (ledgers.observe(folder, DOWN), ledgers.begin(folder), ledgers.finish(folder)),
    "lost": lambda folder: ledgers.path(folder).write_bytes(b"[1"),
}
STEPS = {
    "down": lambda folder, check: ledgers.observe(folder, DOWN, check_mode=check),
    "well": lambda folder, check: ledgers.observe(folder, WELL, check_mode=check),
    "unsure": lambda folder, check: ledgers.observe(folder, UNSURE, check_mode=check),
    "begin": lambda folder, check: ledgers.begin(folder, check_mode=check),
    "finish": lambda folder, check: ledgers.finish(folder, check_mode=check),
    "clear": lambda folder, check: recovery.clear(
        ledgers.window(folder), ["vhost"], ledgers.clock(), ledgers.soon(), check
    ),
}


@pytest.mark.parametrize("history", sorted(HISTORIES))
@pytest.mark.parametrize("name", sorted(STEPS))
def test_check_mode_writes_nothing_and_predicts_the_real_run(tmp_path, monkeypatch, history, name):
    monkeypatch.setattr(recovery.uuid, "uuid4", lambda: SimpleNamespace(hex="0" * 32))  # or no two begins are the same
    real, checked = tmp_path / "real", tmp_path / "checked"
    real.mkdir()
    HISTORIES[history](real)
    shutil.copytree(real, checked)
    before = {path.name: path.read_bytes() for path in checked.iterdir()}
    predicted = STEPS[name](checked, True)
    assert {path.name: path.read_bytes() for path in checked.iterdir()} == before
    done = STEPS[name](real, False)
    for attribute in ("changed", "decisions", "entries", "before"):
        assert getattr(predicted, attribute) == getattr(done, attribute)
    assert predicted.ledger.as_facts() == done.ledger.as_facts()


def test_check_mode_makes_no_folder(tmp_path):
    ledgers.observe(tmp_path / "not" / "there", DOWN, check_mode=True)
    assert not (tmp_path / "not").exists()


def test_the_clock_reads_this_boot():
    first, second = Clock(), Clock()
    assert first.boot_id == second.boot_id and len(first.boot_id) == 36
    assert first.monotonic <= second.monotonic
    assert first.now.endswith("Z") and len(first.now) == 20


def test_a_host_that_does_not_tell_its_boot_takes_no_lease(monkeypatch):
    def fail(*_arguments, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(ZbsError) as caught:
        Clock()
    monkeypatch.undo()
    assert caught.value.code == "no_boot_id" and "no lease can be taken" in caught.value.message

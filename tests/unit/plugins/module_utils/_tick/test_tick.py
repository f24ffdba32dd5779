"""The phases of a tick, with the probe's health given by the test and the ledger real."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe
from ansible_collections.zstack.zbs.plugins.module_utils._target import desired
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import deployed, ledger, ledger_writing, metrics_file

pytestmark = pytest.mark.usefixtures("no_fsync")


def test_a_whole_attempt_that_heals(tick, tmp_path):
    seen = tick("observe", "stopped")
    assert (seen["due"], seen["changed"], seen["next_attempt_in_ticks"]) == (["vhost"], True, {"vhost": 0})
    begun = tick("begin", "stopped")
    assert (begun["begun"], begun["entries"]["vhost"]["lease"]["who"]) == (["vhost"], "job 1")
    during = tick("observe", "stopped")
    assert (during["in_progress"], during["due"], during["changed"]) == (["vhost"], [], False)
    done = tick("finish", "healthy")
    assert (done["outcome"], done["error"], done["decisions"]) == ("healed", None, {"vhost": "finished"})
    after = tick("observe", "healthy")
    assert (after["decisions"], after["entries"]) == ({"vhost": "cleared"}, {})
    assert ledger.read_ledger(str(tmp_path)).entries == {}


def test_an_attempt_that_does_not_help_has_failed_and_says_why(tick):
    tick("observe", "stopped")
    tick("begin", "stopped")
    done = tick("finish", "refused")
    assert done["outcome"] == "failed" and "because" in done["error"]
    assert done["entries"]["vhost"]["last_attempt"]["error"] == done["error"]
    assert tick("observe", "refused")["decisions"] == {"vhost": "waiting"}


@pytest.mark.parametrize(
    "outcome, error, expected",
    [
        ("failed", None, "failed"),
        ("auto", "zbsadm said no", "failed"),
        ("healed", "but no", "failed"),
        ("healed", None, "healed"),
    ],
)
def test_an_outcome_that_is_told_needs_no_probe(tick, outcome, error, expected):
    tick("observe", "stopped")
    tick("begin", "stopped")
    done = tick("finish", "a verdict that would raise a KeyError", outcome=outcome, error=error)
    assert (done["outcome"], done["health"]) == (expected, None)


@pytest.mark.parametrize("verdict", ["healthy", "starting", "unknown"])
def test_a_target_that_came_back_by_itself_is_not_attempted(tick, verdict):
    tick("observe", "stopped")
    begun = tick("begin", verdict)
    assert (begun["begun"], begun["decisions"], begun["changed"]) == ([], {"vhost": "refused"}, False)
    assert begun["warn"]


@pytest.mark.parametrize("verdict", ["unknown", "starting"])
def test_what_cannot_be_told_is_never_due(tick, verdict):
    seen = tick("observe", verdict)
    assert (seen["due"], seen["decisions"], seen["changed"]) == ([], {"vhost": "unsure"}, False)


def test_a_hung_target_is_looked_at_again_only_where_it_would_be_attempted(tick, monkeypatch):
    pauses = []
    monkeypatch.setattr(probe.time, "sleep", pauses.append)
    tick("observe", "hung", hung_recheck=10.0)
    assert pauses == [10.0]
    tick("begin", "hung", hung_recheck=10.0)  # asked twice already
    tick("observe", "hung", hung_recheck=10.0)  # an attempt is under way
    tick("finish", "hung")
    tick("observe", "hung", hung_recheck=10.0)  # the window is not over
    assert pauses == [10.0]


def test_one_that_the_tick_did_not_see_hung_is_asked_twice_at_its_turn(tick, monkeypatch):
    pauses = []
    monkeypatch.setattr(probe.time, "sleep", pauses.append)
    tick("observe", "absent", hung_recheck=10.0)
    assert tick("begin", "hung", hung_recheck=10.0)["begun"] == ["vhost"]
    assert pauses == [10.0]


@pytest.mark.parametrize(
    "more, fits",
    [
        ({"attempt_timeout": 620.0}, True),
        ({"attempt_timeout": 619.0}, False),
        ({"attempt_timeout": 620.0, "deploy_timeout": 301.0}, False),
        ({"attempt_timeout": 620.0, "wait": 21.0}, False),
        ({"attempt_timeout": 620.0, "start_grace": 31.0}, False),
        ({"attempt_timeout": 620.0, "timeout": 6.0}, False),
        ({"attempt_timeout": 1.0, "deploy_timeout": None}, True),  # by hand: nobody said what the attempt does
    ],
)
@pytest.mark.parametrize("phase", ["observe", "begin"])
def test_a_lease_that_is_shorter_than_its_attempt_is_refused(tick, tmp_path, more, fits, phase):
    options = dict({"deploy_timeout": 300.0, "wait": 20.0, "start_grace": 30.0, "timeout": 5.0}, **more)
    if fits:
        tick(phase, "stopped", **options)
        return
    with pytest.raises(ZbsError) as caught:
        tick(phase, "a verdict that would raise a KeyError", **options)
    assert caught.value.code == "bad_option" and "attempt_timeout" in caught.value.message
    assert not (tmp_path / ledger.NAME).exists()


def test_an_attempt_ends_whatever_its_lease_should_have_been(tick):
    tick("observe", "stopped")
    tick("begin", "stopped")
    done = tick("finish", "healthy", deploy_timeout=300.0, attempt_timeout=1.0)
    assert done["decisions"] == {"vhost": "finished"}


def test_a_finish_of_another_attempt_says_so_and_writes_nothing(tick, tmp_path):
    tick("observe", "stopped")
    begun = tick("begin", "stopped")
    before = (tmp_path / ledger.NAME).read_bytes()
    done = tick("finish", "healthy", lease_id="another")
    assert (done["outcome"], done["decisions"], done["changed"]) == ("healed", {"vhost": "refused"}, False)
    assert any("another attempt" in text for text in done["warn"]) and (tmp_path / ledger.NAME).read_bytes() == before
    assert tick("finish", "healthy", lease_id=begun["lease_id"])["changed"]


def test_clear_forgets_without_a_probe(tick):
    tick("observe", "stopped")
    cleared = tick("clear", "a verdict that would raise a KeyError")
    assert (cleared["decisions"], cleared["entries"], cleared["health"]) == ({"vhost": "cleared"}, {}, None)


@pytest.mark.parametrize("removed", [True, False])
def test_a_target_that_was_removed_is_forgotten_whole(tick, tmp_path, removed):
    tick("observe", "healthy")
    made = desired.record({"image": "a:1"}, "c1", "2026-01-02T03:04:05Z")
    deployed.write_down(str(tmp_path), made, Deadline(60))
    assert tick("clear", "-", removed=removed)["changed"] is removed
    assert ledger.read_ledger(str(tmp_path)).deployed == (None if removed else made)
    assert tick("clear", "-", removed=removed)["changed"] is False


def test_a_clear_of_cbd_leaves_the_metrics_of_the_target(tick):
    assert tick("clear", "-", protocols=["cbd"], cbd_heartbeat="cbd:p/l/v")["metrics_removed"] == []


@pytest.mark.parametrize("phase", ["observe", "begin", "finish", "clear"])
def test_check_mode_says_the_same_and_writes_nothing(tick, tmp_path, phase):
    tick("observe", "stopped")
    if phase == "finish":
        tick("begin", "stopped")
    before = (tmp_path / ledger.NAME).read_bytes()
    predicted = tick(phase, "stopped", check_mode=True)
    assert (tmp_path / ledger.NAME).read_bytes() == before
    done = tick(phase, "stopped")
    for key in ("changed", "decisions", "due", "begun", "in_progress", "next_attempt_in_ticks"):
        assert predicted[key] == done[key]


def test_the_facts_are_the_whole_ledger_and_nothing_else(tick):
    seen = tick("observe", "stopped", primary_storage="a")
    seen = tick("observe", "stopped", primary_storage="b")
    assert list(seen["ansible_facts"]) == ["zbs_vhost"]
    assert sorted(seen["ansible_facts"]["zbs_vhost"]["entries"]) == ["a", "b"]
    assert seen["diff"]["before"] != seen["diff"]["after"] == seen["ansible_facts"]["zbs_vhost"]


def test_a_hold_of_the_operator_or_of_the_play(tick, tmp_path, monkeypatch):
    pauses = []
    held = tick("observe", "hung", hold=True, hung_recheck=10.0)
    assert (held["due"], held["decisions"], held["hold"]["source"]) == ([], {"vhost": "held"}, "the option hold")
    (tmp_path / "zbs_vhost.hold").write_text('{"reason": "new kernel", "until": "9999-01-01T00:00:00Z"}')
    monkeypatch.setattr(probe.time, "sleep", pauses.append)
    held = tick("observe", "hung", hung_recheck=10.0)
    assert held["hold"] == {
        "reason": "new kernel",
        "until": "9999-01-01T00:00:00Z",
        "source": str(tmp_path / "zbs_vhost.hold"),
    }
    assert pauses == []  # nothing would be attempted, so nothing is asked twice
    assert tick("begin", "hung")["decisions"] == {"vhost": "refused"}
    (tmp_path / "zbs_vhost.hold").write_text("new kernel")
    held = tick("observe", "hung")
    assert held["decisions"] == {"vhost": "held"} and any("can't be understood" in text for text in held["warn"])
    (tmp_path / "zbs_vhost.hold").unlink()
    assert tick("observe", "hung")["hold"] is None
    assert tick("begin", "hung")["begun"] == ["vhost"]


def test_where_a_hold_cannot_be_looked_for_there_may_be_one(tmp_path):
    """Not being able to look is not the same as finding none."""
    hold, warnings = phases._find_hold({"hold": False, "facts_dir": str(tmp_path / ("x" * 300))})
    assert hold is not None and "File name too long" in warnings[0]


def test_clear_takes_the_volumes_and_the_metrics_of_vhost_along(tick, tmp_path):
    tick("observe", "stopped")
    with ledger_writing.locked(str(tmp_path), Deadline(1)):
        found = ledger.read_ledger(str(tmp_path))
        found.put("zbs", "volume:a", dict(found.get("zbs", "vhost")))
        ledger_writing.write(found, str(tmp_path))
    metrics_file.write(str(tmp_path), "a 1\n")
    metrics_file.note(str(tmp_path), str(tmp_path))
    path = str(tmp_path / metrics_file.NAME)
    assert (tick("clear", "-", check_mode=True)["metrics_removed"], os.path.exists(path)) == ([path], True)
    cleared = tick("clear", "-")
    assert (cleared["changed"], cleared["metrics_removed"], os.path.exists(path)) == (True, [path], False)
    assert cleared["decisions"] == {"vhost": "cleared", "volume:a": "cleared"} and cleared["entries"] == {}
    again = tick("clear", "-")
    assert (again["changed"], again["metrics_removed"]) == (False, [])

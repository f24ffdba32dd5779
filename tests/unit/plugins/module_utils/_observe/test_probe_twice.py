"""A target that seems hung is asked a second time; nobody else is."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe

SETTINGS = object()


@pytest.fixture
def seen(monkeypatch):
    """Let probes see these verdicts, one after the other; sleeping is written down instead of done."""
    pauses = []
    monkeypatch.setattr(probe.time, "sleep", pauses.append)

    def let(*verdicts):
        turn = iter(verdicts)

        def found(_settings):
            return {"protocols": {"vhost": {"verdict": next(turn)}}, "warnings": [], "status": "?"}

        monkeypatch.setattr(probe, "probe", found)
        return pauses

    return let


def test_one_that_stays_hung_is_hung(seen):
    pauses = seen("hung", "hung")
    assert probe.probe_twice(SETTINGS, 10)["protocols"]["vhost"]["verdict"] == "hung"
    assert pauses == [10]


@pytest.mark.parametrize("second", ["healthy", "starting", "stopped", "unknown"])
def test_one_that_was_merely_slow_is_what_it_is_now_and_says_so(seen, second):
    seen("hung", second)
    health = probe.probe_twice(SETTINGS, 10)
    assert health["protocols"]["vhost"]["verdict"] == second
    assert "10 s later" in health["warnings"][0]


@pytest.mark.parametrize("verdict", ["healthy", "starting", "absent", "stopped", "refused", "unknown"])
def test_nobody_else_is_waited_for(seen, verdict):
    pauses = seen(verdict)
    assert probe.probe_twice(SETTINGS, 10)["protocols"]["vhost"]["verdict"] == verdict
    assert pauses == []


def test_one_that_stays_unready_is_asked_twice_too(seen):
    pauses = seen("unready", "unready", "unready", "healthy")
    assert probe.probe_twice(SETTINGS, 10)["protocols"]["vhost"]["verdict"] == "unready"
    again = probe.probe_twice(SETTINGS, 10)
    assert pauses == [10, 10] and "seemed unready at first, but was not unready 10 s later" in again["warnings"][0]


def test_zero_asks_once(seen):
    assert seen("hung") == [] and probe.probe_twice(SETTINGS, 0)["warnings"] == []

"""What the heal leaves to another deployer: counted, told, never attempted."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import ANOTHERS, HEALED
from ansible_collections.zstack.zbs.plugins.module_utils._tick import attempt_phases
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger

pytestmark = pytest.mark.usefixtures("no_fsync")


@pytest.mark.parametrize("verdict", HEALED)
def test_where_another_deploys_no_verdict_begins_an_attempt(tick, verdict):
    for number in range(5):
        seen = tick("observe", verdict, deploy=False)
        assert (seen["decisions"], seen["due"]) == ({"vhost": "left"}, [])
        assert seen["next_attempt_in_ticks"] == {"vhost": None}
        entry = seen["entries"]["vhost"]
        assert (entry["status"], entry["failures"], entry["left"], "due" in entry) == ("Disconnected", 0, True, False)
        assert seen["changed"] is (number == 0)
        begun = tick("begin", verdict, deploy=False)
        assert (begun["begun"], begun["decisions"], begun["lease_id"]) == ([], {"vhost": "refused"}, None)
        assert "left to another deployer" in begun["warn"][0]


@pytest.mark.parametrize("verdict", ["foreign"])
def test_the_target_of_another_is_left_although_targets_are_deployed_here(tick, verdict):
    assert verdict in ANOTHERS
    seen = tick("observe", verdict)
    assert (seen["decisions"], seen["due"], seen["entries"]["vhost"]["left"]) == ({"vhost": "left"}, [], True)
    assert tick("begin", verdict)["decisions"] == {"vhost": "refused"}
    assert tick("begin", "stopped")["decisions"] == {"vhost": "refused"}  # no tick has found it due
    assert tick("observe", "stopped")["decisions"] == {"vhost": "due"}
    assert tick("begin", "stopped")["begun"] == ["vhost"]


def test_the_oldest_target_is_neither_counted_nor_attempted(tick):
    seen = tick("observe", "legacy")
    assert (seen["decisions"], seen["entries"], seen["health"]["status"]) == ({"vhost": "unsure"}, {}, "Unknown")
    assert tick("begin", "legacy")["begun"] == []


def test_an_outage_in_which_another_took_over_the_deploying(tick):
    tick("observe", "stopped")
    tick("begin", "stopped")
    tick("finish", "stopped")
    skips = []
    for _number in range(4):
        seen = tick("observe", "stopped", deploy=False)
        assert seen["decisions"] == {"vhost": "left"}
        skips.append(seen["entries"]["vhost"]["skip"])
    assert skips == [1, 0, 0, 0]  # the window goes on counting
    assert tick("observe", "stopped")["due"] == ["vhost"]  # and back
    assert "left" not in tick("begin", "stopped")["entries"]["vhost"]


def test_an_attempt_under_way_is_told_as_ever(tick):
    tick("observe", "stopped")
    tick("begin", "stopped")
    assert tick("observe", "stopped", deploy=False)["decisions"] == {"vhost": "in_progress"}


def test_one_that_comes_back_is_well(tick, tmp_path):
    tick("observe", "stopped", deploy=False)
    assert tick("observe", "healthy", deploy=False, reset_after=2)["decisions"] == {"vhost": "recovering"}
    assert "left" not in json.dumps(ledger.read_ledger(str(tmp_path)).entries)
    assert tick("observe", "healthy", deploy=False, reset_after=2)["decisions"] == {"vhost": "cleared"}


def test_a_hold_does_not_make_it_ours(tick):
    assert tick("observe", "stopped", deploy=False, hold=True)["decisions"] == {"vhost": "left"}


def test_nothing_is_asked_twice_where_nothing_would_be_done(tick, monkeypatch):
    pauses = []
    monkeypatch.setattr(probe.time, "sleep", pauses.append)
    tick("observe", "hung", deploy=False, hung_recheck=10.0)
    assert pauses == []
    tick("observe", "unready", hung_recheck=10.0)
    assert pauses == [10.0]


def test_a_ledger_with_a_mark_that_is_no_mark_is_damaged(tick, tmp_path):
    tick("observe", "stopped", deploy=False)
    path = tmp_path / ledger.NAME
    path.write_text(path.read_text().replace('"left": true', '"left": "yes"').replace('"left":true', '"left":"yes"'))
    assert "no valid left" in ledger.read_ledger(str(tmp_path)).lost


# attempt_timeout, seconds for the client; the attempt itself may take 620 s
SECONDS = [(900.0, 220.0), (710.0, 30.0), (709.0, 0.0), (620.0, 0.0), (5000.0, 300.0)]


@pytest.mark.parametrize("lease, seconds", SECONDS)
@pytest.mark.parametrize("verdict", ["hung", "stopped"])
def test_what_a_begin_tells_of_the_client(tick, monkeypatch, lease, seconds, verdict):
    monkeypatch.setattr(attempt_phases.client, "state", lambda: "missing")
    options = {"deploy_timeout": 300.0, "wait": 20.0, "attempt_timeout": lease}
    tick("observe", verdict, **options)
    begun = tick("begin", verdict, **options)
    assert begun["client"] == {
        "path": "/etc/zbs/client.conf",
        "state": "missing",
        "needed": verdict == "hung",
        "seconds": seconds,
    }


def test_without_a_deploys_limit_nobody_knows_what_the_lease_leaves(tick):
    tick("observe", "stopped")
    assert tick("begin", "stopped")["client"]["seconds"] == 0.0

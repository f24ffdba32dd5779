"""The recovery module, run whole: ticks on a host whose target is not there."""

import json

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, short_folder

NAME = "zbs_vhost_recovery"
GOOD = {"spdk_get_version": target.VERSION, "vhost_get_controllers": []}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the module with options over those of a host without a target; `run.facts` is its folder of facts."""
    target.write_docker(tmp_path / "bin", **target.NO_CONTAINER)
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    with short_folder() as folder:

        def call(check_mode=False, **options):
            return run_module(NAME, call.options(**options), check_mode)

        call.facts = tmp_path / "facts"
        call.socket = folder + "/admin.sock"
        call.options = lambda **more: dict(
            {"host_ip": "h", "admin_socket": call.socket, "facts_dir": str(call.facts)}, **more
        )
        yield call


def test_a_tick_a_begin_a_finish(run):
    status, seen = run()
    assert (status, seen["changed"], seen["due"], seen["decisions"]) == (0, True, ["vhost"], {"vhost": "due"})
    assert seen["health"]["protocols"]["vhost"]["verdict"] == "absent"
    assert list(seen["ansible_facts"]) == ["zbs_vhost"]
    assert json.loads(ledgers.path(run.facts).read_text()) == seen["ansible_facts"]["zbs_vhost"]
    _status, begun = run(phase="begin", who="AWX job 7")
    assert begun["begun"] == ["vhost"] and begun["entries"]["vhost"]["lease"]["who"] == "AWX job 7"
    _status, second = run(phase="begin")
    assert second["begun"] == [] and any("AWX job 7" in str(item) for item in second["warnings"])
    assert run()[1]["in_progress"] == ["vhost"]
    _status, done = run(phase="finish", error="zbsadm said no", lease_id="another")
    assert (done["decisions"], done["changed"], len(done["warnings"])) == ({"vhost": "refused"}, False, 1)
    _status, done = run(phase="finish", error="zbsadm said no", lease_id=begun["lease_id"])
    assert (done["outcome"], done["entries"]["vhost"]["lease"]) == ("failed", None)
    assert run()[1]["decisions"] == {"vhost": "waiting"}
    assert run(phase="clear")[1]["entries"] == {}


def silent_for(times):
    """A behaviour that says nothing to the first `times` requests."""
    asked = []

    def behave(conn, request):
        asked.append(request)
        if len(asked) > times:
            target.behave(GOOD)(conn, request)

    return behave


def test_one_that_came_back_and_is_slow_at_its_turn_is_asked_twice(run):
    assert run()[1]["health"]["protocols"]["vhost"]["verdict"] == "absent"
    with Peer(run.socket, silent_for(1)):
        begun = run(phase="begin", timeout=0.5, hung_recheck=0.01)[1]
    assert begun["begun"] == [] and begun["decisions"] == {"vhost": "refused"}
    assert "vhost is no longer down, so no attempt begins" in begun["warnings"]


def test_a_healthy_host_writes_nothing(run):
    with Peer(run.socket, target.behave(GOOD)):
        status, seen = run()
    assert (status, seen["changed"], seen["decisions"]) == (0, False, {"vhost": "well"})
    assert seen["ansible_facts"]["zbs_vhost"] == {"version": 1, "entries": {}}
    assert not run.facts.exists()


def test_recovery_clears(run):
    run()
    with Peer(run.socket, target.behave(GOOD)):
        assert run()[1]["decisions"] == {"vhost": "cleared"}
    assert run()[1]["due"] == ["vhost"]  # a second outage is attempted at once


@pytest.mark.parametrize("phase", ["observe", "begin", "finish", "clear"])
def test_check_mode_writes_nothing_and_says_the_same(run, phase):
    run()
    more = {"lease_id": run(phase="begin")[1]["lease_id"]} if phase == "finish" else {}
    before = ledgers.path(run.facts).read_bytes()
    predicted = run(True, phase=phase, **more)[1]
    assert ledgers.path(run.facts).read_bytes() == before
    done = run(phase=phase, **more)[1]
    for key in ("changed", "decisions", "due", "begun", "in_progress"):
        assert predicted[key] == done[key]


def test_a_lost_ledger_is_a_warning_and_the_longest_window(run):
    run.facts.mkdir()
    ledgers.path(run.facts).write_bytes(b"")
    _status, seen = run()
    assert seen["due"] == [] and seen["entries"]["vhost"]["skip"] == 64
    assert any("set aside" in str(item) for item in seen["warnings"])


BAD = [
    ({"max_skip": 0}, "max_skip"),
    ({"max_skip": 100001}, "max_skip"),
    ({"reset_after": 0}, "reset_after"),
    ({"flap_limit": -1}, "flap_limit"),
    ({"flap_window": -1}, "flap_window"),
    ({"flap_window": 10001}, "flap_window"),
    ({"primary_storage": " "}, "primary_storage"),
    ({"timeout": 0}, "timeout"),
    ({"attempt_timeout": 0}, "attempt_timeout"),
    ({"attempt_timeout": -1}, "attempt_timeout"),
    ({"attempt_timeout": "nan"}, "attempt_timeout"),
    ({"attempt_timeout": "inf"}, "attempt_timeout"),
    ({"attempt_timeout": 500, "deploy_timeout": 300}, "attempt_timeout"),
    ({"deploy_timeout": 0}, "deploy_timeout"),
    ({"deploy_timeout": "nan"}, "deploy_timeout"),
    ({"hung_recheck": -1}, "hung_recheck"),
    ({"hung_recheck": "nan"}, "hung_recheck"),
    ({"hung_recheck": "inf"}, "hung_recheck"),
]


@pytest.mark.parametrize("bad, word", BAD)
@pytest.mark.parametrize("phase", ["observe", "begin"])
def test_options_that_cannot_be(run, bad, word, phase):
    failure, _result = failure_of(NAME, run.options(phase=phase, **bad))
    assert failure["code"] == "bad_option" and word in failure["message"]
    assert not run.facts.exists()


def test_a_ledger_that_cannot_be_written_is_a_failure_with_its_folder(run):
    run.facts.write_text("a file")
    failure, _result = failure_of(NAME, run.options())
    assert failure["code"] == "ledger_unwritable" and failure["details"] == {"facts_dir": str(run.facts)}


@pytest.mark.parametrize(
    "bad", [{"phase": "x"}, {"phase": "finish"}, {"outcome": "x"}, {"max_skip": "many"}, {"foo": 1}]
)
def test_options_that_ansible_refuses(run, bad):
    status, result = run(**bad)
    assert status == 1 and result["failed"]

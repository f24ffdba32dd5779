"""The health module, run whole."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, short_folder

NAME = "zbs_vhost_health"
KEYS = ["container", "hugepages", "ledger", "probes", "process", "protocols", "reason", "status", "target", "volumes"]


@pytest.fixture
def options(tmp_path, monkeypatch):
    """Options of a host whose target is not there."""
    target.write_docker(tmp_path / "bin", **target.NO_CONTAINER)
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    with short_folder() as folder:
        yield {"host_ip": "172.30.0.11", "admin_socket": folder + "/admin.sock", "facts_dir": str(tmp_path / "facts")}


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_host_without_a_target(options, check_mode):
    status, result = run_module(NAME, options, check_mode, diff=True)
    assert (status, result["changed"], result["status"]) == (0, False, "Disconnected")
    assert result["protocols"]["vhost"]["verdict"] == "absent"
    assert set(KEYS) <= set(result) and "warn" not in result
    assert (result["ledger"], result["probes"]) == ({}, 1)
    assert not os.path.exists(options["facts_dir"])


def test_a_healthy_target_with_a_warning(options):
    with Peer(
        options["admin_socket"], target.behave({"spdk_get_version": target.VERSION, "vhost_get_controllers": []})
    ):
        status, result = run_module(NAME, dict(options, fail_on="unconnected"))
    assert (status, result["status"], result["target"]) == (0, "Connected", {"version": "SPDK v24.01"})
    assert any("Docker knows no container" in str(warning) for warning in result["warnings"])


@pytest.mark.parametrize(
    "fail_on, fails", [("never", False), ("disconnected", True), ("unknown", True), ("unconnected", True)]
)
def test_fail_on(options, fail_on, fails):
    given = dict(options, fail_on=fail_on)
    if not fails:
        assert run_module(NAME, given)[0] == 0
        return
    failure, _result = failure_of(NAME, given)
    assert failure["code"] == "not_connected" and "Disconnected" in failure["message"]
    assert failure["details"]["protocols"]["vhost"]["verdict"] == "absent"


def test_the_ledger_is_the_one_after_the_wait(options, tmp_path):
    """A heal that ended while the module waited for it is in what it returns."""
    well = target.behave({"spdk_get_version": target.VERSION, "vhost_get_controllers": []})

    def behave(conn, request):
        ledgers.observe(tmp_path / "facts", ledgers.DOWN)
        well(conn, request)

    with Peer(options["admin_socket"], behave):
        _status, result = run_module(NAME, options)
    assert result["status"] == "Connected" and result["ledger"]["zbs"]["vhost"]["status"] == "Disconnected"


def test_the_ledger_is_shown_and_a_lost_one_is_a_warning(options, tmp_path):
    facts = tmp_path / "facts"
    ledgers.observe(facts, ledgers.DOWN)
    assert run_module(NAME, options)[1]["ledger"]["zbs"]["vhost"]["failures"] == 0
    ledgers.path(facts).write_bytes(b"{")
    _status, result = run_module(NAME, options)
    assert result["ledger"] == {} and any("can't be understood" in str(item) for item in result["warnings"])
    assert ledgers.path(facts).read_bytes() == b"{"  # read only


BAD = [
    ({"timeout": 0}, "timeout"),
    ({"timeout": "nan"}, "timeout"),
    ({"interval": 0}, "interval"),
    ({"wait": -1}, "wait"),
    ({"protocols": []}, "protocols"),
    ({"protocols": ["cbd"]}, "cbd_heartbeat"),
    ({"protocols": ["cbd"], "cbd_heartbeat": "/dev/sda"}, "cbd_heartbeat"),
    ({"hung_recheck": "nan"}, "hung_recheck"),
    ({"hung_recheck": -1}, "hung_recheck"),
    ({"hung_recheck": "inf"}, "hung_recheck"),
]


@pytest.mark.parametrize("bad, word", BAD)
def test_options_that_cannot_be(options, bad, word):
    failure, _result = failure_of(NAME, dict(options, **bad))
    assert failure["code"] == "bad_option" and word in failure["message"]


@pytest.mark.parametrize(
    "bad", [{"host_ip": None}, {"protocols": ["nfs"]}, {"fail_on": "x"}, {"timeout": "long"}, {"foo": 1}]
)
def test_options_that_ansible_refuses(options, bad):
    given = {key: value for key, value in dict(options, **bad).items() if value is not None}
    status, result = run_module(NAME, given)
    assert status == 1 and result["failed"] and "Traceback" not in result["msg"]


def test_a_path_that_is_too_long_is_unknown(options):
    _status, result = run_module(NAME, dict(options, admin_socket="/" + "x" * 107))
    assert result["status"] == "Unknown" and "longer than 107 bytes" in result["reason"]


@pytest.mark.parametrize("check_mode, names", [(False, ["zbs_vhost.prom"]), (True, [])])
def test_metrics_are_written_also_where_the_task_fails(options, tmp_path, check_mode, names):
    folder = tmp_path / "textfile"
    folder.mkdir()
    failure, result = failure_of(NAME, dict(options, textfile_dir=str(folder), fail_on="unconnected"), check_mode)
    assert failure["code"] == "not_connected" and os.listdir(folder) == names
    if names:
        assert 'zbs_vhost_up{protocol="vhost"} 0' in (folder / names[0]).read_text()


def test_metrics_change_nothing_and_need_their_folder(options, tmp_path):
    assert run_module(NAME, dict(options, textfile_dir=str(tmp_path)))[1]["changed"] is False
    assert failure_of(NAME, dict(options, textfile_dir=str(tmp_path / "not")))[0]["code"] == "textfile"


@pytest.mark.parametrize(
    "text, reason", [('{"reason": "new kernel", "until": "2999-01-02T03:04:05Z"}', "new kernel"), ("", "understood")]
)
def test_a_hold_beside_the_ledger_is_shown(options, tmp_path, text, reason):
    (tmp_path / "zbs_vhost.hold").write_text(text)
    _status, result = run_module(NAME, dict(options, facts_dir=str(tmp_path)))
    assert reason in result["hold"]["reason"] and result["hold"]["source"] == str(tmp_path / "zbs_vhost.hold")
    assert bool(result.get("warnings")) is (text == "")


def test_a_hold_that_is_over_is_none(options, tmp_path):
    (tmp_path / "zbs_vhost.hold").write_text('{"reason": "r", "until": "2000-01-02T03:04:05Z"}')
    assert run_module(NAME, dict(options, facts_dir=str(tmp_path)))[1]["hold"] is None


@pytest.mark.parametrize("found", [["10.0.0.11", "fd00::11"], [], None])
def test_the_hosts_addresses(options, monkeypatch, found):
    from ansible_collections.zstack.zbs.plugins.module_utils._observe import addresses

    monkeypatch.setattr(addresses, "read_addresses", lambda: found)
    _status, result = run_module(NAME, options)
    assert result["addresses"] == found
    assert any("addresses of this host" in warning for warning in result["warnings"]) is (found is None)


def test_what_the_ledger_knows_of_a_disk_is_in_its_row(options, tmp_path, monkeypatch):
    from ansible_collections.zstack.zbs.plugins.module_utils._observe import demand
    from ansible_collections.zstack.zbs.plugins.module_utils._window.window import Clock
    from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB, disk, found, need

    facts = tmp_path / "facts"
    facts.mkdir()
    now = Clock()
    entry = {
        "status": "Disconnected",
        "verdict": "broken",
        "reason": "r",
        "since": ledgers.NOW,
        "failures": 1,
        "skip": 2,
    }
    entry.update(last_attempt=None, lease=None, held_by=["10.0.0.12"])
    known = {"a": disk(served=int(now.monotonic) - 50)}
    content = {"version": 1, "entries": {"zbs": {"volume:a": entry}}, "disks": {"known": known, "boot_id": now.boot_id}}
    ledgers.path(facts).write_text(json.dumps(content))
    monkeypatch.setattr(demand, "collect", lambda *_paths, **_more: found([WEB], need("a"), need("b")))
    _status, result = run_module(NAME, dict(options, textfile_dir=str(tmp_path)))
    held, free = result["demand"]
    assert (held["held_by"], free["held_by"], free["served_s_ago"]) == (["10.0.0.12"], None, None)
    assert 50 <= held["served_s_ago"] < 80
    assert "zbs_vhost_vm_disks_held_elsewhere 1\n" in (tmp_path / "zbs_vhost.prom").read_text()

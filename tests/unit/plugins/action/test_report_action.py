"""The report's action plugin: what it collects, prints, writes, and when it fails."""

import json
import os

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_report
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import registered
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action

WELL: dict = {"status": "Connected", "reason": None, "protocols": {"vhost": {"verdict": "healthy"}}, "volumes": []}
DOWN: dict = {"status": "Disconnected", "reason": "why", "protocols": {"vhost": {"verdict": "hung"}}, "volumes": []}
HOSTS = {"h2": {registered.HEALTH: DOWN}, "h1": {registered.HEALTH: WELL}, "h3": {}}


def tick(decision, health=None):
    due = ["vhost"] if decision == "due" else []
    return {"decisions": {"vhost": decision}, "due": due, "entries": {}, "health": health or WELL}


@pytest.fixture
def printed(monkeypatch):
    found = []
    monkeypatch.setattr(zbs_vhost_report.display, "display", lambda line, *_args, **_more: found.append(line))
    return found


def report(arguments, hosts=None, check_mode=False, **more):
    return run_action(zbs_vhost_report, arguments, play(HOSTS if hosts is None else hosts, **more), check_mode)


def test_every_host_of_the_play_is_in_the_rows_and_in_the_table(printed):
    result = report({"kind": "health"})
    assert [(row["host"], row["status"]) for row in result["rows"]] == [
        ("h1", "Connected"),
        ("h2", "Disconnected"),
        ("h3", "Unreachable"),
    ]
    assert result["changed"] is False and "failed" not in result
    assert len(printed) == 5 and printed[-1] == "3 hosts: 1 Connected, 1 Disconnected, 1 Unreachable"


def test_the_totals_are_stats_for_awx(printed):
    result = report({"kind": "health"})
    assert result["ansible_stats"] == {
        "data": {"zbs_vhost_health": result["totals"]},
        "per_host": False,
        "aggregate": False,
    }


def test_a_heal_follows_tick_begin_and_finish(printed):
    hosts = {
        "done": {
            registered.TICK: tick("due", DOWN),
            registered.BEGIN: {"decisions": {"vhost": "begun"}, "begun": ["vhost"]},
            registered.FINISH: {"outcome": "healed", "error": None, "entries": {}, "health": WELL},
        },
        "refused": {
            registered.TICK: tick("due", DOWN),
            registered.BEGIN: {"decisions": {"vhost": "refused"}, "begun": [], "warnings": ["by job 1"]},
            registered.FINISH: {"skipped": True},
        },
        "later": {
            registered.TICK: tick("due", DOWN),
            registered.GATE: {"go": False, "reason": "the site is broken"},
            registered.BEGIN: {"skipped": True},
            registered.FINISH: {"outcome": "healed", "error": None, "entries": {}, "health": WELL},
        },
        "client": {
            registered.TICK: dict(tick("due", DOWN), decisions={"cbd": "due"}, due=["cbd"]),
            registered.BEGIN_CBD: {"decisions": {"cbd": "begun"}, "begun": ["cbd"]},
            registered.FINISH_CBD: {"outcome": "failed", "error": "no client", "entries": {}, "health": None},
        },
        "waits": {registered.TICK: tick("waiting", DOWN), registered.BEGIN: {"skipped": True}},
        "well": {registered.TICK: tick("well")},
        "gone": {registered.TICK: {"unreachable": True, "msg": "Task failed: no route to host"}},
        "frozen": {registered.TICK: {"failed": True, "timedout": {"period": 80}, "msg": "Timed out after 80 s"}},
        "broken": {registered.TICK: {"failed": True, "msg": "the ledger can't be written"}},
    }
    rows = {row["host"]: row for row in report({"kind": "heal"}, hosts)["rows"]}
    assert {name: row["result"] for name, row in rows.items()} == {
        "done": "healed",
        "refused": "refused",
        "later": "due",
        "client": "failed",
        "waits": "waiting",
        "well": "well",
        "gone": "unreachable",
        "frozen": "unreachable",
        "broken": "error",
    }
    assert rows["refused"]["reason"] == "by job 1" and rows["gone"]["reason"] == "no route to host"
    assert rows["later"]["reason"] == "the site is broken" and rows["client"]["reason"] == "no client"
    assert rows["broken"]["reason"] == "the ledger can't be written"


@pytest.mark.parametrize(
    "fail_on, failed",
    [("never", None), ("unreachable", "1 of 3 hosts"), ("failed", "1 of 3 hosts"), ("down", "2 of 3 hosts")],
)
def test_when_it_fails(printed, fail_on, failed):
    result = report({"kind": "health", "fail_on": fail_on})
    assert result.get("failed") is (True if failed else None)
    if failed:
        assert result["msg"].startswith(failed) and "h3 (unreachable)" in result["msg"]
        # The table is there all the same, and not once more in the result.
        assert len(printed) == 5 and "rows" not in result and "ansible_stats" not in result


def test_what_would_fail_is_told_to_who_wants_stats_and_a_failure(printed):
    result = report({"kind": "health"})
    assert result["failing"] == {
        "unreachable": "1 of 3 hosts: h3 (unreachable)",
        "failed": "1 of 3 hosts: h3 (unreachable)",
        "down": "2 of 3 hosts: h2 (Disconnected), h3 (unreachable)",
    }
    assert report({"kind": "health"}, {"h1": HOSTS["h1"]})["failing"] == {
        "unreachable": None,
        "failed": None,
        "down": None,
    }


@pytest.mark.parametrize("before", ["", "Task failed: ", "Task failed: Module failed: "])
def test_a_message_is_without_the_words_of_ansible(printed, before):
    hosts = {"h1": {registered.HEALTH: {"failed": True, "msg": before + "no such folder"}}}
    hosts["h2"] = {registered.HEALTH: {"unreachable": True, "msg": before + "no such folder"}}
    rows = report({"kind": "health"}, hosts)["rows"]
    assert [row["reason"] for row in rows] == ["no such folder"] * 2
    assert [row["result"] for row in rows] == ["error", "unreachable"]


def test_the_file_holds_rows_and_totals_and_is_replaced_whole(printed, tmp_path):
    path = tmp_path / "fleet.json"
    path.write_text("old")
    result = report({"kind": "health", "path": str(path)})
    assert json.loads(path.read_text(encoding="utf-8")) == {"rows": result["rows"], "totals": result["totals"]}
    assert os.listdir(tmp_path) == ["fleet.json"]


def test_check_mode_writes_no_file(printed, tmp_path):
    given = {"kind": "health", "path": str(tmp_path / "fleet.json"), "page": str(tmp_path / "fleet.html")}
    # The task may be in check mode by itself, in a run that is not.
    report(given, check_mode=True, ansible_check_mode=False)
    assert printed and os.listdir(tmp_path) == []


def test_the_page_holds_every_host(printed, tmp_path):
    path = tmp_path / "fleet.html"
    report({"kind": "health", "page": str(path)})
    text = path.read_text(encoding="utf-8")
    assert all(">%s</th>" % host in text for host in HOSTS) and text.startswith("<!DOCTYPE html>")
    assert text.count("<details") == 2 and os.listdir(tmp_path) == ["fleet.html"]


def test_a_heal_has_no_page(printed, tmp_path):
    with pytest.raises(AnsibleActionFail):
        report({"kind": "heal", "page": str(tmp_path / "fleet.html")}, {})
    assert os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_written_is_one_sentence(printed, tmp_path):
    path = str(tmp_path / "not" / "there.json")
    with pytest.raises(AnsibleActionFail) as caught:
        report({"kind": "health", "path": path})
    assert path in str(caught.value) and caught.value.__cause__ is None


def test_a_folder_in_the_files_place_leaves_nothing_behind(printed, tmp_path):
    (tmp_path / "fleet.json").mkdir()
    with pytest.raises(AnsibleActionFail):
        report({"kind": "health", "path": str(tmp_path / "fleet.json")})
    assert os.listdir(tmp_path) == ["fleet.json"]


@pytest.mark.parametrize("arguments", [{}, {"kind": "x"}, {"kind": "heal", "fail_on": "x"}, {"kind": "heal", "foo": 1}])
def test_bad_options(printed, arguments):
    with pytest.raises(AnsibleActionFail):
        report(arguments)
    assert printed == []


def believed(status, **more):
    row = {
        "storage": "zbs-1",
        "protocol": "Vhost",
        "status": status,
        "since": None,
        "changed": "Nov 3, 2026 4:05:06 PM",
    }
    return dict({"zstack_protocols": [row], "zstack_read_at": "2026-11-03T16:05:06Z"}, **more)


def test_the_managers_word_beside_ours_in_table_file_and_page(printed, tmp_path):
    hosts = {
        "h1": believed("Connected", **HOSTS["h1"]),
        "h2": believed("Connected", **HOSTS["h2"]),
        "h3": HOSTS["h1"],
    }
    json_path, page_path = tmp_path / "fleet.json", tmp_path / "fleet.html"
    report({"kind": "health", "compare_zstack": True, "path": str(json_path), "page": str(page_path)}, hosts)
    rows = {row["host"]: row for row in json.loads(json_path.read_text(encoding="utf-8"))["rows"]}
    assert rows["h1"]["disagrees"] is None and rows["h3"]["manager"] is None
    assert "manager Connected since Nov 3, 2026" in rows["h2"]["disagrees"]
    assert rows["h2"]["manager"][0]["host"] == "Disconnected"
    assert "DISAGREES" in printed[0] and rows["h2"]["disagrees"] in printed[2] and "not reported" in printed[3]
    assert printed[-1].endswith("; the manager disagrees on 1")
    page = page_path.read_text(encoding="utf-8")
    assert "≠ Vhost of zbs-1: manager Connected" in page and "Manager and host" in page


def test_without_the_option_nothing_is_said_of_the_manager(printed):
    result = report({"kind": "health"}, {"h2": believed("Connected", **HOSTS["h2"])})
    assert "disagrees" not in result["rows"][0] and "DISAGREES" not in printed[0]


def test_a_heal_compares_nothing(printed):
    with pytest.raises(AnsibleActionFail):
        report({"kind": "heal", "compare_zstack": True}, {})

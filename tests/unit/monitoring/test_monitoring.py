"""Alerts and dashboard: every name in them is a metric that exists, every metric is on the dashboard, every alert has its page."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils._guard import metrics as metrics_of_the_guard
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import STATUS_OF
from ansible_collections.zstack.zbs.plugins.module_utils._window import textfile

from lab.settings import CLONE as ROOT

RULES = ROOT / "extensions/prometheus/zbs_vhost_rules.yml"
TESTS = ROOT / "extensions/prometheus/zbs_vhost_rules_test.yml"
DASHBOARD = ROOT / "extensions/grafana/zbs_vhost.json"
PAGE = "https://github.com/zstackio/ansible-collection-zstack-zbs/blob/main/docs/troubleshooting.md#"
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=str(ROOT / ".cache/promtool"))
# What the guard of a host writes beside the health; where the collection has one, it has to be so.
GUARD = {
    "zbs_vhost_guard_timestamp_seconds",
    "zbs_vhost_guard_disks",
    "zbs_vhost_guard_disks_left",
    "zbs_vhost_guard_disks_restored_total",
}
# What a scrape adds, and Prometheus' own series of alerts.
SCRAPED = {"instance", "job"}
OWN = {"ALERTS": {"alertname", "alertstate", "severity"}}


def written():
    """{metric: its labels} of a host about which everything is known."""
    row = {"status": "Connected", "verdict": "healthy", "reason": None, "latency_ms": 1.0}
    health = {
        "protocols": {"vhost": row},
        "volumes": [{"broken": False}],
        "demand": [{"broken": False, "held_by": None}],
        "hugepages": [{"size_kib": 2048, "total": 1, "free": 1, "reserved": 0}],
        "process": {"hugepages_kib": 2048},
        "container": {"restart_count": 0},
        "target": {"version": "1"},
        "hold": None,
    }
    text = textfile.render(health, {"zbs": {"vhost": {"failures": 1, "skip": 2}}}, 1)
    found = {name: set() for name in re.findall(r"^# TYPE (\S+)", text, re.M)}
    for name, labels in re.findall(r"^(zbs_\w+)\{(.*)\}", text, re.M):
        found[name] |= set(re.findall(r"(\w+)=", labels))
    return found


KNOWN = dict(written(), **{name: set() for name in GUARD}, **OWN)


def alerts():
    """{alert: rule} of all groups."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def panels():
    """Those that ask something."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries():
    """(where, expression) of everything that is asked."""
    found = [(f"alert {name}", rule["expr"]) for name, rule in alerts().items()]
    return found + [(f"panel {panel['title']}", one["expr"]) for panel in panels() for one in panel["targets"]]


QUERIES = queries()


def metrics(expression):
    """The metrics of an expression."""
    return set(re.findall(r"\b(?:zbs_vhost_\w+|ALERTS)\b", re.sub(r'"[^"]*"', '""', expression)))


@pytest.mark.parametrize("where, expression", QUERIES, ids=[where for where, _expression in QUERIES])
def test_every_name_in_it_exists(where, expression):
    asked = metrics(expression)
    assert asked and asked <= set(KNOWN), f"{where} asks for {sorted(asked - set(KNOWN))}, which nobody writes"
    known = set().union(*(KNOWN[name] for name in asked), SCRAPED)
    listed = re.findall(r"\b(?:by|on|ignoring|without) \(([^)]*)\)", expression)
    labels = {label.strip() for text in listed for label in text.split(",")}
    labels |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    assert labels <= known, f"{where} knows labels {sorted(labels - known)}, which none of its metrics has"


@pytest.mark.parametrize(
    "labels, metric", [("protocol", "up"), ("instance, protocol", "hugepages_free_bytes"), ("no", "up")]
)
def test_a_label_that_is_not_there_is_noticed(labels, metric):
    expression = f"sum by ({labels}) (zbs_vhost_{metric})"
    if labels == "protocol":
        test_every_name_in_it_exists("here", expression)
    else:
        with pytest.raises(AssertionError, match="which none of its metrics has"):
            test_every_name_in_it_exists("here", expression)


def test_a_metric_that_is_not_there_is_noticed():
    with pytest.raises(AssertionError, match="which nobody writes"):
        test_every_name_in_it_exists("here", "zbs_vhost_ups == 0")


def test_the_dashboard_shows_every_metric():
    shown = set().union(*(metrics(expression) for where, expression in QUERIES if where.startswith("panel")))
    assert set(KNOWN) - shown <= {"zbs_vhost_guard_disks"}


def test_the_guards_metrics_are_those_of_the_guard():
    source = Path(metrics_of_the_guard.__file__).read_text(encoding="utf-8")
    assert {f"zbs_vhost_{word}" for word in re.findall(r'family\(\s*"(guard_\w+)"', source)} == set(GUARD)


@pytest.mark.skipif(PROMTOOL is None, reason="needs promtool (Debian: promtool, before 13 prometheus)")
def test_promtool_takes_every_expression(tmp_path):
    rules = [
        {"record": f"query:number{number}", "expr": expression.replace("$instance", ".*")}
        for number, (_where, expression) in enumerate(QUERIES)
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    done = subprocess.run(
        [PROMTOOL, "check", "rules", "rules.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and f"{len(rules)} rules found" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_has_a_page_a_severity_and_a_test(name):
    rule = alerts()[name]
    words = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert rule["annotations"]["runbook_url"] == PAGE + name.lower()
    assert re.search(rf"^### {name}$", words, re.M), f"docs/troubleshooting.md has no heading ### {name}"
    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    cases = [case for one in yaml.safe_load(TESTS.read_text())["tests"] for case in one["alert_rule_test"]]
    assert any(case["alertname"] == name and case.get("exp_alerts") for case in cases)
    assert any(case["alertname"] == name and not case.get("exp_alerts") for case in cases)


def test_no_page_is_of_an_alert_that_is_gone():
    headings = re.findall(r"^### (Zbs\w+)$", (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == sorted(alerts())


def test_the_one_that_starts_heals_is_the_one_that_the_source_takes():
    source = (ROOT / "extensions/eda/plugins/zstack_zbs_events/reports.py").read_text(encoding="utf-8")
    ((label, value),) = re.findall(r'^LABEL, VALUE = "(\w+)", "(\w+)"$', source, re.M)
    assert [name for name, rule in alerts().items() if rule["labels"].get(label) == value] == ["ZbsVhostHealNow"]


def test_panels_lie_side_by_side_and_ask_the_chosen_source():
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _y in cells) < 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "instance"}
    assert set(STATUS_OF) >= {"unknown", "starting"}

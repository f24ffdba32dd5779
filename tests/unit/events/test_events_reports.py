"""Posts to the webhook: what each says of hosts, and that none is an error."""

import pytest
from zstack_zbs_events import reports

LABELS = {"alertname": "ZbsVhostHealNow", "zbs_vhost_heal": "now", "instance": "kvm1:9100"}


def alert(status="firing", **labels):
    found = {name: value for name, value in dict(LABELS, **labels).items() if value is not None}
    return {"status": status, "labels": found}


@pytest.mark.parametrize(
    "alerts, down, over",
    [
        ([alert()], [("kvm1:9100",)], []),
        ([alert("resolved")], [], [("kvm1:9100",)]),
        ([alert(instance="a"), alert("resolved", instance="b"), alert(instance="c")], [("a",), ("c",)], [("b",)]),
        ([], [], []),
    ],
)
def test_alertmanager(alerts, down, over):
    found = reports.read("alertmanager", {"version": "4", "status": "firing", "truncatedAlerts": 0, "alerts": alerts})
    assert (found.down, found.over, found.refused) == (down, over, [])


def test_another_label_names_the_host():
    assert reports.read("alertmanager", {"alerts": [alert(host="kvm9")]}, "host").down == [("kvm9",)]


@pytest.mark.parametrize(
    "names, written",
    [
        ({"host_ip": "10.0.0.11", "host": "kvm1"}, ("10.0.0.11", "kvm1")),
        ({"host_ip": None, "host": "kvm1"}, ("kvm1",)),
        ({"host_ip": "10.0.0.11"}, ("10.0.0.11",)),
    ],
)
def test_the_guard(names, written):
    found = reports.read(
        "guard", dict(names, event="zbs_vhost_target_down", state="gone", reason="{{ x }}", down_seconds=5.0)
    )
    assert (found.down, found.over, found.refused) == ([written], [written], [])


@pytest.mark.parametrize(
    "endpoint, payload, says",
    [
        ("", {}, "a post to /''; post to /alertmanager or /guard"),
        ("x\ny", {}, r"a post to /'x\ny'"),
        ("alertmanager", [], "no JSON object"),
        ("alertmanager", "all", "no JSON object"),
        ("alertmanager", None, "no JSON object"),
        ("alertmanager", {}, "without alerts"),
        ("alertmanager", {"alerts": {"0": alert()}}, "without alerts"),
        ("alertmanager", {"alerts": [7]}, "an alert without labels"),
        ("alertmanager", {"alerts": [{"status": "firing"}]}, "an alert without labels"),
        ("alertmanager", {"alerts": [alert(zbs_vhost_heal=None)]}, "which has no label zbs_vhost_heal=now"),
        ("alertmanager", {"alerts": [alert(zbs_vhost_heal="later")]}, "which has no label zbs_vhost_heal=now"),
        ("alertmanager", {"alerts": [alert(instance=None)]}, "an alert without a label instance"),
        ("alertmanager", {"alerts": [alert(instance="")]}, "an alert without a label instance"),
        ("alertmanager", {"alerts": [alert(instance=["kvm1", "kvm2"])]}, "an alert without a label instance"),
        ("alertmanager", {"alerts": [alert(instance={"a": 1})]}, "an alert without a label instance"),
        ("alertmanager", {"alerts": [alert(instance="k" * 300)]}, "an alert without a label instance"),
        ("alertmanager", {"alerts": [alert("pending")]}, "whose status is 'pending'"),
        ("alertmanager", {"alerts": [alert(None)]}, "whose status is None"),
        ("alertmanager", {"alerts": [], "truncatedAlerts": 40}, "40 alerts that Alertmanager left out"),
        ("guard", {"host": "kvm1"}, "whose event is None; there is zbs_vhost_target_down"),
        ("guard", {"host": "kvm1", "event": "zbs_vhost_target_up"}, "whose event is 'zbs_vhost_target_up'"),
        ("guard", {"event": "zbs_vhost_target_down"}, "without a host_ip or a host"),
        (
            "guard",
            {"event": "zbs_vhost_target_down", "host": True, "host_ip": ["10.0.0.11"]},
            "without a host_ip or a host",
        ),
    ],
)
def test_what_is_of_no_use_is_a_sentence_and_names_nobody(endpoint, payload, says):
    found = reports.read(endpoint, payload)
    assert (found.down, found.over) == ([], []) and len(found.refused) == 1 and says in found.refused[0]


def test_one_bad_alert_takes_no_other_with_it():
    found = reports.read("alertmanager", {"alerts": [7, alert(instance="a"), {}, alert("resolved", instance="b")]})
    assert (found.down, found.over, len(found.refused)) == ([("a",)], [("b",)], 2)


@pytest.mark.parametrize("value", ["a\nWARNING forged", "\x1b[2J", "x" * 10**6, {"deep": ["x" * 1000]}])
def test_a_value_is_one_short_line_of_a_log(value):
    text = reports.short(value)
    assert len(text) <= 80 and text.isprintable()

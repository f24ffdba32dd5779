"""The manager's word beside the host's."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import disagree

NOW = "2026-11-20T12:00:00Z"


def known(status, protocol="Vhost", since="2026-11-20T09:59:00Z", read_at="2026-11-20T11:59:00Z", **more):
    row = {"storage": "zbs-1", "storage_uuid": "u", "protocol": protocol, "status": status}
    row.update({"since": since, "changed": "Nov 20, 2026 9:59:00 AM"}, **more)
    return {"zstack_protocols": [row], "zstack_read_at": read_at}


def health(verdict, protocol="vhost", ledger=None):
    return {"status": "x", "protocols": {protocol: {"verdict": verdict}}, "ledger": ledger or {}}


def verdict_of(found):
    return found["manager"][0]["disagrees"]


@pytest.mark.parametrize(
    "theirs, ours, disagrees",
    [
        ("Connected", "healthy", False),
        ("Connected", "stopped", True),
        ("Disconnected", "healthy", True),
        ("Disconnected", "hung", False),
        ("Connecting", "starting", False),
        ("Connecting", "healthy", True),
        ("Connected", "unknown", None),
        ("Nonsense", "healthy", None),
        (None, "healthy", None),
    ],
)
def test_who_knows_disagrees_or_not(theirs, ours, disagrees):
    found = disagree.compare(known(theirs), health(ours), {"status": "x"}, NOW)
    assert verdict_of(found) is disagrees
    assert bool(found["disagrees"]) is bool(disagrees)


def test_both_words_and_ages():
    ledger = {"zbs": {"vhost": {"since": "2026-11-20T11:55:00Z"}}}
    found = disagree.compare(known("Connected"), health("stopped", ledger=ledger), {"status": "Disconnected"}, NOW)
    assert found["disagrees"] == (
        "Vhost of zbs-1: manager Connected for 2 h (asked 60 s ago), host Disconnected for 5 min"
    )
    assert found["manager_read_at"] == "2026-11-20T11:59:00Z"


def test_an_age_that_is_not_known_is_not_told():
    found = disagree.compare(known("Connected", since=None), health("stopped"), {"status": "Disconnected"}, NOW)
    assert found["disagrees"] == (
        "Vhost of zbs-1: manager Connected since Nov 20, 2026 9:59:00 AM by its own clock (asked 60 s ago), "
        "host Disconnected now"
    )


def test_a_manager_ahead_of_us_has_no_age():
    found = disagree.compare(known("Connected", since="2026-11-20T19:59:00Z"), health("stopped"), {"status": "x"}, NOW)
    assert "by its own clock" in found["disagrees"]


def test_an_entry_that_outlives_its_outage_tells_nothing_of_a_healthy_target():
    ledger = {"zbs": {"vhost": {"since": "2026-11-20T11:55:00Z"}}}
    found = disagree.compare(known("Disconnected"), health("healthy", ledger=ledger), {"status": "Connected"}, NOW)
    assert found["disagrees"].endswith("host Connected now")


def test_a_protocol_that_nobody_looked_at_here():
    found = disagree.compare(known("Disconnected", protocol="CBD"), health("healthy"), {"status": "Connected"}, NOW)
    assert verdict_of(found) is None and found["disagrees"] is None


def test_every_row_of_the_manager_is_there():
    two = known("Connected")
    two["zstack_protocols"] += known("Disconnected", protocol="CBD")["zstack_protocols"]
    both = {"protocols": {"vhost": {"verdict": "stopped"}, "cbd": {"verdict": "healthy"}}}
    found = disagree.compare(two, both, {"status": "Connected"}, NOW)
    assert [item["disagrees"] for item in found["manager"]] == [True, True] and "; CBD of zbs-1" in found["disagrees"]


@pytest.mark.parametrize("theirs, disagrees", [("Connected", True), ("Disconnected", False)])
def test_a_host_that_we_can_not_reach(theirs, disagrees):
    found = disagree.compare(known(theirs), {}, {"status": "Unreachable"}, NOW)
    assert verdict_of(found) is disagrees


def test_a_look_that_failed_is_no_opinion():
    assert verdict_of(disagree.compare(known("Connected"), {}, {"status": "Unknown"}, NOW)) is None


@pytest.mark.parametrize("variables", [{}, {"zstack_protocols": None}, {"zstack_protocols": []}])
def test_a_manager_that_tells_nothing(variables):
    found = disagree.compare(variables, health("stopped"), {"status": "Disconnected"}, NOW)
    assert found["manager"] is None and found["disagrees"] is None and disagree.cell(found) == "not reported"


@pytest.mark.parametrize(
    "since, words",
    [("2026-11-20T11:59:59Z", "1 s"), ("2026-11-20T11:58:00Z", "2 min"), ("2026-11-18T12:00:00Z", "2 d"), ("?", None)],
)
def test_ages(since, words):
    assert disagree.age(since, NOW) == words


def test_without_a_ledger_docker_may_know_since_when():
    row = {"status": "Disconnected", "since": "2026-11-20T11:50:00Z"}
    assert disagree.compare(known("Connected"), health("stopped"), row, NOW)["disagrees"].endswith(
        "host Disconnected for 10 min"
    )


def test_a_manager_that_tells_neither_when_nor_since_when():
    theirs = known("Connected", since=None, read_at=None, changed=None)
    found = disagree.compare(theirs, health("stopped"), {"status": "Disconnected"}, NOW)
    assert found["disagrees"] == "Vhost of zbs-1: manager Connected, host Disconnected now"

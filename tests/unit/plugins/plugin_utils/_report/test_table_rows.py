"""Rows of the fleet from what the hosts registered."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import table

KEYS = [
    "broken",
    "held_elsewhere",
    "hold",
    "host",
    "next_attempt",
    "no_reconnect",
    "reason",
    "result",
    "since",
    "status",
    "verdict",
    "volumes",
]


def health(verdict="healthy", status="Connected", reason=None, **more):
    """A return of zbs_vhost_health."""
    protocols = {"vhost": {"status": status, "verdict": verdict, "reason": reason}}
    return dict({"status": status, "reason": reason, "protocols": protocols, "volumes": [], "ledger": {}}, **more)


def entry(skip, since="2026-01-02T03:04:05Z"):
    return {"skip": skip, "since": since, "failures": 1}


def tick(decision, entries=None, **more):
    """A return of zbs_vhost_recovery."""
    due = ["vhost"] if decision == "due" else []
    return {"decisions": {"vhost": decision}, "due": due, "entries": entries or {}, "health": health(**more)}


BEGUN = {"vhost": {"begun": ["vhost"], "decisions": {"vhost": "begun"}}}


def test_a_healthy_host():
    assert table.health_row("h1", health(volumes=[{"broken": False}, {"broken": True}, {}])) == {
        "host": "h1",
        "status": "Connected",
        "verdict": "healthy",
        "since": None,
        "volumes": 3,
        "broken": 1,
        "held_elsewhere": 0,
        "no_reconnect": [],
        "next_attempt": None,
        "hold": None,
        "result": None,
        "reason": None,
    }


def test_a_host_that_is_down_shows_its_ledger():
    row = table.health_row("h1", health("stopped", "Disconnected", "why", ledger={"zbs": {"vhost": entry(3)}}))
    assert (row["since"], row["next_attempt"], row["reason"]) == ("2026-01-02T03:04:05Z", 4, "why")


@pytest.mark.parametrize("hold", [None, {"reason": "new kernel", "until": None}])
def test_a_host_that_is_left_to_the_deployer(hold):
    left = {"vhost": dict(entry(3), left=True)}
    seen = tick("left", left, verdict="foreign", status="Disconnected", reason="why", hold=None)
    row = table.heal_row("h1", dict(seen, hold=hold))
    assert (row["result"], row["next_attempt"], row["reason"]) == ("left to the deployer", None, "Vhost: why")
    assert table.totals([row])["result"] == {"left to the deployer": 1} and table.fails([row], "failed") == []
    looked = table.health_row("h1", health("foreign", "Disconnected", "why", ledger={"zbs": left}))
    assert (looked["next_attempt"], looked["since"]) == (None, "2026-01-02T03:04:05Z")


def test_of_two_protocols_the_one_that_is_attempted_is_told():
    seen = tick("left", {"vhost": dict(entry(0), left=True), "cbd": entry(0)})
    seen["decisions"]["cbd"], seen["due"] = "due", ["cbd"]
    row = table.heal_row("h1", seen)
    assert (row["result"], row["next_attempt"]) == ("due", 0)


@pytest.mark.parametrize(
    "verdict, ended, since",
    [
        ("stopped", "2026-01-02T03:04:05.678901234Z", "2026-01-02T03:04:05Z"),
        ("stopped", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("stopped", None, None),
        ("stopped", 7, None),
        ("refused", "2026-01-02T03:04:05Z", None),
    ],
)
def test_without_a_ledger_docker_tells_since_when_a_target_is_stopped(verdict, ended, since):
    row = table.health_row("h1", health(verdict, "Disconnected", "why", container={"finished_at": ended}))
    assert row["since"] == since


def test_the_ledger_knows_better_than_docker_since_when():
    found = health("stopped", "Disconnected", "why", ledger={"zbs": {"vhost": entry(3)}})
    found["container"] = {"finished_at": "2030-01-01T00:00:00Z"}
    assert table.health_row("h1", found)["since"] == "2026-01-02T03:04:05Z"


HOLD = {"reason": "new kernel", "until": "2026-01-02T03:04:05Z", "source": "/etc/ansible/facts.d/zbs_vhost.hold"}


def test_a_hold_is_in_the_row_of_a_health_and_of_a_heal():
    assert table.health_row("h1", health(hold=HOLD))["hold"] == HOLD
    assert table.heal_row("h1", tick("well") | {"hold": HOLD})["hold"] == HOLD
    assert table.heal_row("h1", tick("well"))["hold"] is None


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_of_several_storages_the_first_outage_and_the_next_attempt_count(order):
    all_entries = {"a": {"vhost": entry(9, "2026-01-01")}, "b": {"vhost": entry(2, "2026-01-05")}}
    row = table.health_row("h1", health(ledger={name: all_entries[name] for name in order}))
    assert (row["since"], row["next_attempt"]) == ("2026-01-01", 3)


def test_several_protocols_share_the_verdict_cell():
    both = {"vhost": {"verdict": "hung"}, "cbd": {"verdict": "healthy"}}
    assert table.health_row("h1", health(protocols=both))["verdict"] == "healthy, hung"


@pytest.mark.parametrize("found", [{}, {"status": "Unknown", "volumes": None, "protocols": None, "ledger": None}])
def test_a_health_with_gaps(found):
    row = table.health_row("h1", found)
    assert sorted(row) == KEYS and row["status"] == "Unknown"


@pytest.mark.parametrize(
    "decision, result",
    [
        ("well", "well"),
        ("cleared", "well"),
        ("due", "due"),
        ("in_progress", "in progress"),
        ("waiting", "waiting"),
        ("unsure", "unsure"),
        ("held", "held"),
        ("recovering", "recovering"),
    ],
)
def test_the_word_of_a_tick(decision, result):
    assert table.heal_row("h1", tick(decision))["result"] == result


def test_the_gravest_protocol_gives_the_word():
    found = dict(tick("well"), decisions={"vhost": "waiting", "cbd": "due"}, due=["cbd"])
    assert table.heal_row("h1", found)["result"] == "due"


DOWN = {"verdict": "stopped", "status": "Disconnected", "reason": "r"}


def test_an_attempt_that_was_finished():
    finish = {"outcome": "failed", "error": "zbsadm said no", "entries": {"vhost": entry(4)}, "health": None}
    row = table.heal_row("h1", tick("due", **DOWN), BEGUN, {"vhost": finish})
    assert (row["result"], row["reason"], row["next_attempt"]) == ("failed", "zbsadm said no", 5)
    assert row["status"] == "Disconnected"


def test_an_attempt_that_healed_has_no_next_one():
    finish = {"outcome": "healed", "error": None, "entries": {"vhost": entry(4)}, "health": health()}
    row = table.heal_row("h1", tick("due", **DOWN), BEGUN, {"vhost": finish})
    assert (row["result"], row["status"], row["reason"], row["next_attempt"]) == ("healed", "Connected", None, None)


def test_a_begin_that_was_refused_says_why():
    begin = {"begun": [], "decisions": {"vhost": "refused"}, "warnings": ["by job 1", "and more"]}
    row = table.heal_row("h1", tick("due"), {"vhost": begin})
    assert (row["result"], row["reason"]) == ("refused", "by job 1; and more")
    assert table.heal_row("h1", tick("due", reason="r"), {"vhost": dict(begin, warnings=[])})["reason"] == "Vhost: r"


def test_a_host_whose_turn_did_not_come_stays_due_and_says_why():
    """Whatever an earlier tick of the same play left registered."""
    old = {"outcome": "healed", "error": None, "entries": {}, "health": health()}
    gate = {"go": False, "reason": "the site is broken"}
    row = table.heal_row(
        "h1", tick("due", {"vhost": entry(0)}, **DOWN), {"vhost": {"skipped": True}}, {"vhost": old}, gate
    )
    assert (row["result"], row["reason"], row["next_attempt"]) == ("due", "the site is broken", 0)
    assert table.heal_row("h1", tick("due", **DOWN))["reason"] == "Vhost: r"  # check mode: there is no gate


def test_an_attempt_that_was_cut_off_has_failed():
    row = table.heal_row("h1", tick("due", **DOWN), BEGUN, {"vhost": {"unreachable": True, "msg": "no route"}})
    assert row["result"] == "failed" and "cut off" in row["reason"] and "no route" in row["reason"]
    row = table.heal_row("h1", tick("due", **DOWN), {"vhost": {"failed": True, "msg": "the ledger can't be written"}})
    assert row["result"] == "failed" and "the ledger can't be written" in row["reason"]


def test_protocols_end_each_on_its_own():
    found = tick("due", {"vhost": entry(0), "cbd": entry(0)}, **DOWN)
    found.update(decisions={"vhost": "due", "cbd": "due"}, due=["vhost", "cbd"])
    begins = {name: {"begun": [name], "decisions": {name: "begun"}} for name in ("vhost", "cbd")}
    finishes = {
        "vhost": {"outcome": "healed", "error": None, "entries": {"vhost": entry(2)}, "health": health()},
        "cbd": {"outcome": "failed", "error": "no client", "entries": {"cbd": entry(2)}, "health": None},
    }
    row = table.heal_row("h1", found, begins, finishes)
    assert (row["result"], row["reason"], row["next_attempt"], row["status"]) == (
        "failed",
        "CBD: no client",
        3,
        "Connected",
    )


def test_a_protocol_that_is_down_beside_one_that_is_well_has_its_reason():
    """The host's own reason is null as soon as one protocol is Connected."""
    both = dict(health()["protocols"], cbd={"status": "Disconnected", "verdict": "refused", "reason": "no such file"})
    found = {"decisions": {"vhost": "well", "cbd": "waiting"}, "health": health(protocols=both)}
    row = table.heal_row("h1", dict(found, entries={"cbd": entry(2)}))
    assert (row["result"], row["reason"], row["status"]) == ("waiting", "CBD: no such file", "Connected")


def test_an_attempt_whose_lease_ran_out_says_that_nothing_was_written():
    finish = {"outcome": "healed", "error": None, "decisions": {"vhost": "refused"}, "entries": {}, "health": health()}
    row = table.heal_row("h1", tick("due", **DOWN), BEGUN, {"vhost": dict(finish, warnings=["its lease ran out"])})
    assert (row["result"], row["reason"]) == ("healed", "its lease ran out")


HOLD = {"reason": "new kernel", "until": "2026-01-02T03:04:05Z", "source": "f"}


@pytest.mark.parametrize("decision", ["held", "waiting", "unsure", "well", "cleared", "recovering"])
def test_a_held_host_is_held_whatever_it_is(decision):
    row = table.heal_row("h1", dict(tick(decision, reason="r"), hold=HOLD))
    assert (row["result"], row["reason"]) == ("held", "new kernel, until 2026-01-02T03:04:05Z; Vhost: r")


def test_an_attempt_that_was_begun_before_the_hold_is_in_progress():
    row = table.heal_row("h1", dict(tick("in_progress"), hold=dict(HOLD, until=None)))
    assert row["result"] == "in progress"


def test_hosts_that_left_the_play():
    row = table.unreachable_row("h1")
    assert sorted(row) == KEYS and (row["status"], row["result"]) == ("Unreachable", "unreachable")
    row = table.error_row("h1", "the ledger can't be written")
    assert sorted(row) == KEYS and (row["status"], row["result"]) == ("Unknown", "error")


ROWS = [
    dict(dict.fromkeys(KEYS), host="a", status="Connected", result="well"),
    dict(dict.fromkeys(KEYS), host="b", status="Disconnected", result="failed"),
    dict(dict.fromkeys(KEYS), host="c", status="Unreachable", result="unreachable"),
    dict(dict.fromkeys(KEYS), host="d", status="Unknown", result="error"),
    dict(dict.fromkeys(KEYS), host="e", status="Connecting", result="unsure"),
    dict(dict.fromkeys(KEYS), host="f", status="Disconnected", result="waiting"),
]


@pytest.mark.parametrize("fail_on, hosts", [("never", ""), ("unreachable", "c"), ("failed", "bcd"), ("down", "bcdef")])
def test_fails(fail_on, hosts):
    assert "".join(row["host"] for row in table.fails(ROWS, fail_on)) == hosts


def test_totals():
    assert table.totals(ROWS + [dict(ROWS[0], result=None)]) == {
        "hosts": 7,
        "status": {"Connected": 2, "Disconnected": 2, "Unreachable": 1, "Unknown": 1, "Connecting": 1},
        "result": {"well": 1, "failed": 1, "unreachable": 1, "error": 1, "unsure": 1, "waiting": 1},
        "down": ["b", "c", "d", "e", "f"],
        "volumes": 0,
        "broken": 0,
        "held_elsewhere": 0,
    }
    assert table.totals([]) == {
        "hosts": 0,
        "status": {},
        "result": {},
        "down": [],
        "volumes": 0,
        "broken": 0,
        "held_elsewhere": 0,
    }


def test_totals_count_the_volumes_that_are_known():
    rows = [table.health_row("a", health(volumes=[{"broken": True}, {}])), table.unreachable_row("b")]
    assert (rows[1]["volumes"], rows[1]["broken"]) == (None, None)
    assert (table.totals(rows)["volumes"], table.totals(rows)["broken"]) == (2, 1)


def test_a_sentence_names_ten_hosts_and_counts_the_rest():
    rows = [table.unreachable_row("h%02d" % number) for number in range(12)]
    sentence = table.failing_sentence(rows, "down")
    assert sentence.startswith("12 of 12 hosts: h00 (unreachable), ") and sentence.endswith("h09 (unreachable), 2 more")
    assert table.failing_sentence([], "down") is None


def test_one_protocol_that_was_healed_leaves_the_word_of_the_other():
    """The health of a finish knows its own protocol; the host stays down as long as the tick saw another one down."""
    found = tick("due", verdict="stopped", status="Disconnected", reason="both are down")
    found["health"]["protocols"]["cbd"] = {"status": "Disconnected", "verdict": "absent", "reason": "no heartbeat"}
    down = {"outcome": "failed", "error": "no", "entries": {}, "health": health("stopped", "Disconnected", "still")}
    assert table.heal_row("h1", found, BEGUN, {"vhost": down})["status"] == "Disconnected"
    well = {"outcome": "healed", "error": None, "entries": {}, "health": health()}
    assert table.heal_row("h1", found, BEGUN, {"vhost": well})["status"] == "Connected"

"""Volumes of VMs in the summary of a heal: what came back, what did not and why."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import attempts, registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import table

A, B = "volume:zbs-bdev-a", "volume:zbs-bdev-b"
WHY = "the disk zbs-bdev-a of VM web is not served"


def health(demand=(), volumes=()):
    """A health of a target that answers."""
    protocols = {"vhost": {"status": "Connected", "verdict": "healthy", "reason": None}}
    return {"status": "Connected", "protocols": protocols, "volumes": list(volumes), "demand": list(demand)}


def entry(skip=2):
    """An entry of the ledger."""
    return {"skip": skip, "since": "2026-01-02T03:04:05Z", "failures": 1, "reason": WHY}


def known(decisions, begun=(), outcomes=None, go=True, due=None):
    """What the tasks of a host registered."""
    names = [name for name, word in decisions.items() if word == "due"] if due is None else due
    tick = {
        "decisions": decisions,
        "due": names,
        "entries": {A: entry()},
        "health": health([{"bdev": "zbs-bdev-a", "broken": True}]),
    }
    found = {registered.TICK: tick, registered.GATE: {"go": go, "reason": None if go else "the site is broken"}}
    if begun:
        found[registered.BEGIN_VOLUMES] = {"begun": list(begun), "decisions": dict.fromkeys(begun, "begun")}
    if outcomes is not None:
        found[registered.FINISH_VOLUMES] = {"outcomes": outcomes, "health": health(), "decisions": {}, "entries": {}}
    return found


def row(found):
    """The row of the host."""
    tick, begins, finishes = registered.attempt(found)
    return table.heal_row("h1", tick, begins, finishes, found[registered.GATE])


HEALED = {"outcome": "healed", "error": None}


def test_a_disk_that_came_back():
    found = row(known({"vhost": "well", A: "due"}, [A], {A: HEALED}))
    assert (found["result"], found["restored"], found["broken"]) == ("healed", 1, 0)
    assert found["reason"] == "1 disk of running VMs restored"


def test_one_that_did_not_says_why_and_the_others_count():
    outcomes = {A: {"outcome": "failed", "error": "no volume of that name"}, B: HEALED}
    found = row(known({"vhost": "well", A: "due", B: "due"}, [A, B], outcomes))
    assert (found["result"], found["restored"]) == ("failed", 1)
    assert found["reason"] == "no volume of that name; 1 disk of running VMs restored"


def attempted(lease_id="1", **more):
    """What the tasks of a host registered whose target was attempted, and whose disk came back with it."""
    found = known({"vhost": "due"}, (), {A: HEALED})
    found[registered.BEGIN] = {"begun": ["vhost"], "decisions": {"vhost": "begun"}, "lease_id": "1"}
    volumes = {"begun": [A], "decisions": {A: "begun"}}
    found[registered.FINISH] = {"outcome": "healed", "error": None, "health": health(), "entries": {}}
    found[registered.FINISH].update(lease_id=lease_id, volumes=volumes)
    found[registered.BEGIN].update(more)
    found[registered.BEGIN_VOLUMES] = attempts.taken_volumes(found[registered.BEGIN], found[registered.FINISH])
    return found


def test_after_a_heal_of_the_target_its_volumes_count_although_no_tick_saw_them():
    assert (row(attempted())["result"], row(attempted())["restored"]) == ("healed", 1)


def test_of_an_end_of_an_earlier_attempt_no_volume_is_told():
    assert row(attempted(lease_id="0"))["restored"] == 0


def test_an_attempt_that_broke_off_at_once_has_ended_there():
    broken_off = {"outcome": "failed", "error": "no pages", "volumes": {"begun": [], "decisions": {}}}
    found = attempted(lease_id="0", **broken_off)  # the end is an earlier tick's
    assert (row(found)["result"], row(found)["restored"]) == ("failed", 0) and "no pages" in row(found)["reason"]


def test_one_that_waits_says_what_is_broken():
    found = row(known({"vhost": "well", A: "waiting"}))
    assert (found["result"], found["reason"], found["next_attempt"], found["broken"]) == ("waiting", WHY, 3, 1)


def test_a_turn_that_did_not_come_is_not_told_from_an_earlier_tick():
    stale = known({"vhost": "well", A: "due"}, [A], {A: HEALED}, go=False)
    assert (row(stale)["result"], row(stale)["reason"]) == ("due", "the site is broken")
    other = known({"vhost": "due"}, [B], {B: HEALED}, go=False)
    assert B not in registered.attempt(other)[1]
    assert registered.attempt(known({"vhost": "well"}, [A], {A: HEALED}))[1].keys() == {"vhost", "cbd"}


def test_an_attempt_that_was_cut_off():
    assert "cut off" in row(known({"vhost": "well", A: "due"}, [A]))["reason"]


def test_a_volume_that_failed_does_not_stop_a_wave():
    found = known({"vhost": "well", A: "due"}, [A], {A: {"outcome": "failed", "error": "no"}})
    assert not attempts.any_failed(*registered.attempt(found))


ELSEWHERE = {"outcome": "failed", "error": "the disk zbs-bdev-a is held elsewhere: 10.0.0.12", "held_by": ["10.0.0.12"]}


def held(found, *names):
    """The same with entries of volumes that another host has open, in the tick and after the attempt."""
    entries = {name: dict(entry(), held_by=["10.0.0.12"]) for name in names}
    found[registered.TICK]["entries"].update(entries)
    if registered.FINISH_VOLUMES in found:
        found[registered.FINISH_VOLUMES]["entries"] = entries
    return found


def test_one_that_another_host_has_open_is_a_result_of_its_own():
    found = row(held(known({"vhost": "well", A: "due"}, [A], {A: ELSEWHERE}), A))
    assert (found["result"], found["reason"], found["held_elsewhere"]) == ("held elsewhere", ELSEWHERE["error"], 1)
    assert (found["restored"], found["broken"]) == (0, 0)
    assert table.failing_sentence([found], "failed") == "1 of 1 hosts: h1 (held elsewhere)"
    assert table.totals([found, found])["held_elsewhere"] == 2


def test_it_is_said_beside_what_is_graver_and_what_went_well():
    failed = {"outcome": "failed", "error": "no volume of that name"}
    found = row(held(known({A: "due", B: "due"}, [A, B], {A: failed, B: ELSEWHERE}), B))
    assert found["result"] == "failed"
    assert found["reason"] == "no volume of that name; %s" % ELSEWHERE["error"]
    found = row(held(known({A: "due", B: "due"}, [A, B], {A: HEALED, B: ELSEWHERE}), B))
    assert (found["result"], found["reason"]) == (
        "held elsewhere",
        "%s; 1 disk of running VMs restored" % ELSEWHERE["error"],
    )


def test_while_it_waits_for_the_next_attempt_it_is_told_too():
    found = row(held(known({"vhost": "well", A: "waiting"}), A))
    assert (found["result"], found["held_elsewhere"]) == ("waiting", 1)
    assert found["reason"] == WHY + ", and was held elsewhere by 10.0.0.12"


def test_the_health_of_the_fleet_names_it():
    vm = {"pid": 3, "name": "web"}
    needs = [
        {"bdev": "zbs-bdev-%d" % number, "broken": True, "vm": vm, "held_by": ["10.0.0.12"]} for number in range(4)
    ]
    entries = {"zbs": {"volume:zbs-bdev-0": dict(entry(), held_by=["10.0.0.12"]), "vhost": entry()}}
    found = table.health_row("h1", dict(health(needs[:1]), ledger=entries))
    assert found["held_elsewhere"] == 1
    assert found["reason"] == (
        "1 disk of running VMs is held elsewhere, so it is not restored here: zbs-bdev-0 of VM web by 10.0.0.12"
    )
    many = table.health_row("h1", dict(health(needs), reason="why", ledger={}))["reason"]
    assert many.startswith("why; 4 disks of running VMs are held elsewhere") and many.endswith(" and 1 more")


@pytest.mark.parametrize("kind", ["health", "heal"])
def test_a_disk_that_does_not_come_back_is_named_in_the_last_line(kind):
    """It is no outage, so its host may be well."""
    needs = [
        {"bdev": "zbs-%d" % number, "vm": {"name": None, "pid": 7}, "broken": False, "reconnect": again}
        for number, again in enumerate([10, 0, None, 0, 0, 0])
    ]
    health = {"status": "Connected", "demand": needs}
    make = table.health_row if kind == "health" else lambda host, found: table.heal_row(host, {"health": found})
    last = table.lines([make("h1", health), make("h2", {"status": "Connected"})], kind)[-1]
    named = ", ".join("zbs-%d of VM process 7 on h1" % number for number in (1, 3, 4))
    assert last.endswith("; without reconnect: %s and 1 more" % named)
    assert "reconnect" not in table.lines([make("h2", {"status": "Connected"})], kind)[-1]

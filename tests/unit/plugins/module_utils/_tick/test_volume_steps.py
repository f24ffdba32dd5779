"""Volumes in the ledger: each has a window of its own, and a tick of the target is no tick of theirs."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases, volume_phases
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import DB, WEB, need, row

pytestmark = pytest.mark.usefixtures("no_fsync")

A, B = "volume:a", "volume:b"


def test_a_target_that_came_back_empty_is_due_for_its_volumes(host):
    seen = host.run("observe")
    assert seen["due"] == [A] and "disk a of VM web is not served" in seen["entries"][A]["reason"]
    begun = host.run("begin_volumes")
    assert begun["begun"] == [A] and begun["restore"] == [
        {"bdev": "a", "socket": "/s/a", "vm": WEB, "path": None, "served_s_ago": None, "held_by": None},
    ]
    host.volumes = [row("a")]
    restored = [{"bdev": "a", "path": "p/v", "error": None}]
    done = host.run("finish_volumes", lease_id=begun["lease_id"], restored=restored)
    assert done["outcomes"] == {A: {"outcome": "healed", "error": None, "held_by": None}}
    assert (done["decisions"][A], done["entries"]) == ("finished", {})
    after = host.run("observe")
    assert (after["decisions"][A], after["entries"]) == ("well", {})


def restore(host, target):
    """One outage: the target came back empty as the process `target`, a tick sees it and restores the volume. What the tick found due."""
    host.volumes, host.process = [], {"pid": target, "started_s_after_boot": float(target)}
    due = host.run("observe")["due"]
    begun = host.run("begin_volumes")
    if begun["begun"]:
        host.volumes = [row("a")]
        host.run("finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "path": "p/v", "error": None}])
    return due


def test_one_that_dies_again_before_the_next_tick_is_restored_at_once(host):
    """Field case 45: nothing had failed, so nothing waits; only what flaps goes on with its window."""
    assert [restore(host, target) for target in (10, 11)] == [[A], [A]]
    # The third recovery within the window is flapping: the fourth outage waits.
    assert restore(host, 12) == [A] and restore(host, 13) == []


def test_an_outage_needs_as_many_looks_to_be_over_as_ever(host):
    host.run("observe", reset_after=3)
    begun = host.run("begin_volumes", reset_after=3)
    host.volumes = [row("a")]
    done = host.run(
        "finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "path": "p/v"}], reset_after=3
    )
    assert done["entries"][A]["healthy"] == 1
    assert [host.run("observe", reset_after=3)["decisions"][A] for _tick in range(2)] == ["recovering", "cleared"]


def test_the_path_is_known_the_next_time(host, tmp_path):
    host.run("observe")
    begun = host.run("begin_volumes")
    host.volumes = [row("a")]
    host.run("finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "path": "p/v"}])
    host.run("observe")
    assert ledger.read_ledger(str(tmp_path)).disks["paths"] == {"a": "p/v"}
    host.volumes, host.process = [], {"pid": 10, "started_s_after_boot": 2.0}
    host.run("observe")
    assert host.run("begin_volumes")["restore"][0]["path"] == "p/v"


def test_one_that_cannot_be_restored_keeps_no_other_waiting(host):
    host.needs = [need("a"), need("b", DB)]
    assert host.run("observe")["due"] == [A, B]
    begun = host.run("begin_volumes")
    host.volumes = [row("b")]
    rows = [{"bdev": "a", "path": None, "error": "no volume of that name"}, {"bdev": "b", "path": "p/w", "error": None}]
    done = host.run("finish_volumes", lease_id=begun["lease_id"], restored=rows)
    assert done["outcomes"][A] == {"outcome": "failed", "error": "no volume of that name", "held_by": None}
    assert done["outcomes"][B]["outcome"] == "healed"
    assert host.run("observe")["decisions"] == {"vhost": "well", A: "waiting", B: "well"}
    host.volumes = []  # b breaks again while a waits
    host.process = {"pid": 11, "started_s_after_boot": 3.0}
    seen = host.run("observe")
    assert seen["due"] == [B] and seen["decisions"][A] == "waiting"
    assert host.run("begin_volumes")["begun"] == [B]


def test_attempts_of_a_hopeless_one_fall_on_the_windows_ticks(host):
    attempts = []
    for number in range(1, 40):
        if A in host.run("observe")["due"]:
            attempts.append(number)
            begun = host.run("begin_volumes")
            host.run("finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "error": "no"}])
    assert attempts == [1, 4, 9, 18, 35]


def test_while_the_target_is_down_its_volumes_are_not_counted(host):
    host.verdict = "stopped"
    for _number in range(5):
        assert sorted(host.run("observe")["decisions"]) == ["vhost"]


def test_after_a_heal_of_the_target_its_volumes_come_in_the_same_tick(host):
    host.verdict = "stopped"
    host.run("observe")
    host.verdict, host.volumes = "healthy", []
    assert host.run("begin_volumes")["begun"] == [A]
    assert host.run("begin_volumes")["decisions"] == {A: "in_progress"}


def test_a_disk_that_was_plugged_in_is_restored_from_the_ledger(host):
    host.volumes = [row("a")]
    host.needs = [need("a")]
    host.run("observe")
    host.needs, host.volumes, host.process = [], [], {"pid": 10, "started_s_after_boot": 2.0}
    seen = host.run("observe")
    assert seen["due"] == [A] and seen["health"]["demand"][0]["seen"] == ["ledger"]
    # The second look at the empty target sees it missing from a target that it knows by now.
    begun = host.run("begin_volumes")
    assert begun["begun"] == [A]
    host.volumes = [row("a")]  # and the VM has not reconnected yet
    done = host.run("finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "path": "p/v"}])
    assert done["outcomes"][A]["outcome"] == "healed" and done["health"]["demand"][0]["broken"] is False
    host.volumes = []
    assert host.run("observe")["health"]["demand"][0]["broken"] is True


def test_a_volume_whose_vm_is_gone_is_forgotten(host):
    host.run("observe")
    host.needs = []
    seen = host.run("observe")
    assert seen["decisions"][A] == "cleared" and seen["due"] == []
    assert host.run("begin_volumes")["restore"] == []


def test_switched_off_nothing_is_due(host):
    seen = host.run("observe", restore_volumes=False)
    assert seen["due"] == [] and seen["health"]["demand"][0]["broken"] is True


def test_a_hold_keeps_them_too(host, tmp_path):
    (tmp_path / ledger.HOLD_NAME).write_text('{"reason": "new kernel"}')
    assert host.run("observe")["decisions"][A] == "held"
    assert host.run("begin_volumes")["decisions"][A] == "held"


def test_what_is_still_broken_has_failed_whatever_was_said(host):
    host.run("observe")
    begun = host.run("begin_volumes")
    done = host.run(
        "finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "path": "p/v", "error": None}]
    )
    assert done["outcomes"][A]["outcome"] == "failed" and "is not served" in done["outcomes"][A]["error"]


def test_a_target_that_died_meanwhile_leaves_the_outcome_open_and_failed(host):
    host.run("observe")
    begun = host.run("begin_volumes")
    host.verdict = "stopped"
    done = host.run("finish_volumes", lease_id=begun["lease_id"], restored=[{"bdev": "a", "error": None}])
    assert "it is not known whether" in done["outcomes"][A]["error"]


def test_a_finish_of_another_attempt_changes_nothing(host):
    host.run("observe")
    host.run("begin_volumes")
    host.volumes = [row("a")]
    done = host.run("finish_volumes", lease_id="another", restored=[{"bdev": "a", "path": None}])
    assert done["decisions"] == {A: "refused"}


def test_a_healthy_host_with_vms_writes_once_and_then_nothing(host):
    host.volumes = [row("a")]
    assert host.run("observe")["changed"] is True
    assert host.run("observe")["changed"] is False


def test_check_mode_says_the_same_and_begins_nothing(host, tmp_path):
    host.run("observe")
    before = ledgers.path(tmp_path).read_text()
    said = host.run("begin_volumes", check_mode=True)
    assert said["changed"] and said["begun"] == [A] and ledgers.path(tmp_path).read_text() == before


OTHER = ["10.0.0.12"]


def attempt(host, row_of_a, **more):
    """An attempt of the volume a that ended with that row; its finish."""
    begun = host.run("begin_volumes", **more)
    assert begun["begun"] == [A]
    return host.run("finish_volumes", lease_id=begun["lease_id"], restored=[dict(row_of_a, bdev="a")], **more)


HELD = {"path": "p/v", "error": "held elsewhere", "held_by": OTHER}


def test_what_is_held_elsewhere_is_told_between_the_ticks(host, tmp_path):
    host.run("observe")
    done = attempt(host, HELD)
    assert done["outcomes"][A] == {"outcome": "failed", "error": "held elsewhere", "held_by": OTHER}
    assert done["entries"][A]["held_by"] == OTHER and done["health"]["demand"][0]["held_by"] == OTHER
    assert [host.run("observe")["entries"][A]["held_by"] for _tick in range(3)] == [OTHER] * 3
    assert ledger.read_ledger(str(tmp_path)).get("zbs", A)["held_by"] == OTHER


@pytest.mark.parametrize(
    "row_of_a, held_by",
    [
        ({"error": "no answer", "held_by": None}, OTHER),  # not knowing takes back nothing
        ({"error": "the admin node can't be reached"}, OTHER),
        ({"error": "zbsadm failed", "held_by": []}, None),  # asked, and free: another reason now
        (dict(HELD, held_by=["10.0.0.13"]), ["10.0.0.13"]),
    ],
)
def test_the_last_answer_stands(host, row_of_a, held_by):
    host.run("observe", max_skip=1)
    attempt(host, HELD, max_skip=1)
    assert [host.run("observe", max_skip=1)["decisions"][A] for _tick in range(2)] == ["waiting", "due"]
    assert attempt(host, row_of_a, max_skip=1)["entries"][A].get("held_by") == held_by


def test_it_is_over_when_the_disk_is_served_or_no_vm_needs_it(host):
    for over in ({"volumes": [row("a")]}, {"needs": []}):
        host.run("observe")
        attempt(host, HELD)
        for name, value in over.items():
            setattr(host, name, value)
        assert A not in host.run("observe")["entries"]
        host.volumes, host.needs = [], [need("a")]


def test_while_the_outage_is_not_over_a_disk_that_is_served_is_no_longer_held(host):
    host.run("observe", reset_after=3)
    attempt(host, HELD, reset_after=3)
    host.volumes = [row("a")]
    seen = host.run("observe", reset_after=3)
    assert seen["decisions"][A] == "recovering" and "held_by" not in seen["entries"][A]


def test_an_attempt_that_is_begun_still_tells_it(host):
    host.run("observe", max_skip=1)
    attempt(host, HELD, max_skip=1)
    for _tick in range(2):
        host.run("observe", max_skip=1)
    begun = host.run("begin_volumes", max_skip=1)
    assert begun["entries"][A]["held_by"] == begun["health"]["demand"][0]["held_by"] == OTHER
    assert begun["restore"][0]["held_by"] == OTHER


def test_an_attempt_that_was_cut_short_asked_nobody(host):
    """Its rows are what begin handed out."""
    host.run("observe", max_skip=1)
    attempt(host, HELD, max_skip=1)
    for _tick in range(2):
        host.run("observe", max_skip=1)
    begun = host.run("begin_volumes", max_skip=1)
    error = "the admin node can't be reached"
    done = host.run("finish_volumes", lease_id=begun["lease_id"], restored=begun["restore"], error=error, max_skip=1)
    assert done["outcomes"][A] == {"outcome": "failed", "error": error, "held_by": None}
    assert done["entries"][A]["held_by"] == OTHER


@pytest.fixture
def monotonic(monkeypatch):
    """The monotonic clock of the ledger's steps, to be set."""

    class Now:
        seconds = 5000.0

    real = phases.Clock
    for module in (phases, volume_phases):
        monkeypatch.setattr(module, "Clock", lambda: real(monotonic=Now.seconds, boot_id="boot-1"))
    return Now


def lose(host, target=10):
    """The target came back empty."""
    host.volumes, host.process = [], {"pid": target, "started_s_after_boot": float(target)}


def test_the_restore_is_told_when_the_disk_was_last_seen_served(host, monotonic):
    host.volumes = [row("a")]
    host.run("observe")
    monotonic.seconds += 100
    lose(host)
    assert host.run("observe")["due"] == [A]
    monotonic.seconds += 7
    begun = host.run("begin_volumes")
    assert begun["restore"][0]["served_s_ago"] == begun["health"]["demand"][0]["served_s_ago"] == 107
    assert isinstance(begun["health"]["addresses"], (list, type(None)))


def test_a_disk_that_was_never_seen_served_says_so(host, monotonic):
    lose(host)
    host.run("observe")
    monotonic.seconds += 7
    assert host.run("begin_volumes")["restore"][0]["served_s_ago"] is None


def test_a_healthy_host_writes_its_stamps_every_four_minutes(host, monotonic):
    host.volumes = [row("a")]
    written = []
    for _minute in range(12):
        written.append(host.run("observe")["changed"])
        monotonic.seconds += 60
    assert written == [True, False, False, False] * 3


def test_a_tick_that_writes_anyway_renews_the_stamps(host, monotonic, tmp_path):
    host.needs, host.volumes = [need("a"), need("b", DB)], [row("a")]
    host.run("observe")  # b is broken: its window is counted at each tick
    attempt_b = host.run("begin_volumes")
    host.run("finish_volumes", lease_id=attempt_b["lease_id"], restored=[{"bdev": "b", "error": "no"}])
    monotonic.seconds += 60
    host.run("observe")
    known = ledger.read_ledger(str(tmp_path)).disks["known"]
    assert known["a"]["served"] == 5060 and "served" not in known["b"]


def test_an_observe_pays_for_no_addresses(host):
    seen = host.run("observe")
    assert "addresses" not in seen["health"] and set(seen["health"]["demand"][0]) == {
        "bdev",
        "socket",
        "vm",
        "seen",
        "broken",
    }

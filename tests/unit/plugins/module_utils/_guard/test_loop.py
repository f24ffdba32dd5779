"""The guard's turns: a target dies and comes back, and what must not happen does not."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import attempt, looking, loop
from ansible_collections.zstack.zbs.plugins.module_utils._window import recovery
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import read_ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import guards, ledgers

NAME = "volume:" + guards.BDEV


@pytest.fixture
def site(tmp_path, monkeypatch):
    guards.write_ledger(tmp_path)
    found = guards.Site(tmp_path, monkeypatch)
    found.turn()
    return found


def outage(site, seconds=2.0):
    """The target dies, is away for that long, and comes back empty."""
    site.die()
    site.turn(seconds)
    site.come_back()
    return site.turn()


def test_a_disk_is_restored_in_the_turn_that_finds_the_target_back(site):
    outage(site)
    assert site.calls == [(guards.BDEV, guards.PATH)]
    assert site.guard.restored[0]["outcome"] == "healed"
    assert site.said[-3:] == [
        "the target is gone",
        "the target answers, process 10",
        "zbs-bdev-a of VM web restored",
    ]


def test_the_ledger_has_no_entry_after_it_and_remembers_the_recovery(site):
    outage(site)
    found = read_ledger(str(site.folder))
    assert found.get("zbs", NAME) is None
    assert found.get_history("zbs", NAME)["recoveries"]


def test_a_well_target_costs_a_small_look_and_now_and_then_a_whole_one(site):
    before = site.looks
    pauses = [site.turn() for _second in range(20)]
    assert set(pauses) == {loop.PAUSE} and site.looks - before == 2
    assert site.calls == []


def test_a_session_that_comes_or_goes_is_looked_at(site):
    before = site.looks
    site.served.add("zbs-bdev-new")
    site.turn()
    assert site.looks == before + 1


def test_a_second_loss_before_qemu_came_back_is_restored_too(site):
    outage(site)
    outage(site)
    assert len(site.calls) == 2


def test_twenty_losses_of_two_disks(tmp_path, monkeypatch):
    guards.write_ledger(tmp_path, {guards.BDEV: guards.PATH, "zbs-bdev-b": "pool1/vol2"})
    site = guards.Site(tmp_path, monkeypatch, flap_limit=20)
    site.wanted.append("zbs-bdev-b")
    site.served.add("zbs-bdev-b")
    site.turn()
    for number in range(20):
        outage(site)
        assert len(site.calls) == 2 * (number + 1)
    outage(site)
    assert len(site.calls) == 40 and "flapping" in site.guard.left[guards.BDEV]


def test_a_target_in_a_restart_loop_ends_at_the_limit(site):
    for _time in range(6):
        outage(site, 1.0)
    assert len(site.calls) == 3
    assert "it was restored 3 times within 300 s" in site.guard.left[guards.BDEV]


def test_a_vm_that_ended_gets_nothing(site):
    site.die()
    site.turn(2.0)
    site.alive = False
    site.come_back()
    site.turn()
    assert site.calls == [] and site.guard.record == {}


def test_a_target_that_is_away_for_longer_than_the_window_is_the_ticks(site):
    outage(site, 21.0)
    assert site.calls == [] and "longer ago than its window" in site.guard.left[guards.BDEV]


def test_a_clock_that_is_set_changes_nothing(site, monkeypatch):
    site.die()
    site.turn(2.0)
    site.come_back()
    monkeypatch.setattr(site, "clock", lambda: ledgers.clock(site.now, now="1999-01-01T00:00:00Z"))
    site.guard.turn(site.clock())
    assert len(site.calls) == 1


def test_a_lease_of_a_tick_stays_untouched(site):
    ledgers.observe(site.folder, ledgers.DOWN)
    ledgers.begin(site.folder)
    lease = ledgers.lease_id(site.folder)
    outage(site)
    assert site.calls == [] and "by job 1 is under way" in site.guard.left[guards.BDEV]
    assert ledgers.lease_id(site.folder) == lease


def test_who_waits_for_a_lease_restores_as_soon_as_it_is_gone(site):
    ledgers.observe(site.folder, ledgers.DOWN)
    ledgers.begin(site.folder)
    outage(site)
    ledgers.finish(site.folder)
    site.turn()
    assert len(site.calls) == 1


def test_a_hold_keeps_it_from_acting(site):
    (site.folder / "zbs_vhost.hold").write_text('{"reason": "new kernel"}')
    outage(site)
    assert site.calls == [] and "new kernel" in site.guard.left[guards.BDEV]


def test_a_ledger_that_cannot_be_written_means_no_restore(site, monkeypatch):
    def full(*_arguments, **_more):
        raise attempt.recovery.ledger_writing._unwritable("/f", OSError(28, "No space left on device"))

    monkeypatch.setattr(recovery.ledger_writing, "write", full)
    outage(site)
    assert site.calls == [] and "No space left on device" in site.said[-1]


def test_a_ledger_that_is_broken_means_no_restore_and_stays_as_it_is(site):
    ledgers.path(site.folder).write_text("{")
    outage(site)
    assert site.calls == [] and ledgers.path(site.folder).read_text() == "{"


def test_a_restore_that_fails_is_written_down_and_counts(site):
    site.fails = "the target refused bdev_zbs_create: No such device (-19)"
    outage(site)
    entry = read_ledger(str(site.folder)).get("zbs", NAME)
    assert entry["last_attempt"]["outcome"] == "failed" and "No such device" in entry["last_attempt"]["error"]
    assert entry["lease"] is None and "could not be restored" in site.said[-1]


def test_the_lease_is_there_while_it_works(site, monkeypatch):
    found = {}

    def restore(_path, disks):
        found["lease"] = read_ledger(str(site.folder)).get("zbs", NAME)["lease"]
        return {disk["bdev"]: "no" for disk in disks}

    monkeypatch.setattr(loop, "restore", restore)
    outage(site)
    assert (found["lease"]["who"], found["lease"]["expires"] - found["lease"]["started"]) == ("zbs-vhost-guard", 30.0)


def test_a_guard_that_died_at_work_is_followed_by_one_that_finishes(site, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(_path, _disks):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, "restore", dies)
        with pytest.raises(Killed):
            outage(site)
    assert read_ledger(str(site.folder)).get("zbs", NAME)["lease"]["who"] == attempt.WHO
    site.guard = site.make(site.guard.record)
    site.turn()
    assert site.calls == [(guards.BDEV, guards.PATH)] and site.served == {guards.BDEV}


def test_a_guard_without_a_memory_restores_nothing(site):
    site.die()
    site.guard = site.make()
    site.turn(2.0)
    site.come_back()
    site.turn()
    assert site.calls == []


def test_a_target_that_is_gone_is_asked_often_and_later_seldom(site):
    site.die()
    assert [site.turn(40.0), site.turn(40.0), site.turn(40.0)] == [loop.PAUSE_GONE, loop.PAUSE_GONE, loop.PAUSE_LATER]


def test_a_target_that_starts_is_asked_as_often_as_one_that_is_gone(site):
    site.die()
    site.turn()
    site.state = looking.UNREADY
    assert site.turn() == loop.PAUSE_GONE and site.said[-1].startswith("the target is not ready")
    site.come_back()
    site.turn()
    assert site.calls == [(guards.BDEV, guards.PATH)]
    site.state = looking.UNREADY
    assert site.turn(loop.QUICK_SECONDS + 1) == loop.PAUSE_GONE
    assert site.turn() == loop.PAUSE_LATER


def test_a_target_that_is_silent_is_asked_seldom(site):
    site.state = looking.SILENT
    assert site.turn() == loop.PAUSE_SILENT and site.said[-1] == "the target does not answer, process 9"


def test_a_target_that_is_down_is_judged_beside_the_turns(site):
    site.die()
    site.turn(3.0)
    assert site.guard._looking is None
    site.turn(1.0)
    site.guard._looking.join(30)
    assert site.guard.health["protocols"]["vhost"]["verdict"] == "stopped"
    first = site.guard._looking
    site.turn(1.0)
    assert site.guard._looking is first


def test_restores_that_no_limit_counts_are_forgotten(site):
    outage(site)
    site.now += 1000
    site.turn()
    outage(site)
    assert len(site.guard.restores[guards.BDEV]) == 1


def test_restores_of_a_disk_that_no_limit_counts_any_more_are_let_go(site):
    outage(site)
    site.guard.restores["zbs-bdev-gone"] = [1.0]
    site.guard._forget(site.clock())
    assert list(site.guard.restores) == [guards.BDEV]


def test_an_attempt_that_begins_in_between_has_the_disk(site, monkeypatch):
    monkeypatch.setattr(attempt, "begin", lambda *_arguments: None)
    outage(site)
    assert site.calls == [] and site.guard.restored == []


def test_a_judgement_that_comes_too_late_is_forgotten(site):
    site.die()
    site.turn(1.0)
    before = site.guard.health
    site.guard._judge_down(since=1.0)
    assert site.guard.health is before


def test_an_error_of_the_kernels_that_is_none_of_those_is_not_hidden(monkeypatch):
    def broken(_pid):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(looking.os, "pidfd_open", broken, raising=False)
    with pytest.raises(OSError, match="Too many open files"):
        looking.Sleeper(None).watch(1)

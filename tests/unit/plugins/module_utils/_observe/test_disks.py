"""What a look at a target teaches about the VMs' disks, and what the ledger may have been damaged to say of them."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import disks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB, disk, found, need, row

# Missed since this second after boot; LATE is a look after it.
SINCE, LATE = 1000, 1030
MISSED = disk(missed=SINCE)


def health(**more):
    """A look at a target that answers."""
    base = {
        "protocols": {"vhost": {"verdict": "healthy"}},
        "process": {"pid": 9, "started_s_after_boot": 12.5},
        "volumes": [row("a")],
        "vms": [WEB],
        "demand": [need("a")],
        "connections_known": True,
    }
    return dict(base, **more)


AFTER = {"known": {"a": disk()}}


def test_a_look_at_a_target_that_answers_is_learnt_from():
    assert disks.seen({}, health()) == AFTER
    assert disks.seen(AFTER, health()) == AFTER


@pytest.mark.parametrize(
    "more",
    [
        {"protocols": {"vhost": {"verdict": "stopped"}}},
        {"protocols": {"cbd": {"verdict": "healthy"}}},
        {"process": None},
        {"volumes": None},
        {"connections_known": False},
    ],
)
def test_from_any_other_nothing(more):
    assert disks.seen(AFTER, health(demand=[], **more)) == AFTER


@pytest.mark.parametrize("verdict", ["stopped", "absent", "refused", "starting", "hung", "unknown"])
def test_a_target_that_is_gone_at_the_next_look_took_its_disks_along(verdict):
    """What was missed a moment ago is needed again, and restored after the heal."""
    for before in ({}, {"known": {"a": MISSED}, "paths": {"a": "p/v"}}):
        looked = health(protocols={"vhost": {"verdict": verdict}}, volumes=[], warnings=[])
        assert disks.seen(before, looked) == before
        disks.enter(looked, found([WEB]), before)
        needed = [(item["bdev"], item["seen"], item["broken"]) for item in looked["demand"]]
        assert needed == ([("a", ["ledger"], True)] if before else [])


def test_what_is_missed_is_not_brought_back_to_a_target_that_lives():
    looked = health(volumes=[], warnings=[])
    disks.enter(looked, found([WEB]), AFTER)
    assert looked["demand"] == []


def test_a_target_that_lets_go_of_all_before_it_ends_loses_none():
    """It answers until its last second; whoever looks twice in that time, from two controllers, must not take that for unplugged."""
    remembered = AFTER
    for seconds in (SINCE, SINCE, SINCE + 10):
        remembered = disks.seen(remembered, health(volumes=[], demand=[]), lambda now=seconds: now)
    restarted = health(volumes=[], warnings=[], process={"pid": 10, "started_s_after_boot": 99.0})
    disks.enter(restarted, found([WEB]), remembered)
    assert [(item["bdev"], item["broken"]) for item in restarted["demand"]] == [("a", True)]


def test_a_host_without_vms_remembers_nothing():
    assert disks.seen(AFTER, health(vms=[], demand=[])) == {}


def test_a_deleted_disk_is_told_from_a_target_that_came_back_empty():
    deleted = disks.seen(AFTER, health(volumes=[], demand=[]), lambda: SINCE + 0.9)
    assert deleted["known"]["a"] == MISSED
    assert disks.seen(deleted, health(volumes=[], demand=[]), lambda: LATE)["known"]["a"] == disk(released=True)
    empty = disks.seen(AFTER, health(volumes=[], demand=[], process={"pid": 10, "started_s_after_boot": 99.0}))
    assert empty["known"]["a"] == disk()


def test_paths_are_kept_as_long_as_their_disk():
    traced = disks.traced(AFTER, {"a": "p/v", "gone": "p/w"})
    assert disks.seen(traced, health())["paths"] == {"a": "p/v"}
    assert disks.traced(AFTER, {}) == AFTER


TWO = {"known": {"a": disk(), "b": disk()}}


@pytest.mark.parametrize(
    "kept, now, bdevs",
    [
        ({}, 5, []),
        (TWO, 5, ["a", "b"]),
        (dict(TWO, paths={"a": "p/v"}), 5, ["b"]),
        ({"known": {"a": disk(released=True)}}, 5, []),
        (dict(TWO, sought={"a": 100}), 100 + disks.SEEK_AGAIN - 1, ["b"]),
        (dict(TWO, sought={"a": 100}), 100 + disks.SEEK_AGAIN, ["a", "b"]),
        (dict(TWO, sought={"a": 100}), 99, ["a", "b"]),  # of an earlier boot
    ],
)
def test_whose_volume_is_looked_for(kept, now, bdevs):
    assert disks.untraced(kept, now) == bdevs


def test_what_was_looked_for():
    after = disks.looked_for(dict(TWO, boot_id="x"), {"a": "p/v", "of another host": "p/w"}, 7.9)
    assert after == dict(TWO, boot_id="x", paths={"a": "p/v"}, sought={"b": 7})
    disks.check_disks(after)
    assert disks.looked_for(after, {}, 8) == after  # neither is to be looked for
    found = disks.looked_for(after, {"b": "p/w"}, 7 + disks.SEEK_AGAIN)
    assert found["paths"] == {"a": "p/v", "b": "p/w"}
    assert disks.looked_for({}, {"a": "p/v"}, 7) == {}


def test_a_search_is_kept_as_long_as_its_disk_has_no_volume():
    kept = {"known": AFTER["known"], "sought": {"a": 7, "gone": 7}}
    assert disks.seen(kept, health())["sought"] == {"a": 7}
    assert "sought" not in disks.seen(disks.traced(kept, {"a": "p/v"}), health())


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"known": []},
        {"paths": []},
        {"sought": []},
        {"sought": {"a": "soon"}},
        {"sought": {"a": True}},
        {"paths": {"a": 1}},
        {"known": {"a": 1}},
        {"known": {"a": dict(disk(), vm={})}},
        {"known": {"a": dict(disk(), target=None)}},
        {"known": {"a": dict(disk(), released=1)}},
        {"known": {"a": dict(disk(), missed="soon")}},
        {"known": {"a": dict(disk(), socket=1)}},
    ],
)
def test_disks_that_were_damaged(bad):
    with pytest.raises(ValueError):
        disks.check_disks(bad)


def test_disks_that_are_proper():
    disks.check_disks({})
    disks.check_disks(disks.traced(AFTER, {"a": "p/v"}))
    disks.check_disks({"known": {"a": MISSED}})

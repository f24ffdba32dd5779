"""When a disk was last seen served: what stamps it, what keeps a tick from writing, and whose stamp counts for whom."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import disks, served
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import DB, WEB, disk, need, row
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ledgers import BOOT, clock

NOW = 1000


def health(*needs, volumes=("a", "b"), verdict="healthy", **more):
    """A look at a target that answers, with its needs judged."""
    base = {
        "protocols": {"vhost": {"verdict": verdict}},
        "process": {"pid": 9, "started_s_after_boot": 12.5},
        "volumes": [row(name) for name in volumes],
        "vms": [WEB, DB],
        "demand": [dict(item, broken=item["bdev"] not in volumes) for item in needs or [need("a")]],
        "connections_known": True,
    }
    return dict(base, **more)


def look(before, seen, at=NOW, boot=BOOT, written=False):
    """The ledger's disks after a look."""
    return served.seen(before, disks.seen(before, seen, lambda: at), seen, clock(float(at) + 0.9, boot), written)


def stamps(found):
    """{bdev: stamp}."""
    return {bdev: item.get("served") for bdev, item in found.get("known", {}).items()}


FIRST = {"known": {"a": disk(served=NOW)}, "boot_id": BOOT}


def test_what_is_served_to_a_vm_that_is_connected_is_stamped():
    assert look({}, health()) == FIRST
    disks.check_disks(FIRST)


@pytest.mark.parametrize(
    "later, stamp", [(0, NOW), (60, NOW), (239, NOW), (240, NOW + 240), (6000, NOW + 6000), (-1, NOW - 1)]
)
def test_a_stamp_is_left_alone_until_it_is_old(later, stamp):
    """Else each tick at a host that is well would write. One of a time to come is none."""
    assert stamps(look(FIRST, health(), NOW + later)) == {"a": stamp}


def test_whatever_is_written_takes_all_stamps_along():
    assert stamps(look(FIRST, health(), NOW + 60, written=True)) == {"a": NOW + 60}
    both = look(FIRST, health(need("a"), need("b", DB)), NOW + 60)
    assert stamps(both) == {"a": NOW + 60, "b": NOW + 60}


@pytest.mark.parametrize(
    "seen",
    [
        health(volumes=()),  # no controller
        health(need("a", WEB, "arguments")),  # named, and connected to nothing
        health(need("a", WEB, "ledger")),
        health(connections_known=False),
        health(verdict="hung"),
        health(process=None),
        health(volumes=(), verdict="stopped"),
    ],
)
def test_what_is_not_seen_served_keeps_its_stamp_and_gets_no_new_one(seen):
    assert stamps(look(FIRST, seen, NOW + 500)) == {"a": NOW}
    assert not any(stamps(look({}, seen)).values())


def test_another_boot_or_another_process_begins_anew():
    assert look(FIRST, health(volumes=()), boot="boot-2") == {"known": {"a": disk()}}
    other = dict(WEB, started_ticks=101)
    found = look(FIRST, health(need("a", other), vms=[other]), NOW + 60)
    assert stamps(found) == {"a": NOW + 60} and found["known"]["a"]["vm"] == other


def test_an_old_ledger_has_no_stamps_and_gets_them():
    old = {"known": {"a": disk()}, "paths": {"a": "p/v"}}
    disks.check_disks(old)
    assert served.seconds_ago(old, "a", WEB, clock()) is None
    assert look(old, health()) == dict(FIRST, paths={"a": "p/v"})


def test_nothing_to_remember_leaves_nothing():
    assert look(FIRST, health(need("a"), vms=[], demand=[])) == {}


@pytest.mark.parametrize(
    "vm, boot, at, ago",
    [
        (WEB, BOOT, NOW, 0),
        (WEB, BOOT, NOW + 600.5, 600),
        (dict(WEB, name="renamed"), BOOT, NOW + 5, 5),
        (dict(WEB, pid=4), BOOT, NOW, None),
        (dict(WEB, started_ticks=101), BOOT, NOW, None),
        (WEB, "boot-2", NOW, None),
        (WEB, BOOT, NOW - 1, None),
    ],
)
def test_the_ledgers_word_is_for_one_process_in_one_boot(vm, boot, at, ago):
    assert served.seconds_ago(FIRST, "a", vm, clock(at, boot)) == ago


def test_of_what_it_does_not_know_it_says_nothing():
    assert served.seconds_ago({}, "a", WEB, clock()) is None
    assert served.seconds_ago(FIRST, "b", WEB, clock()) is None


def test_a_clock_that_is_set_changes_nothing():
    """Only the monotonic clock counts; the wall clock of `now` is for people."""
    for now in ("1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"):
        assert served.seconds_ago(FIRST, "a", WEB, clock(NOW + 5, now=now)) == 5


@pytest.mark.parametrize(
    "bad", [{"boot_id": 7}, {"known": {"a": disk(served="soon")}}, {"known": {"a": disk(served=True)}}]
)
def test_stamps_that_were_damaged(bad):
    with pytest.raises(ValueError):
        disks.check_disks(bad)

"""What was seen served, to whom, and when."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import seen
from ansible_collections.zstack.zbs.tests.unit.plugins.support import guards
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import DB, WEB

RECORD = {guards.BDEV: {"pid": 3, "started_ticks": 100, "seen": 5.0}}


def test_a_served_disk_is_noted_with_its_process():
    health = guards.health([guards.need(), guards.need("b", broken=True), guards.need("c", broken=None)])
    assert seen.note({}, health, 7.0) == {guards.BDEV: {"pid": 3, "started_ticks": 100, "seen": 7.0}}


@pytest.mark.parametrize("how", [("arguments",), ("ledger",), ()])
def test_a_vm_that_is_not_connected_is_served_nothing(how):
    health = guards.health([guards.need(seen=how)], [guards.BDEV])
    assert seen.note({}, health, 7.0) == {}
    assert seen.note({}, health, 7.0, restored=[guards.BDEV])[guards.BDEV]["seen"] == 7.0


def test_what_belongs_to_a_process_that_ended_is_forgotten():
    assert seen.note(RECORD, guards.health([], vms=[DB]), 7.0) == {}
    assert seen.note(RECORD, guards.health([], vms=[WEB]), 7.0) == RECORD
    assert seen.note(RECORD, dict(guards.health([]), vms=None), 7.0) == RECORD


def test_a_small_look_refreshes_what_is_served_to_who_lives():
    assert seen.again(RECORD, {guards.BDEV}, {(3, 100)}, 9.0)[guards.BDEV]["seen"] == 9.0
    assert seen.again(RECORD, set(), {(3, 100)}, 9.0) == RECORD
    assert seen.again(RECORD, {guards.BDEV}, {(3, 101)}, 9.0) == {}


@pytest.mark.parametrize(
    "need, now, age",
    [
        (guards.need(), 6.5, 1.5),
        (guards.need("b"), 6.5, None),
        (guards.need(vm=DB), 6.5, None),
        (guards.need(vm=dict(WEB, started_ticks=101)), 6.5, None),
        (guards.need(), 4.0, None),
    ],
)
def test_the_age_of_what_was_seen(need, now, age):
    assert seen.age(RECORD, need, now) == age

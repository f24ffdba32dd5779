"""What is needed, what the ledger remembers of it, and what is nobody's need any more. Pure."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _demand, _disks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import BEFORE, DB, NOW, WEB, disk, need, row

OLD = disk(target=BEFORE)
UNSURE = disk(released=True, unsure=True)


@pytest.mark.parametrize(
    "before, vms, needs, volumes, after",
    [
        # a connection is remembered
        ({}, [WEB], [need("a")], [row("a")], {"a": disk()}),
        # an argument alone is not: the arguments will tell again
        ({}, [WEB], [need("a", WEB, "arguments")], [row("a")], {}),
        # the VM is gone, or another process has its number
        ({"a": disk()}, [], [], [row("a")], {}),
        ({"a": disk()}, [dict(WEB, started_ticks=999)], [], [], {}),
        # the target came back empty: it has to come back, however often that is looked at
        ({"a": OLD}, [WEB], [], [], {"a": OLD}),
        # it was created again and the VM is about to reconnect
        ({"a": OLD}, [WEB], [], [row("a")], {"a": OLD}),
        # deleted from a target that lives on, or let go of while the controller lives: unplugged, which a second look confirms
        ({"a": disk()}, [WEB], [], [], {"a": UNSURE}),
        ({"a": disk()}, [WEB], [], [row("a")], {"a": UNSURE}),
        ({"a": UNSURE}, [WEB], [], [], {"a": disk(released=True)}),
        ({"a": disk(released=True)}, [WEB], [], [], {"a": disk(released=True)}),
        # the target died in the middle of that look: it was not unplugged, it was lost; what two looks saw stays seen
        ({"a": dict(UNSURE, target=BEFORE)}, [WEB], [], [], {"a": OLD}),
        ({"a": dict(UNSURE, target=BEFORE)}, [WEB], [], [row("a")], {"a": OLD}),
        ({"a": dict(OLD, released=True)}, [WEB], [], [], {"a": dict(OLD, released=True)}),
        # it was only reconnecting
        ({"a": UNSURE}, [WEB], [need("a")], [row("a")], {"a": disk()}),
        # a broken controller says nothing of the kind
        ({"a": disk()}, [WEB], [], [row("a", broken=True)], {"a": disk()}),
        # plugged in again, also into another VM
        ({"a": disk(released=True)}, [WEB], [need("a")], [row("a")], {"a": disk()}),
        ({"a": OLD}, [WEB, DB], [need("a", DB)], [row("a")], {"a": disk(DB)}),
    ],
)
def test_what_is_remembered(before, vms, needs, volumes, after):
    assert _demand.remember(before, vms, needs, volumes, NOW) == after


def found(vms, *needs):
    """What a look found."""
    return {"vms": vms, "connections_known": True, "needs": list(needs)}


def test_the_ledger_adds_what_nothing_else_tells():
    needs = _demand.complete(found([WEB], need("b", WEB, "arguments")), {"a": disk(), "b": disk(bdev="b")})
    assert [(item["bdev"], item["seen"]) for item in needs] == [("b", ["arguments"]), ("a", ["ledger"])]


def test_what_was_let_go_of_is_no_need_although_the_arguments_name_it():
    arguments = need("a", WEB, "arguments")
    assert _demand.complete(found([WEB], arguments), {"a": disk(released=True)}) == []
    # of another VM it is
    assert _demand.complete(found([WEB, DB], need("a", DB, "arguments")), {"a": disk(released=True)}) != []
    # and a connection outranks what was remembered
    assert _demand.complete(found([WEB], need("a")), {"a": disk(released=True)}) == [need("a")]


def test_of_a_vm_that_is_gone_nothing_is_needed():
    assert _demand.complete(found([DB]), {"a": disk()}) == []


NEEDS = [dict(need("zbs-bdev-%d" % number), vm=dict(WEB, name=None, pid=7)) for number in range(1, 6)]


def test_broken_is_what_no_living_controller_serves():
    volumes = [row("zbs-bdev-1"), row("zbs-bdev-2", broken=True)]
    assert [item["broken"] for item in _demand.judge(NEEDS, volumes)] == [False, True, True, True, True]
    assert {item["broken"] for item in _demand.judge(NEEDS, [])} == {True}
    assert {item["broken"] for item in _demand.judge(NEEDS, None)} == {None}


def test_the_sentence():
    assert _demand.sentence(_demand.judge(NEEDS, None)) is None
    assert _demand.sentence(_demand.judge([need("a")], [])) == "1 disk of running VMs is not served: a of VM web"
    assert _demand.sentence(_demand.judge(NEEDS, [])) == (
        "5 disks of running VMs are not served: zbs-bdev-1 of VM of process 7, zbs-bdev-2 of VM of process 7, "
        "zbs-bdev-3 of VM of process 7 and 2 more"
    )


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
    assert _disks.seen({}, health()) == AFTER
    assert _disks.seen(AFTER, health()) == AFTER


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
    assert _disks.seen(AFTER, health(demand=[], **more)) == AFTER


@pytest.mark.parametrize("verdict", ["stopped", "absent", "refused", "hung", "unknown"])
def test_a_target_that_is_gone_at_the_next_look_took_its_disks_along(verdict):
    """What one look took for unplugged is needed again, and restored after the heal."""
    unsure, dead = {"known": {"a": UNSURE}}, {"vhost": {"verdict": verdict}}
    assert _disks.seen(unsure, health(demand=[], protocols=dead)) == AFTER
    sure = {"known": {"a": disk(released=True)}, "paths": {"a": "p/v"}}
    assert _disks.seen(sure, health(demand=[], protocols=dead)) == sure
    looked = health(protocols=dead, volumes=[], warnings=[])
    _disks.enter(looked, found([WEB]), unsure)
    assert [(item["bdev"], item["seen"], item["broken"]) for item in looked["demand"]] == [("a", ["ledger"], True)]


def test_what_one_look_took_for_unplugged_is_not_brought_back_to_a_target_that_lives():
    looked = health(volumes=[], warnings=[])
    _disks.enter(looked, found([WEB]), AFTER)
    assert looked["demand"] == []


def test_a_host_without_vms_remembers_nothing():
    assert _disks.seen(AFTER, health(vms=[], demand=[])) == {}


def test_a_deleted_disk_is_told_from_a_target_that_came_back_empty():
    deleted = _disks.seen(AFTER, health(volumes=[], demand=[]))
    assert deleted["known"]["a"] == UNSURE
    assert _disks.seen(deleted, health(volumes=[], demand=[]))["known"]["a"] == disk(released=True)
    empty = _disks.seen(AFTER, health(volumes=[], demand=[], process={"pid": 10, "started_s_after_boot": 99.0}))
    assert empty["known"]["a"] == disk()


def test_paths_are_kept_as_long_as_their_disk():
    traced = _disks.traced(AFTER, {"a": "p/v", "gone": "p/w"})
    assert _disks.seen(traced, health())["paths"] == {"a": "p/v"}
    assert _disks.traced(AFTER, {}) == AFTER


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"known": []},
        {"paths": []},
        {"paths": {"a": 1}},
        {"known": {"a": 1}},
        {"known": {"a": dict(disk(), vm={})}},
        {"known": {"a": dict(disk(), target=None)}},
        {"known": {"a": dict(disk(), released=1)}},
        {"known": {"a": dict(disk(), unsure=1)}},
        {"known": {"a": dict(disk(), socket=1)}},
    ],
)
def test_disks_that_were_damaged(bad):
    with pytest.raises(ValueError):
        _disks.check(bad)


def test_disks_that_are_proper():
    _disks.check({})
    _disks.check(_disks.traced(AFTER, {"a": "p/v"}))
    _disks.check({"known": {"a": UNSURE}})

"""What is needed, what the ledger remembers of it, and what is nobody's need any more. Pure."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import demand
from ansible_collections.zstack.zbs.plugins.module_utils._observe import disks as observe_disks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import BEFORE, DB, NOW, WEB, disk, need, row

OLD = disk(target=BEFORE)
# Missed since this second after boot; SOON and LATE are looks after it.
SINCE, SOON, LATE = 1000, 1029, 1030
MISSED = disk(missed=SINCE)


@pytest.mark.parametrize(
    "before, vms, needs, volumes, after",
    # at SOON
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
        # deleted from a target that lives on, or let go of while the controller lives: missed, and unplugged when it lasts
        ({"a": disk()}, [WEB], [], [], {"a": disk(missed=SOON)}),
        ({"a": disk()}, [WEB], [], [row("a")], {"a": disk(missed=SOON)}),
        ({"a": MISSED}, [WEB], [], [], {"a": MISSED}),
        ({"a": disk(missed=SOON - 30)}, [WEB], [], [], {"a": disk(released=True)}),
        ({"a": disk(released=True)}, [WEB], [], [], {"a": disk(released=True)}),
        # of another boot's clock: the seconds begin anew
        ({"a": disk(missed=99999)}, [WEB], [], [], {"a": disk(missed=SOON)}),
        # the target ended and that was why; what was unplugged stays unplugged
        ({"a": dict(OLD, missed=SINCE)}, [WEB], [], [], {"a": dict(OLD, missed=SINCE)}),
        ({"a": dict(OLD, released=True)}, [WEB], [], [], {"a": dict(OLD, released=True)}),
        # it was only reconnecting
        ({"a": MISSED}, [WEB], [need("a")], [row("a")], {"a": disk()}),
        # a broken controller says nothing of the kind
        ({"a": disk()}, [WEB], [], [row("a", broken=True)], {"a": disk()}),
        # plugged in again, also into another VM
        ({"a": disk(released=True)}, [WEB], [need("a")], [row("a")], {"a": disk()}),
        ({"a": OLD}, [WEB, DB], [need("a", DB)], [row("a")], {"a": disk(DB)}),
    ],
)
def test_what_is_remembered(before, vms, needs, volumes, after):
    assert demand.remember(before, vms, needs, volumes, NOW, SOON) == after


def found(vms, *needs):
    """What a look found."""
    return {"vms": vms, "connections_known": True, "needs": list(needs)}


def test_the_ledger_adds_what_nothing_else_tells():
    needs = demand.complete(found([WEB], need("b", WEB, "arguments")), {"a": disk(), "b": disk(bdev="b")}, NOW)
    assert [(item["bdev"], item["seen"]) for item in needs] == [("b", ["arguments"]), ("a", ["ledger"])]


def test_what_was_let_go_of_is_no_need_although_the_arguments_name_it():
    arguments = need("a", WEB, "arguments")
    assert demand.complete(found([WEB], arguments), {"a": disk(released=True)}, NOW) == []
    # of another VM it is
    assert demand.complete(found([WEB, DB], need("a", DB, "arguments")), {"a": disk(released=True)}, NOW) != []
    # and a connection outranks what was remembered
    assert demand.complete(found([WEB], need("a")), {"a": disk(released=True)}, NOW) == [need("a")]


def test_of_a_vm_that_is_gone_nothing_is_needed():
    assert demand.complete(found([DB]), {"a": disk()}, NOW) == []


@pytest.mark.parametrize("needs, seen", [([], ["ledger"]), ([need("a", WEB, "arguments")], ["arguments"])])
def test_what_is_missed_is_needed_of_any_target_but_the_one_that_lives(needs, seen):
    found_needs = found([WEB], *needs)
    assert demand.complete(found_needs, {"a": MISSED}, NOW) == []
    for another in (None, BEFORE):
        assert [item["seen"] for item in demand.complete(found_needs, {"a": MISSED}, another)] == [seen]


NEEDS = [dict(need("zbs-bdev-%d" % number), vm=dict(WEB, name=None, pid=7)) for number in range(1, 6)]


def test_broken_is_what_no_living_controller_serves():
    volumes = [row("zbs-bdev-1"), row("zbs-bdev-2", broken=True)]
    assert [item["broken"] for item in demand.judge(NEEDS, volumes)] == [False, True, True, True, True]
    assert {item["broken"] for item in demand.judge(NEEDS, [])} == {True}
    assert {item["broken"] for item in demand.judge(NEEDS, None)} == {None}


def test_the_sentence():
    assert demand.sentence(demand.judge(NEEDS, None)) is None
    assert demand.sentence(demand.judge([need("a")], [])) == "1 disk of running VMs is not served: a of VM web"
    assert demand.sentence(demand.judge(NEEDS, [])) == (
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
    assert observe_disks.seen({}, health()) == AFTER
    assert observe_disks.seen(AFTER, health()) == AFTER


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
    assert observe_disks.seen(AFTER, health(demand=[], **more)) == AFTER


@pytest.mark.parametrize("verdict", ["stopped", "absent", "refused", "starting", "hung", "unknown"])
def test_a_target_that_is_gone_at_the_next_look_took_its_disks_along(verdict):
    """What was missed a moment ago is needed again, and restored after the heal."""
    for before in ({}, {"known": {"a": MISSED}, "paths": {"a": "p/v"}}):
        looked = health(protocols={"vhost": {"verdict": verdict}}, volumes=[], warnings=[])
        assert observe_disks.seen(before, looked) == before
        observe_disks.enter(looked, found([WEB]), before)
        needed = [(item["bdev"], item["seen"], item["broken"]) for item in looked["demand"]]
        assert needed == ([("a", ["ledger"], True)] if before else [])


def test_what_is_missed_is_not_brought_back_to_a_target_that_lives():
    looked = health(volumes=[], warnings=[])
    observe_disks.enter(looked, found([WEB]), AFTER)
    assert looked["demand"] == []


def test_a_target_that_lets_go_of_all_before_it_ends_loses_none():
    """It answers until its last second; whoever looks twice in that time, from two controllers, must not take that for unplugged."""
    disks = AFTER
    for seconds in (SINCE, SINCE, SINCE + 10):
        disks = observe_disks.seen(disks, health(volumes=[], demand=[]), lambda now=seconds: now)
    restarted = health(volumes=[], warnings=[], process={"pid": 10, "started_s_after_boot": 99.0})
    observe_disks.enter(restarted, found([WEB]), disks)
    assert [(item["bdev"], item["broken"]) for item in restarted["demand"]] == [("a", True)]


def test_a_host_without_vms_remembers_nothing():
    assert observe_disks.seen(AFTER, health(vms=[], demand=[])) == {}


def test_a_deleted_disk_is_told_from_a_target_that_came_back_empty():
    deleted = observe_disks.seen(AFTER, health(volumes=[], demand=[]), lambda: SINCE + 0.9)
    assert deleted["known"]["a"] == MISSED
    assert observe_disks.seen(deleted, health(volumes=[], demand=[]), lambda: LATE)["known"]["a"] == disk(released=True)
    empty = observe_disks.seen(AFTER, health(volumes=[], demand=[], process={"pid": 10, "started_s_after_boot": 99.0}))
    assert empty["known"]["a"] == disk()


def test_paths_are_kept_as_long_as_their_disk():
    traced = observe_disks.traced(AFTER, {"a": "p/v", "gone": "p/w"})
    assert observe_disks.seen(traced, health())["paths"] == {"a": "p/v"}
    assert observe_disks.traced(AFTER, {}) == AFTER


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
        {"known": {"a": dict(disk(), missed="soon")}},
        {"known": {"a": dict(disk(), socket=1)}},
    ],
)
def test_disks_that_were_damaged(bad):
    with pytest.raises(ValueError):
        observe_disks.check_disks(bad)


def test_disks_that_are_proper():
    observe_disks.check_disks({})
    observe_disks.check_disks(observe_disks.traced(AFTER, {"a": "p/v"}))
    observe_disks.check_disks({"known": {"a": MISSED}})

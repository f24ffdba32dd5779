"""What is needed, what the ledger remembers of it, and what is nobody's need any more. Pure."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import demand
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import (
    BEFORE,
    DB,
    NOW,
    WEB,
    disk,
    found,
    need,
    row,
)

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
        "5 disks of running VMs are not served: zbs-bdev-1 of VM process 7, zbs-bdev-2 of VM process 7, "
        "zbs-bdev-3 of VM process 7 and 2 more"
    )

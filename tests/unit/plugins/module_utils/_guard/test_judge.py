"""Which disks the guard may restore: every sentence of docs/node.md on what it must not do is a row."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard.judge import judge
from ansible_collections.zstack.zbs.plugins.module_utils._window.hold import Hold
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import Ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import guards, ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import DB, WEB

SEEN = {guards.BDEV: {"pid": WEB["pid"], "started_ticks": WEB["started_ticks"], "seen": 990.0}}
LEASE = {"id": "x", "boot_id": ledgers.BOOT, "started": 990.0, "expires": 1500.0, "who": "job 1"}


def entry(lease):
    return dict(ledgers.DOWN, since=ledgers.NOW, failures=1, skip=2, last_attempt=None, lease=lease)


def ledger(**more):
    return Ledger(disks={"known": {}, "paths": {guards.BDEV: guards.PATH}}, **more)


def seen(**more):
    return {guards.BDEV: dict(SEEN[guards.BDEV], **more)}


def judged(**more):
    """The judgement of one broken disk that may be restored but for what a test changes."""
    asked = {"health": guards.health([guards.need(broken=True)]), "record": SEEN, "ledger": ledger(), "hold": None}
    asked.update({"restores": {}, "options": guards.options("/f"), "clock": ledgers.clock()}, **more)
    return judge(**asked)


def test_a_disk_just_seen_served_to_this_process_is_restored():
    found = judged()
    assert found.disks == [{"bdev": guards.BDEV, "path": guards.PATH, "vm": WEB}]
    assert (found.left, found.hopeful) == ({}, False)


LEFT = [
    ("never seen served", {"record": {}}, "has not seen it served to this VM process", False),
    ("served to another process", {"record": seen(pid=77)}, "has not seen it served to this VM process", False),
    ("served to an earlier process of the pid", {"record": seen(started_ticks=1)}, "has not seen it", False),
    ("seen too long ago", {"record": seen(seen=979.9)}, "longer ago than its window of 20 s", False),
    ("seen at the window's very end", {"record": seen(seen=980.0)}, "longer ago than its window", False),
    ("seen in another boot", {"record": seen(seen=5000.0)}, "has not seen it served", False),
    ("no volume known", {"ledger": Ledger()}, "its volume is not known yet; the next tick traces it", True),
    ("a hold", {"hold": Hold("new kernel", None, "/h")}, "held by /h (new kernel)", True),
    ("a broken ledger", {"ledger": ledger(lost="the ledger can't be understood")}, "can't be understood", True),
    (
        "an attempt of the target under way",
        {"ledger": ledger(entries={"zbs": {"vhost": entry(LEASE)}})},
        "an attempt of vhost by job 1 is under way",
        True,
    ),
    (
        "an attempt of this disk under way",
        {"ledger": ledger(entries={"zbs": {"volume:" + guards.BDEV: entry(LEASE)}})},
        "by job 1 is under way",
        True,
    ),
    (
        "open on another host",
        {
            "ledger": ledger(
                entries={"zbs": {"volume:" + guards.BDEV: dict(entry(None), held_by=["192.0.2.9"])}},
            )
        },
        "192.0.2.9 had its volume open when the cluster was last asked",
        True,
    ),
    (
        "restored too often",
        {"restores": {guards.BDEV: [701.0, 800.0, 900.0]}},
        "it was restored 3 times within 300 s, so the target is flapping",
        True,
    ),
    (
        "a controller that has to be deleted first",
        {"health": guards.health([guards.need(broken=True)], [guards.BDEV])},
        "the target still lists its controller",
        True,
    ),
]


@pytest.mark.parametrize("more, said, hopeful", [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_a_disk_is_left_to_the_tick(more, said, hopeful):
    found = judged(**more)
    assert found.disks == []
    assert said in found.left[guards.BDEV]
    assert found.hopeful is hopeful


STILL = [
    ("restores that are too old to count", {"restores": {guards.BDEV: [1.0, 2.0, 3.0, 900.0]}}),
    ("a lease that ran out", {"ledger": ledger(entries={"zbs": {"vhost": entry(dict(LEASE, expires=995.0))}})}),
    ("a lease of another boot", {"ledger": ledger(entries={"zbs": {"vhost": entry(dict(LEASE, boot_id="b"))}})}),
    ("a lease of another storage", {"ledger": ledger(entries={"other": {"vhost": entry(LEASE)}})}),
    (
        "a lease of a guard that died",
        {"ledger": ledger(entries={"zbs": {"volume:x": entry(dict(LEASE, who="zbs-vhost-guard"))}})},
    ),
]


@pytest.mark.parametrize("more", [row[1] for row in STILL], ids=[row[0] for row in STILL])
def test_a_disk_is_restored_all_the_same(more):
    assert [disk["bdev"] for disk in judged(**more).disks] == [guards.BDEV]


@pytest.mark.parametrize(
    "health",
    [
        guards.health([guards.need(broken=True)], verdict=verdict)
        for verdict in ("hung", "stopped", "starting", "unknown")
    ]
    + [
        guards.health([guards.need(broken=False)], [guards.BDEV]),
        guards.health([guards.need(broken=None)]),
        dict(guards.health(), demand=None),
        guards.health([]),
    ],
)
def test_there_is_nothing_to_restore(health):
    found = judged(health=health)
    assert (found.disks, found.left) == ([], {})


def test_each_disk_is_judged_by_itself():
    needs = [guards.need(broken=True), guards.need("zbs-bdev-b", DB, True), guards.need("zbs-bdev-c", DB)]
    found = judged(health=guards.health(needs, ["zbs-bdev-c"]))
    assert [disk["bdev"] for disk in found.disks] == [guards.BDEV] and list(found.left) == ["zbs-bdev-b"]

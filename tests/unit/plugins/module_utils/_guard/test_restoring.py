"""A disk is created again by the target's own calls: look first, then act."""

import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import attempt, looking, restoring
from ansible_collections.zstack.zbs.plugins.module_utils._observe.spdk import SpdkError, SpdkProblem
from ansible_collections.zstack.zbs.plugins.module_utils._window import volume_step, volumes_seen
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import read_ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import guards, ledgers, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB

DISK = {"bdev": guards.BDEV, "path": guards.PATH, "vm": WEB}
CREATES = ["bdev_zbs_create", "vhost_create_blk_controller"]


class Target:
    """Answers RPCs from `lists`, and keeps what it was asked to change; `refuses` is a method that fails."""

    def __init__(self, bdevs=(), controllers=(), refuses=None):
        self.lists = {
            "bdev_get_bdevs": [{"name": name} for name in bdevs],
            "vhost_get_controllers": [target.controller(name) for name in controllers],
        }
        self.refuses = refuses
        self.changed = []

    def call(self, _path, method, _deadline, params=None):
        if method == self.refuses:
            raise SpdkError(method, -19, "No such device")
        if method in self.lists:
            return guards.answer(self.lists[method])
        self.changed.append((method, params))
        return guards.answer(True)


@pytest.mark.parametrize(
    "bdevs, controllers, changed",
    [
        ((), (), CREATES),
        ([guards.BDEV], (), CREATES[1:]),
        ([guards.BDEV], [guards.BDEV], []),
        ((), [guards.BDEV], CREATES[:1]),
        (["zbs-bdev-b"], ["zbs-bdev-b"], CREATES),
    ],
)
def test_only_what_is_missing_is_made(bdevs, controllers, changed):
    site = Target(bdevs, controllers)
    assert restoring.restore("/s", [DISK], site.call) == {guards.BDEV: None}
    assert [method for method, _params in site.changed] == changed


def test_the_calls_are_those_of_zbsadm():
    site = Target()
    restoring.restore("/s", [DISK], site.call)
    assert site.changed == [
        ("bdev_zbs_create", {"file": "pool1/vol1_zbs_", "name": guards.BDEV}),
        ("vhost_create_blk_controller", {"ctrlr": guards.BDEV, "dev_name": guards.BDEV}),
    ]


@pytest.mark.parametrize("method", [*CREATES, "bdev_get_bdevs", "vhost_get_controllers"])
def test_a_refusal_is_told_and_the_next_disk_has_its_turn(method):
    second = dict(DISK, bdev="zbs-bdev-b")
    found = restoring.restore("/s", [DISK, second], Target(refuses=method).call)
    assert all("No such device" in found[name] for name in (guards.BDEV, "zbs-bdev-b"))


def test_lists_of_another_shape_hold_nothing():
    site = Target()
    site.lists = {"bdev_get_bdevs": {}, "vhost_get_controllers": ["x", 7]}
    assert restoring.restore("/s", [DISK], site.call) == {guards.BDEV: None} and len(site.changed) == 2


def test_an_attempt_that_began_meanwhile_keeps_its_disks(tmp_path):
    guards.write_ledger(tmp_path)
    ledgers.observe(tmp_path, ledgers.DOWN)
    ledgers.begin(tmp_path)
    assert attempt.begin(guards.options(tmp_path), [DISK], ledgers.clock()) is None
    assert read_ledger(str(tmp_path)).get("zbs", "volume:" + guards.BDEV) is None


@pytest.mark.parametrize("number", range(20))
def test_of_a_tick_and_a_guard_that_begin_together_one_works(tmp_path, number):
    guards.write_ledger(tmp_path)
    broken = volumes_seen.needed(guards.health([guards.need(broken=True)]))
    together = threading.Barrier(2)
    found = {}

    def tick():
        together.wait()
        step = volume_step.begin(ledgers.window(tmp_path), broken, "job 1", ledgers.clock(), ledgers.soon())
        found["job 1"] = step.lease_id

    def guard():
        together.wait()
        found[attempt.WHO] = attempt.begin(guards.options(tmp_path), [DISK], ledgers.clock())

    threads = [threading.Thread(target=one) for one in ((tick, guard) if number % 2 else (guard, tick))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun = [who for who, lease_id in found.items() if lease_id]
    lease = read_ledger(str(tmp_path)).get("zbs", "volume:" + guards.BDEV)["lease"]
    assert len(found) == 2 and begun == [lease["who"]] and found[lease["who"]] == lease["id"]


def test_a_target_that_is_killed_between_the_two_calls(tmp_path):
    class Killed(Target):
        def call(self, path, method, deadline, params=None):
            if self.changed:
                raise SpdkProblem("nothing listens on /s", "nobody")
            return super().call(path, method, deadline, params)

    guards.write_ledger(tmp_path)
    options = guards.options(tmp_path)
    lease = attempt.begin(options, [DISK], ledgers.clock())
    errors = restoring.restore("/s", [DISK], Killed().call)
    gone = guards.health([], verdict="stopped")
    found = attempt.finish(options, [DISK], lease, errors, gone, ledgers.clock())
    assert found[guards.BDEV] == {"outcome": "failed", "error": "nothing listens on /s", "held_by": None}
    # Its next life is looked at anew, by guard and tick: no lease is left.
    assert read_ledger(str(tmp_path)).get("zbs", "volume:" + guards.BDEV)["lease"] is None


def test_a_ledger_that_broke_meanwhile_is_left_alone(tmp_path):
    ledgers.path(tmp_path).write_text("{")
    assert attempt.begin(guards.options(tmp_path), [DISK], ledgers.clock()) is None
    assert ledgers.path(tmp_path).read_text() == "{"


def test_what_is_seen_outranks_what_was_said(tmp_path):
    guards.write_ledger(tmp_path)
    options = guards.options(tmp_path)
    lease = attempt.begin(options, [DISK], ledgers.clock())
    served = guards.health([guards.need()], [guards.BDEV])
    found = attempt.finish(options, [DISK], lease, {guards.BDEV: "File exists"}, served, ledgers.clock())
    assert found == {guards.BDEV: {"outcome": "healed", "error": None, "held_by": None}}


def answering(result=None, problem=None):
    def call(_path, _method, _deadline):
        if problem:
            raise problem
        return guards.answer(result)

    return call


@pytest.mark.parametrize(
    "call, state, served, connections",
    [
        (answering([target.controller("a", sessions=1), target.controller("b")]), "answers", {"a"}, 1),
        (answering([target.controller("a", None, sessions=2)]), "answers", set(), 0),
        (answering([dict(target.controller("a"), sessions=3)]), "answers", {"a"}, 1),
        (answering([{"ctrlr": "a", "backend_specific": "?", "sessions": [1]}, "junk"]), "answers", set(), 0),
        (answering([dict(target.controller("a", "b", sessions=1), ctrlr=["a"])]), "answers", set(), 1),
        (answering([dict(target.controller("a", "b", sessions=1), ctrlr=None)]), "answers", set(), 1),
        (answering([]), "answers", set(), 0),
        (answering({}), "silent", set(), 0),
        (answering(problem=SpdkProblem("nothing listens", "nobody")), "nobody", set(), 0),
        (answering(problem=SpdkProblem("no answer", "silent")), "silent", set(), 0),
        (answering(problem=SpdkProblem("junk", "junk")), "silent", set(), 0),
        (answering(problem=SpdkError("m", -1, "Method may only be called after framework init")), "unready", set(), 0),
        (answering(problem=SpdkProblem("closed", "closed")), "unready", set(), 0),
    ],
)
def test_a_small_look(call, state, served, connections):
    found = looking.small("/s", call)
    assert (found.state, found.served, found.connections) == (state, served, connections)


@pytest.mark.parametrize(
    "stat, lives",
    [
        ("3 (qemu) S 1 " + " ".join(["0"] * 17) + " 100 0", True),
        ("3 (a ) b) R 1 " + " ".join(["0"] * 17) + " 100 0", True),
        ("3 (qemu) S 1 " + " ".join(["0"] * 17) + " 101 0", False),
        ("3 (qemu) Z 1 " + " ".join(["0"] * 17) + " 100 0", False),
        ("junk", False),
        (None, False),
    ],
)
def test_who_lives(tmp_path, stat, lives):
    folder = tmp_path / "proc" / "3"
    folder.mkdir(parents=True)
    if stat is not None:
        (folder / "stat").write_text(stat)
    assert looking.living({(3, 100)}, str(tmp_path)) == ({(3, 100)} if lives else set())

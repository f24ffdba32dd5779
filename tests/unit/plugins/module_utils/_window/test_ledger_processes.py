"""The ledger among processes: many at once lose no step, and one that is killed leaves a whole file."""

import multiprocessing
import os
import random
import signal
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger as window_ledger
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger_writing
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers

FORK = multiprocessing.get_context("fork")
PROCESSES, STEPS = 40, 5


def entry(failures, skip=0):
    """An entry that was down for a while."""
    return dict(ledgers.DOWN, since="x", failures=failures, skip=skip, last_attempt=None, lease=None)


def put(folder, ledger):
    """Write `ledger` as a step does."""
    with ledger_writing.locked(str(folder), ledgers.soon()):
        ledger_writing.write(ledger, str(folder))


def in_children(count, work):
    """Run `work(number)` in `count` processes at once; every one must end well."""
    ready = FORK.Barrier(count)

    def main(number):
        ready.wait(60)
        work(number)

    children = [FORK.Process(target=main, args=(number,)) for number in range(count)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    codes = [child.exitcode for child in children]
    for child in children:
        if child.is_alive():
            child.kill()
            child.join()
    assert codes == [0] * count


def test_40_processes_lose_no_tick(tmp_path):
    put(tmp_path, window_ledger.Ledger({"zbs": {"vhost": entry(20, 100000)}}))

    def work(_number):
        for _step in range(STEPS):
            assert ledgers.observe(tmp_path, ledgers.DOWN, max_skip=100000).decisions == {"vhost": "waiting"}

    in_children(PROCESSES, work)
    assert window_ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")["skip"] == 100000 - PROCESSES * STEPS


def test_of_40_that_begin_at_once_one_does(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)
    results = FORK.SimpleQueue()
    in_children(PROCESSES, lambda _number: results.put(ledgers.begin(tmp_path).decisions["vhost"]))
    decisions = sorted(results.get() for _number in range(PROCESSES))
    assert decisions == ["begun"] + ["refused"] * (PROCESSES - 1)
    assert window_ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")["failures"] == 1


def test_different_storages_at_once_do_not_undo_each_other(tmp_path):
    def work(number):
        window = ledgers.window(tmp_path)
        window.storage = "storage%d" % number
        ledgers.quiet.observe(window, {"vhost": ledgers.DOWN}, ledgers.clock(), ledgers.soon())

    in_children(20, work)
    assert sorted(window_ledger.read_ledger(str(tmp_path)).entries) == sorted(
        "storage%d" % number for number in range(20)
    )


def test_a_writer_that_is_killed_at_any_instant_leaves_the_old_or_the_new_file_whole(tmp_path):
    ledgers_to_write = [
        window_ledger.Ledger({"s%d" % number: {"vhost": entry(size, number)} for number in range(size)})
        for size in (3, 400)
    ]
    whole = [ledger.as_facts() for ledger in ledgers_to_write]
    put(tmp_path, ledgers_to_write[0])
    seen = set()

    def write_for_ever(started):
        while True:
            for ledger in reversed(ledgers_to_write):
                put(tmp_path, ledger)
                started.set()

    patience = Deadline(60)
    rounds = 0
    # On a busy machine many rounds may meet the same file: as many more are made until both were met.
    while rounds < 25 or (len(seen) < 2 and not patience.spent()):
        rounds += 1
        started = FORK.Event()
        child = FORK.Process(target=write_for_ever, args=(started,))
        child.start()
        assert started.wait(60)
        time.sleep(random.uniform(0.0, 0.02))  # the instant is what is random here; nothing waits for it
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        ledger = window_ledger.read_ledger(str(tmp_path))
        assert ledger.lost is None and not ledger.missing
        assert ledger.as_facts() in whole
        seen.add(len(ledger.entries))
        put(tmp_path, ledger)  # the lock of the killed one is free
    assert seen == {3, 400}, "the kills always met the same file, so they showed nothing"


def test_what_a_killed_writer_left_is_no_fact_of_setup(tmp_path):
    """A temporary file that stays must not be read as a fact, nor stand in the way of the next writer."""
    left = tmp_path / ".zbs-0123.tmp"  # as _tools/replacing names it, which no *.fact matches
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    put(tmp_path, window_ledger.Ledger())
    assert sorted(os.listdir(tmp_path)) == sorted([ledger_writing.LOCK, window_ledger.NAME])


def test_a_lock_that_is_held_is_an_error_that_names_its_holder(tmp_path):
    with ledger_writing.locked(str(tmp_path), ledgers.soon()), pytest.raises(ZbsError) as caught:
        ledgers.quiet.observe(ledgers.window(tmp_path), {"vhost": ledgers.DOWN}, ledgers.clock(), Deadline(0.1))
    assert caught.value.code == "locked"
    assert "process %d" % os.getpid() in caught.value.message

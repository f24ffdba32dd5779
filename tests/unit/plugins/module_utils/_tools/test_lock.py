"""A lock that the kernel frees when its holder dies."""

import errno
import fcntl
import multiprocessing
import os
import signal
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import lock
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files

FORK = multiprocessing.get_context("fork")


def test_it_is_free_again_after_the_block_and_after_an_error_in_it(tmp_path):
    path = str(tmp_path / "lock")
    before = open_files()
    for _round in range(2):
        with pytest.raises(RuntimeError), lock.hold(path, Deadline(1), "x"):
            raise RuntimeError
    assert open_files() <= before and os.path.exists(path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_who_holds_it_is_in_the_sentence(tmp_path):
    path = str(tmp_path / "lock")
    second = lock.hold(path, Deadline(0.05), "a deploy of h1")
    with lock.hold(path, Deadline(1), "x"), pytest.raises(ZbsError) as caught:
        second.__enter__()
    assert caught.value.code == "locked"
    assert caught.value.message.startswith("a deploy of h1 is under way: process %d" % os.getpid())


def test_a_holder_that_is_killed_frees_it(tmp_path):
    path = str(tmp_path / "lock")
    held = FORK.Event()

    def hold_for_ever():
        with lock.hold(path, Deadline(5), "x"):
            held.set()
            signal.pause()

    child = FORK.Process(target=hold_for_ever)
    child.start()
    try:
        assert held.wait(30)
        with pytest.raises(ZbsError) as caught, lock.hold(path, Deadline(0.0), "x"):
            pass
        assert "process %d" % child.pid in caught.value.message
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.join(30)
    with lock.hold(path, Deadline(5), "x"):
        pass


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("elsewhere")])
def test_something_else_in_its_place_is_named_never_followed(tmp_path, make):
    make(tmp_path / "lock")
    with pytest.raises(ZbsError) as caught, lock.hold(str(tmp_path / "lock"), Deadline(1), "x"):
        pass
    assert caught.value.code == "lock_unusable" and str(tmp_path / "lock") in caught.value.message
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_whose_file_system_knows_no_locks_is_said_at_once(tmp_path, monkeypatch):
    def refuse(_handle, _how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    before = open_files()
    with pytest.raises(ZbsError) as caught, lock.hold(str(tmp_path / "lock"), Deadline(60), "x"):
        pass
    assert caught.value.code == "lock_unusable" and os.strerror(errno.ENOLCK) in caught.value.message
    assert open_files() <= before


def test_a_holder_that_did_not_sign_is_another_process(tmp_path):
    path = tmp_path / "lock"
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ZbsError) as caught, lock.hold(str(path), Deadline(0.0), "a deploy of h1"):
            pass
    assert caught.value.code == "locked" and "under way: another process holds" in caught.value.message

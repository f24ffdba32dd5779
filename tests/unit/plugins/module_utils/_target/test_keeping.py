"""The folder of evidence: whole files, bounded in number, and never another's file."""

import errno
import os
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._target import keeping
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

STAMP = "20260102T03040%dZ"


def write(folder, number=0, keep=3, text="text"):
    return keeping.write(str(folder), "asked", STAMP % number, text, keep)


def test_the_folder_and_the_file_are_for_root_and_its_group(tmp_path):
    before = os.umask(0o077)
    try:
        path, removed = write(tmp_path / "log" / "zbs")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640 and removed == 0
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o750
    with open(path, encoding="utf-8") as handle:
        assert handle.read() == "text"
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_the_mode_of_an_operator_s_folder_stays(tmp_path):
    tmp_path.chmod(0o755)
    write(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_the_oldest_go_and_others_files_stay(tmp_path):
    (tmp_path / "evidence-of-mine.txt").write_text("x")
    paths = [write(tmp_path, number)[0] for number in range(5)]
    assert sorted(os.listdir(tmp_path)) == sorted(["evidence-of-mine.txt"] + [os.path.basename(p) for p in paths[2:]])


def test_what_was_just_written_is_never_the_oldest(tmp_path):
    for number in (7, 8, 9):
        write(tmp_path, number)
    path, removed = write(tmp_path, 1, keep=1)  # the clock jumped back
    assert os.listdir(tmp_path) == [os.path.basename(path)] and removed == 3


def test_two_of_one_second_are_two(tmp_path):
    assert write(tmp_path)[0] != write(tmp_path)[0]


def test_a_left_over_of_a_killed_write_goes_with_time(tmp_path):
    old, young = tmp_path / ".zbs-a.tmp", tmp_path / ".zbs-b.tmp"
    for path in (old, young):
        path.write_text("x")
    os.utime(old, (1, 1))
    write(tmp_path)
    assert not old.exists() and young.exists()


def test_a_full_disk_leaves_the_older_files_and_nothing_else(tmp_path, monkeypatch):
    kept, _removed = write(tmp_path)

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeping.os, "fsync", full)
    with pytest.raises(ZbsError) as caught:
        write(tmp_path, 1, keep=1)
    assert caught.value.code == "evidence_unwritable" and "No space left" in caught.value.message
    assert os.listdir(tmp_path) == [os.path.basename(kept)]


@pytest.mark.parametrize("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("/nowhere/at/all")])
def test_something_else_in_the_folder_s_place(tmp_path, make):
    make(tmp_path / "log")
    with pytest.raises(ZbsError) as caught:
        write(tmp_path / "log")
    assert caught.value.code == "evidence_unwritable" and str(tmp_path / "log") in caught.value.message

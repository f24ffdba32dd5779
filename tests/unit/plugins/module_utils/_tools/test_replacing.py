"""A file is replaced whole, with its mode, and nothing is left beside it."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import replacing


def test_the_new_text_the_mode_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_text("old and longer than the new one")
    before = os.umask(0o077)
    try:
        replacing.replace(str(path), "new ü\n", 0o644)
    finally:
        os.umask(before)
    assert path.read_text(encoding="utf-8") == "new ü\n" and os.listdir(tmp_path) == ["file"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_link_is_replaced_and_what_it_led_to_is_not(tmp_path):
    (tmp_path / "target").write_text("keep")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    replacing.replace(str(tmp_path / "file"), "new", 0o600)
    assert (tmp_path / "target").read_text() == "keep" and not (tmp_path / "file").is_symlink()


@pytest.mark.parametrize("fails", ["fsync", "rename"])
def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch, fails):
    (tmp_path / "file").write_text("old")

    def refuse(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing.os, fails, refuse)
    with pytest.raises(OSError):
        replacing.replace(str(tmp_path / "file"), "new", 0o644)
    assert (tmp_path / "file").read_text() == "old" and os.listdir(tmp_path) == ["file"]


def test_what_cannot_be_written_as_text_leaves_nothing_behind(tmp_path):
    with pytest.raises(UnicodeError):
        replacing.replace(str(tmp_path / "file"), "\ud800", 0o644)
    assert os.listdir(tmp_path) == []
    replacing.replace(str(tmp_path / "file"), "\ud800", 0o644, errors="replace")
    assert (tmp_path / "file").read_text() == "?"

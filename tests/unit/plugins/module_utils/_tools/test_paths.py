"""A path that somebody else wrote, and that no file can have."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import paths


def test_what_is_there(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "lost").symlink_to("nowhere")
    there = {name: str(tmp_path / name) for name in ("file", "link", "lost", "none")}
    assert paths.real(there["link"]) == os.path.realpath(there["file"])
    assert [paths.exists(there[name]) for name in ("file", "link", "lost", "none")] == [True, True, False, False]
    assert [paths.exists(there[name], link=True) for name in ("lost", "none")] == [True, False]


@pytest.mark.parametrize("path", ["/a\0b", "\0", "/\ud800", "/" + "a" * 5000])
@pytest.mark.parametrize("old", [False, True])
def test_what_can_not_be(monkeypatch, path, old):
    def raises(_path):
        raise ValueError("embedded null byte")

    if old:  # before Python 3.8
        monkeypatch.setattr(os.path, "exists", raises)
        monkeypatch.setattr(os.path, "lexists", raises)
    assert paths.real(path) == path
    assert paths.exists(path) is False and paths.exists(path, link=True) is False

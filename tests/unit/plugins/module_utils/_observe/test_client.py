"""Whether the ZBS client's configuration is on the host."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import cbd, client


def empty(path):
    path.write_text("")


def link_to_nothing(path):
    path.symlink_to("nothing")


STATES = {
    "there": (lambda path: path.write_text("mds=10.0.0.1"), "present"),
    "nothing": (lambda path: None, "missing"),
    "empty, as a write that was cut off leaves it": (empty, "missing"),
    "a link to nothing": (link_to_nothing, "missing"),
    "the folder that Docker makes for a mount of what is missing": (lambda path: path.mkdir(), "no_file"),
    "a pipe": (os.mkfifo, "no_file"),
    "a file in the place of its folder": (lambda path: (path.parent.rmdir(), path.parent.write_text("")), "missing"),
}


@pytest.mark.parametrize("name", sorted(STATES))
def test_the_states(tmp_path, name):
    make, state = STATES[name]
    (tmp_path / "etc/zbs").mkdir(parents=True)
    make(tmp_path / "etc/zbs/client.conf")
    assert client.state(str(tmp_path)) == state


def test_what_can_not_be_looked_at_is_not_known(monkeypatch):
    def stat(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client.os, "stat", stat)
    assert client.state() == "unknown"


def test_the_path_has_one_home():
    assert cbd.CLIENT_CONFIGURATION is client.CONFIGURATION

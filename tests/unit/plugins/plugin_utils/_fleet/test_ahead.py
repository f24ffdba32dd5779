"""Modules that are packed beside the tasks before them."""

import os
import sys

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import ahead


@pytest.mark.parametrize(
    "due, names",
    [
        ([], []),
        (["vhost"], ["zbs_vhost_attempt", "zbs_vhost_deploy", "zbs_vhost_restore"]),
        (["cbd", "vhost", "volume:a"], ["zbs_vhost_attempt", "zbs_vhost_deploy", "zbs_vhost_restore"]),
        (["volume:a"], ["zbs_vhost_restore"]),
        (["cbd"], ["zbs_vhost_deploy"]),
        (["volume:a", "cbd"], ["zbs_vhost_restore", "zbs_vhost_deploy"]),
    ],
)
def test_which_modules_attempts_run(due, names):
    assert ahead.modules(set(due)) == names
    assert ahead.modules(set(due), node=True) == [name for name in names if name != "zbs_vhost_attempt"]


@pytest.fixture
def children(monkeypatch):
    """The processes that were begun, none of which is left behind."""
    begun = []

    def fork():
        pid = real()
        if pid:
            begun.append(pid)
        return pid

    real = os.fork
    monkeypatch.setattr(os, "fork", fork)
    yield begun
    for pid in begun:
        os.waitpid(pid, 0)


def test_a_process_beside_packs_them_in_their_order(children, tmp_path):
    def configure(module_name, module_args, task_vars):
        with open(tmp_path / "packed", "a", encoding="utf-8") as file:
            file.write("%s %s %s\n" % (module_name, module_args, task_vars))

    ahead.pack(["zbs_vhost_attempt", "zbs_vhost_deploy"], configure, {"a": 1, "ansible_python_interpreter": "theirs"})
    (pid,) = children
    assert os.waitpid(children.pop(), 0) == (pid, 0)
    rest = " {} {'a': 1, 'ansible_python_interpreter': '%s'}" % sys.executable
    lines = (tmp_path / "packed").read_text(encoding="utf-8").splitlines()
    assert lines == ["zstack.zbs.zbs_vhost_attempt" + rest, "zstack.zbs.zbs_vhost_deploy" + rest]


def test_one_that_fails_says_nothing(children, capfd):
    ahead.pack(["zbs_vhost_attempt"], lambda **_call: 1 / 0, {})
    assert os.waitpid(children.pop(), 0)[1] == 0 and capfd.readouterr() == ("", "")


def test_a_machine_that_has_no_room_for_it_does_without(monkeypatch):
    def fork():
        raise OSError("no room")

    monkeypatch.setattr(os, "fork", fork)
    ahead.pack(["zbs_vhost_attempt"], None, {})


def test_nothing_due_begins_no_process(children):
    ahead.pack([], None, {})
    assert children == []


def test_the_process_beside_ends_there(monkeypatch):
    """Without it: what it would do, seen from within."""
    told = []
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", told.append)
    ahead.pack(["zbs_vhost_restore"], lambda **call: told.append(call["module_name"]), {})
    assert told == ["zstack.zbs.zbs_vhost_restore", 0]

"""Which container the target is, remembered: who answers and is known costs no call of Docker."""

import json
import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import identity, probe
from ansible_collections.zstack.zbs.plugins.module_utils._observe import process as observe_process
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import Settings
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, ledger_writing
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write_process
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer, short_folder

NAME = "zbsvhost-x"
FOUND = {"answer": "found", "id": "a" * 64, "name": NAME, "pid": 42, "runs_target": True}
KNOWN = {"pid": 42, "started": 100.0, "container": FOUND}
GOOD = {"spdk_get_version": target.VERSION, "vhost_get_controllers": []}


def process(pid=42, started=100.0):
    return observe_process.ProcessInfo(pid, "vhost", "S", started, 1.0, None)


def health(verdict="healthy", pid=42, container=None):
    row = {"verdict": verdict}
    seen = {"pid": pid, "started_s_after_boot": 100.0} if pid else None
    return {"protocols": {"vhost": row}, "process": seen, "container": container or FOUND}


def test_the_same_process_is_the_same_container():
    assert identity.recall(KNOWN, process(), NAME) == dict(FOUND, answer="remembered")


def test_the_target_of_another_deployer_is_remembered_under_the_name_that_was_asked_for():
    theirs = {"pid": 42, "started": 100.0, "container": dict(FOUND, name="zstone-vhost", expected=NAME, foreign=True)}
    assert identity.recall(theirs, process(), NAME) == dict(theirs["container"], answer="remembered")
    assert identity.recall(theirs, process(), "zstone-vhost") is None


@pytest.mark.parametrize(
    "known, seen, name",
    [
        (None, process(), NAME),
        (KNOWN, None, NAME),
        (KNOWN, process(pid=43), NAME),
        (KNOWN, process(started=100.5), NAME),  # the pid was given away again
        (KNOWN, process(), "another"),
        ({"pid": 42, "started": 100.0, "container": dict(FOUND, expected="another")}, process(), NAME),
    ],
)
def test_of_anything_else_nothing_is_remembered(known, seen, name):
    assert identity.recall(known, seen, name) is None


def test_what_docker_says_of_who_answers_is_learnt_once():
    assert identity.seen(None, health()) == KNOWN
    assert identity.seen(KNOWN, health(container=dict(FOUND, answer="remembered"))) == KNOWN


@pytest.mark.parametrize(
    "look",
    [
        health(verdict="hung"),  # it may be another one by the next tick
        health(container=dict(FOUND, runs_target=False)),
        health(container=dict(FOUND, answer="missing")),
    ],
)
def test_what_is_not_sure_is_forgotten(look):
    assert identity.seen(KNOWN, look) is None


def test_who_answers_without_a_name_of_its_own_changes_nothing():
    assert identity.seen(KNOWN, health(pid=None)) == KNOWN


@pytest.mark.parametrize("damaged", [[], {}, {"pid": "42", "started": 1.0, "container": {}}, {"pid": 42, "started": 1}])
def test_a_damaged_record_is_a_damaged_ledger(tmp_path, damaged):
    text = json.dumps({"version": 1, "entries": {}, "target": damaged})
    (tmp_path / ledger.NAME).write_text(text)
    assert "target's process is not valid" in ledger.read_ledger(str(tmp_path)).lost


def test_the_ledger_keeps_it(tmp_path):
    ledger_writing.write(ledger.Ledger(target=KNOWN), str(tmp_path))
    assert ledger.read_ledger(str(tmp_path)).target == KNOWN


def test_a_target_that_is_known_and_answers_asks_docker_nothing(tmp_path, monkeypatch):
    log = tmp_path / "log"
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    with short_folder() as folder:
        shown = target.container("running", folder + "/admin.sock", os.getpid())
        shown["Name"] = "/" + NAME
        target.write_docker(tmp_path / "bin", body=programs.logging_argv(log, programs.answering(json.dumps([shown]))))
        settings = Settings(NAME, folder + "/admin.sock", ["vhost"])
        with Peer(folder + "/admin.sock", target.behave(GOOD)):
            first = probe.probe(settings)
            settings.target = identity.seen(None, first)
            second = probe.probe(settings)
        assert len(programs.calls(log)) == 1
        assert (first["container"]["expected"], first["container"]["foreign"]) == (NAME, False)
        assert first["container"]["answer"] == "found" and second["container"]["answer"] == "remembered"
        assert dict(second["container"], answer="found") == first["container"]
        # Who does not answer is asked about again, and so are the others.
        assert probe.probe(settings)["container"]["answer"] == "found"
    assert [call[0] for call in programs.calls(log)] == ["container", "container", "ps"]


def parents(root, *chain):
    """Processes below `root`, each with the next one as its parent."""
    for pid, parent in zip(chain, chain[1:]):
        write_process(root, pid)
        path = root / ("proc/%d/stat" % pid)
        head, _bracket, rest = path.read_text().rpartition(")")
        fields = rest.split()
        fields[1] = str(parent)
        path.write_text("%s) %s" % (head, " ".join(fields)))


def test_a_container_may_begin_with_a_shell(tmp_path):
    parents(tmp_path, 44, 43, 42, 1)
    assert [observe_process.descends(44, pid, str(tmp_path)) for pid in (44, 43, 42, 1, 45)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_parents_that_can_not_be_read_or_do_not_end_are_none(tmp_path):
    parents(tmp_path, 44, 43)
    assert not observe_process.descends(44, 9, str(tmp_path))
    parents(tmp_path, *range(60, 40, -1))
    assert not observe_process.descends(60, 42, str(tmp_path))

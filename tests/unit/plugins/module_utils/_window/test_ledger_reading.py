"""What a ledger's file may look like, and that none that can't be understood is taken for "no failures"."""

import json
import os
import socket

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger as window_ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import short_folder
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files

ENTRY = {
    "status": "Disconnected",
    "verdict": "stopped",
    "reason": None,
    "since": "2026-01-02T03:04:05Z",
    "failures": 3,
    "skip": 5,
    "last_attempt": None,
    "lease": None,
}
LEASE = {"boot_id": "b", "started": 1.0, "expires": 2.0, "who": "w"}


def text_of(entry, version=1):
    """A ledger's text with that entry."""
    return json.dumps({"version": version, "entries": {"zbs": {"vhost": entry}}}).encode()


NOT_UNDERSTOOD = {
    "empty": b"",
    "blank": b" \n\n",
    "truncated": text_of(ENTRY)[:-7],
    "binary": bytes(range(256)) * 40,
    "latin": b'{"version": 1, "entries": {"\xe4": {}}}',
    "array": b"[]",
    "number": b"17",
    "null": b"null",
    "foreign": b'{"foo": "bar"}',
    "two objects": text_of(ENTRY) + text_of(ENTRY),
    "newer": text_of(ENTRY, 2),
    "no version": b'{"entries": {}}',
    "entries are a list": b'{"version": 1, "entries": []}',
    "storage is a list": b'{"version": 1, "entries": {"zbs": []}}',
    "entry is null": text_of(None),
    "entry is text": text_of("x"),
    "nested 100000 deep": b'{"version": 1, "entries": ' + b"[" * 100000 + b"]" * 100000 + b"}",
    "open 100000 deep": b"[" * 100000,
    "failures below zero": text_of(dict(ENTRY, failures=-1)),
    "skip below zero": text_of(dict(ENTRY, skip=-1)),
    "failures is true": text_of(dict(ENTRY, failures=True)),
    "skip is a fraction": text_of(dict(ENTRY, skip=1.5)),
    "skip is text": text_of(dict(ENTRY, skip="5")),
    "no skip": text_of({key: value for key, value in ENTRY.items() if key != "skip"}),
    "lease is text": text_of(dict(ENTRY, lease="x")),
    "lease without a boot": text_of(dict(ENTRY, lease={"started": 1, "expires": 2, "who": "w"})),
    "lease expires as text": text_of(dict(ENTRY, lease=dict(LEASE, expires="2"))),
    "last attempt is a list": text_of(dict(ENTRY, last_attempt=[])),
    "no lease": text_of({key: value for key, value in ENTRY.items() if key != "lease"}),
    "no last attempt": text_of({key: value for key, value in ENTRY.items() if key != "last_attempt"}),
    "no reason": text_of({key: value for key, value in ENTRY.items() if key != "reason"}),
    "no container of what was deployed": json.dumps(
        {"version": 1, "entries": {}, "deployed": {"hash": "h", "parts": {}, "at": "x"}}
    ).encode(),
    "a number of 10000 digits": text_of(ENTRY).replace(b'"failures": 3', b'"failures": ' + b"9" * 10000),
    "an infinite number": text_of(ENTRY).replace(b'"failures": 3', b'"failures": 1e999'),
    "a name of a million letters": json.dumps({"version": 1, "entries": {"x" * 10**6: []}}).encode(),
}


@pytest.mark.parametrize("name", sorted(NOT_UNDERSTOOD))
def test_a_file_that_cannot_be_understood_is_lost_and_says_so(tmp_path, name):
    ledgers.path(tmp_path).write_bytes(NOT_UNDERSTOOD[name])
    ledger = window_ledger.read_ledger(str(tmp_path))
    assert not ledger.missing
    assert ledger.entries == {}
    assert str(ledgers.path(tmp_path)) in ledger.lost
    assert "\n" not in ledger.lost and len(ledger.lost) < 1000


@pytest.mark.parametrize("name", sorted(NOT_UNDERSTOOD))
def test_it_is_kept_aside_and_the_entry_starts_in_the_longest_window(tmp_path, name):
    ledgers.path(tmp_path).write_bytes(NOT_UNDERSTOOD[name])
    step = ledgers.observe(tmp_path, ledgers.DOWN)
    assert step.decisions == {"vhost": "waiting"}
    assert step.entries["vhost"]["skip"] == 64
    aside = [entry for entry in os.listdir(tmp_path) if ".bad-20260102T030405Z-" in entry]
    assert len(aside) == 1 and not aside[0].endswith(".fact")
    assert (tmp_path / aside[0]).read_bytes() == NOT_UNDERSTOOD[name]
    assert any(aside[0] in warning for warning in step.warnings)
    assert window_ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")["skip"] == 64


def test_a_huge_file_is_lost_without_being_read_whole(tmp_path):
    with open(ledgers.path(tmp_path), "wb") as handle:
        handle.write(text_of(ENTRY))
        handle.truncate(1 << 40)  # sparse: reading it whole would take all memory
    assert "larger than" in window_ledger.read_ledger(str(tmp_path)).lost


def test_a_good_file_is_understood(tmp_path):
    ledgers.path(tmp_path).write_bytes(text_of(dict(ENTRY, lease=LEASE, last_attempt={"outcome": "failed"})))
    ledger = window_ledger.read_ledger(str(tmp_path))
    assert (ledger.lost, ledger.missing) == (None, False)
    assert ledger.get("zbs", "vhost")["failures"] == 3
    assert ledger.get("zbs", "cbd") is None and ledger.get("other", "vhost") is None


@pytest.mark.parametrize("folder", ["", "not/there"])
def test_no_file_is_no_failures_and_not_lost(tmp_path, folder):
    ledger = window_ledger.read_ledger(str(tmp_path / folder))
    assert ledger.missing and ledger.lost is None and ledger.entries == {}


def make_symlink(path):
    """A link to a good ledger elsewhere: whoever can make it must not choose our window."""
    (path.parent / "elsewhere").write_bytes(text_of(ENTRY))
    path.symlink_to(path.parent / "elsewhere")


def make_dangling(path):
    """A link to nothing."""
    path.symlink_to(path.parent / "nothing")


IN_ITS_PLACE = {
    "symlink": make_symlink,
    "dangling symlink": make_dangling,
    "folder": lambda path: path.mkdir(),
    "full folder": lambda path: (path / "child").mkdir(parents=True),
    "fifo": os.mkfifo,
}


@pytest.mark.parametrize("kind", sorted(IN_ITS_PLACE))
def test_something_else_in_its_place_is_lost_kept_and_replaced(tmp_path, kind):
    IN_ITS_PLACE[kind](ledgers.path(tmp_path))
    before = open_files()
    assert window_ledger.read_ledger(str(tmp_path)).lost is not None
    assert open_files() <= before
    step = ledgers.observe(tmp_path, ledgers.DOWN)
    assert step.entries["vhost"]["skip"] == 64
    assert ledgers.path(tmp_path).is_file() and not ledgers.path(tmp_path).is_symlink()
    aside = [entry for entry in os.listdir(tmp_path) if ".bad-" in entry]
    assert len(aside) == 1
    assert (tmp_path / aside[0]).is_symlink() == ("symlink" in kind)
    if kind == "symlink":
        assert (tmp_path / "elsewhere").read_bytes() == text_of(ENTRY)


def test_a_fifo_that_somebody_feeds_is_lost_too(tmp_path):
    """Who can make it would choose our window, and another one at each look."""
    os.mkfifo(ledgers.path(tmp_path))
    writer = os.open(ledgers.path(tmp_path), os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(writer, text_of(ENTRY))
        ledger = window_ledger.read_ledger(str(tmp_path))
    finally:
        os.close(writer)
    assert ledger.entries == {}
    assert ledger.lost == "%s can't be read (it is not a regular file)" % ledgers.path(tmp_path)


def test_a_socket_in_its_place_is_lost():
    with short_folder() as folder, socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.path.join(folder, window_ledger.NAME))
        assert window_ledger.read_ledger(folder).lost is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_lost(tmp_path):
    ledgers.path(tmp_path).write_bytes(text_of(ENTRY))
    ledgers.path(tmp_path).chmod(0)
    assert "Permission denied" in window_ledger.read_ledger(str(tmp_path)).lost


def test_a_disk_that_fails_in_the_middle_is_lost_and_no_empty_ledger(tmp_path, monkeypatch):
    ledgers.path(tmp_path).write_bytes(text_of(ENTRY))
    before = open_files()

    def fail(*_arguments, **_more):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(window_ledger.os, "fdopen", fail)
    ledger = window_ledger.read_ledger(str(tmp_path))
    assert "Input/output error" in ledger.lost and not ledger.missing
    assert open_files() <= before

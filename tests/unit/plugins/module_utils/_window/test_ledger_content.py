"""What a ledger holds: put, taken away, trusted or not, and what of it stands in the file."""

import errno
import io
import json
import os
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger as window_ledger
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger_writing
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers

pytestmark = pytest.mark.usefixtures("no_fsync")

ENTRY = dict(ledgers.DOWN, since="x", failures=1, skip=2, last_attempt=None, lease=None)
HISTORY = {"recoveries": [1], "failures": 0, "skip": 0}
LEASE = {"boot_id": "b", "started": 1, "expires": 2.5, "who": "w"}
RECORD: dict = {"hash": "h", "parts": {}, "at": "x", "container_id": None}


def write(folder, ledger):
    with ledger_writing.locked(str(folder), ledgers.soon()):
        ledger_writing.write(ledger, str(folder))


def read_of(folder, **document):
    ledgers.path(folder).write_text(json.dumps(document))
    return window_ledger.read_ledger(str(folder))


def test_an_entry_that_is_put_and_taken_away_leaves_nothing():
    ledger = window_ledger.Ledger()
    ledger.put("zbs", "vhost", ENTRY)
    ledger.put("zbs", "cbd", ENTRY)
    ledger.put("zbs", "vhost", None)
    assert ledger.entries == {"zbs": {"cbd": ENTRY}} and ledger.get("zbs", "vhost") is None
    ledger.put("zbs", "cbd", None)
    ledger.put("never", "seen", None)
    assert ledger.entries == {}


def test_a_history_likewise():
    ledger = window_ledger.Ledger()
    ledger.put_history("zbs", "vhost", HISTORY)
    assert ledger.get_history("zbs", "vhost") == HISTORY and ledger.get_history("zbs", "cbd") is None
    ledger.put_history("zbs", "vhost", None)
    assert ledger.history == {} and ledger.get_history("zbs", "vhost") is None


def test_nobody_is_distrusted_without_a_loss():
    assert not window_ledger.Ledger().distrusts("zbs", "vhost")
    assert not window_ledger.Ledger(missing=True).distrusts("zbs", "vhost")


def test_everybody_is_distrusted_by_a_lost_ledger_but_volumes():
    ledger = window_ledger.Ledger(lost="why")
    assert ledger.distrusts("zbs", "vhost") and not ledger.distrusts("zbs", window_ledger.VOLUME + "a")


def test_after_a_loss_each_is_trusted_once_it_was_seen():
    ledger = window_ledger.Ledger()
    ledger.saw("zbs", "vhost")
    assert ledger.distrust is None
    ledger.distrust_all("now")
    for protocol in ("vhost", "cbd", "vhost", window_ledger.VOLUME + "a"):
        ledger.saw("zbs", protocol)
    assert ledger.distrust == {"since": "now", "seen": {"zbs": ["cbd", "vhost"]}}
    assert not ledger.distrusts("zbs", "vhost")
    assert ledger.distrusts("other", "vhost") and not ledger.distrusts("other", window_ledger.VOLUME + "a")


def test_only_what_there_is_to_say_is_a_fact():
    assert window_ledger.Ledger().as_facts() == {"version": 1, "entries": {}}
    more = {"history": {"zbs": {"vhost": HISTORY}}, "distrust": {"since": "x", "seen": {}}, "deployed": RECORD}
    assert window_ledger.Ledger(**more).as_facts() == dict(more, version=1, entries={})


def test_the_file_is_for_people_too(tmp_path):
    write(tmp_path, window_ledger.Ledger({"b": {"vhost": ENTRY}, "a": {}}))
    text = ledgers.path(tmp_path).read_text()
    assert (
        text == json.dumps({"version": 1, "entries": {"a": {}, "b": {"vhost": ENTRY}}}, indent=2, sort_keys=True) + "\n"
    )


def test_all_of_it_comes_back(tmp_path):
    entry = dict(
        ENTRY, healthy=0, flaps=2, due=True, held_by=["10.0.0.12"], lease=LEASE, last_attempt={"outcome": "lost"}
    )
    ledger = window_ledger.Ledger(
        {"zbs": {"vhost": entry}},
        history={"zbs": {"vhost": HISTORY}},
        distrust={"since": "x", "seen": {"zbs": ["vhost"]}},
        deployed=RECORD,
    )
    ledger.remember_paths({"zbs-bdev-1": "pool/volume"})
    write(tmp_path, ledger)
    found = window_ledger.read_ledger(str(tmp_path))
    assert found.as_facts() == ledger.as_facts() and sorted(found.as_facts()) == [
        "deployed",
        "disks",
        "distrust",
        "entries",
        "history",
        "version",
    ]
    assert (found.lost, found.missing) == (None, False)


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(tmp_path, monkeypatch):
    assert window_ledger.MAX_SIZE == 4 * 1024 * 1024
    write(tmp_path, window_ledger.Ledger())
    size = os.path.getsize(ledgers.path(tmp_path))
    monkeypatch.setattr(window_ledger, "MAX_SIZE", size)
    assert window_ledger.read_ledger(str(tmp_path)).lost is None
    monkeypatch.setattr(window_ledger, "MAX_SIZE", size - 1)
    assert "it is larger than %d bytes" % (size - 1) in window_ledger.read_ledger(str(tmp_path)).lost


@pytest.mark.parametrize(
    "document, words",
    [
        ({}, "it has no entries"),
        ({"entries": {}}, "it is of version None, but this collection knows version 1"),
        ({"entries": {}, "version": 2}, "it is of version 2, but"),
        ({"entries": {}, "version": 0}, "it is of version 0, but"),
        ({"entries": {"a": 1}, "version": 1}, "the entry of a is not an object"),
        ({"entries": {"a": {"vhost": 1}}, "version": 1}, "the entry of a/vhost is not an object"),
        ({"entries": {"a": {"vhost": dict(ENTRY, since=1)}}, "version": 1}, "the entry of a/vhost has no valid since"),
        ({"entries": {"a": {"vhost": dict(ENTRY, due=1)}}, "version": 1}, "the entry of a/vhost has no valid due"),
        ({"entries": {"a": {"vhost": dict(ENTRY, flaps=True)}}, "version": 1}, "has no valid flaps"),
        ({"entries": {"a": {"volume:b": dict(ENTRY, held_by="10.0.0.12")}}, "version": 1}, "has no valid held_by"),
        ({"entries": {"a": {"volume:b": dict(ENTRY, held_by=[7])}}, "version": 1}, "has no valid held_by"),
        (
            {"entries": {"a": {"vhost": dict(ENTRY, lease={"boot_id": 1})}}, "version": 1},
            "the lease in the entry of a/vhost has no valid boot_id",
        ),
        (
            {"entries": {"a": {"vhost": dict(ENTRY, lease=dict(LEASE, started=True))}}, "version": 1},
            "has no valid started",
        ),
        ({"entries": {}, "version": 1, "history": 1}, "its table of each history is not an object"),
        (
            {"entries": {}, "version": 1, "history": {"a": {"vhost": dict(HISTORY, recoveries=[True])}}},
            "the history of a/vhost has a number that is not a count",
        ),
        ({"entries": {}, "version": 1, "distrust": {"since": "x"}}, "its mark of a loss has no valid seen"),
        (
            {"entries": {}, "version": 1, "distrust": {"since": "x", "seen": {"a": [1]}}},
            "its mark of a loss has no valid protocols of a",
        ),
        ({"entries": {}, "version": 1, "deployed": {}}, "its record of what was deployed has no valid hash"),
        ({"entries": {}, "version": 1, "disks": 1}, "can't be understood"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, document, words):
    lost = read_of(tmp_path, **document).lost
    assert words in lost and str(ledgers.path(tmp_path)) in lost and "%" not in lost


def test_an_empty_file_says_so(tmp_path):
    ledgers.path(tmp_path).write_bytes(b" \n")
    assert "(it is empty)" in window_ledger.read_ledger(str(tmp_path)).lost


@pytest.mark.parametrize("count", [0, 1])
def test_counts_begin_at_zero(tmp_path, count):
    entry = dict(ENTRY, failures=count, skip=count, healthy=count)
    history = {"recoveries": [count], "failures": count, "skip": count}
    found = read_of(tmp_path, version=1, entries={"a": {"vhost": entry}}, history={"a": {"vhost": history}})
    assert found.lost is None and found.get("a", "vhost") == entry


@pytest.mark.parametrize("key", ["failures", "skip", "healthy"])
def test_each_count_below_zero_is_damage(tmp_path, key):
    lost = read_of(tmp_path, version=1, entries={"a": {"vhost": dict(ENTRY, **{key: -1})}}).lost
    assert "(the entry of a/vhost " in lost and "%" not in lost


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ELOOP])
def test_a_file_that_can_not_be_opened_is_lost_and_not_missing(tmp_path, monkeypatch, number):
    def fail(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(window_ledger.os, "open", fail)
    ledger = window_ledger.read_ledger(str(tmp_path))
    assert "can't be read (%s)" % os.strerror(number) in ledger.lost and not ledger.missing


def test_the_folder_is_made_so_that_everybody_can_read_it(tmp_path):
    before = os.umask(0)
    try:
        write(tmp_path / "a" / "facts.d", window_ledger.Ledger())
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(tmp_path / "a" / "facts.d").st_mode) == 0o755


def test_a_lost_ledger_is_set_aside_under_its_date_and_stays_in_its_place(tmp_path):
    ledgers.path(tmp_path).write_text("junk")
    aside = ledger_writing.set_aside(str(tmp_path), "now")
    assert aside == "%s.bad-now-%d" % (ledgers.path(tmp_path), os.getpid())
    assert os.path.samefile(aside, ledgers.path(tmp_path))


def test_a_step_names_itself_to_whoever_waits(tmp_path):
    second = ledger_writing.locked(str(tmp_path), Deadline(0))
    with ledger_writing.locked(str(tmp_path), ledgers.soon()), pytest.raises(ZbsError) as caught:
        second.__enter__()
    assert caught.value.message.startswith("a step of the ledger is under way: process")


def test_the_folder_is_synced_after_the_file_took_its_place(tmp_path, monkeypatch):
    """Or a crash could bring the old file back."""
    done = []
    real = os.rename
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(stat.S_ISDIR(os.fstat(handle).st_mode)))
    monkeypatch.setattr(os, "rename", lambda *names, **more: done.append("rename") or real(*names, **more))
    write(tmp_path, window_ledger.Ledger())
    assert done[-3:] == [False, "rename", True]


@pytest.mark.parametrize(
    "trouble, words",
    [(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"), (OSError("odd"), "odd")],
)
def test_why_it_can_not_be_written_is_in_the_systems_words(tmp_path, monkeypatch, trouble, words):
    def fail(*_arguments, **_more):
        raise trouble

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(ZbsError) as caught:
        write(tmp_path, window_ledger.Ledger())
    assert "can't be written (%s); free space" % words in caught.value.message


def test_of_a_huge_file_one_byte_more_than_the_limit_is_read(tmp_path, monkeypatch):
    asked = []

    class Stream(io.BytesIO):
        def read(self, size):
            asked.append(size)
            return b"x" * size

    ledgers.path(tmp_path).write_text("x")
    monkeypatch.setattr(window_ledger, "MAX_SIZE", 100)
    monkeypatch.setattr(window_ledger.os, "fdopen", lambda *_arguments, **_more: Stream())
    assert "larger than 100 bytes" in window_ledger.read_ledger(str(tmp_path)).lost and asked == [101]


def test_a_ledger_that_others_may_write_to_is_not_believed(tmp_path):
    write(tmp_path, window_ledger.Ledger())
    os.chmod(ledgers.path(tmp_path), 0o666)
    assert window_ledger.read_ledger(
        str(tmp_path)
    ).lost == "%s can't be trusted (users other than root can write to it)" % (ledgers.path(tmp_path))


@pytest.mark.parametrize("step", ["lock", "write", "set aside"])
def test_nothing_is_kept_in_a_folder_that_everybody_may_write_to(tmp_path, step):
    """What is believed when it is read again must be nobody else's to put there."""
    ledgers.path(tmp_path).write_text("junk")
    os.chmod(str(tmp_path), 0o777)
    with pytest.raises(ZbsError) as caught:
        if step == "lock":
            with ledger_writing.locked(str(tmp_path), ledgers.soon()):
                pass
        elif step == "write":
            ledger_writing.write(window_ledger.Ledger(), str(tmp_path))
        else:
            ledger_writing.set_aside(str(tmp_path), "now")
    assert caught.value.code == "ledger_unwritable"

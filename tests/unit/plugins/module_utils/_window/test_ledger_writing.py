"""How the ledger is written: whole, by one at a time, readable, and not at all where there is nothing to say."""

import errno
import json
import os
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger as window_ledger
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger_writing
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers


def snapshot(folder):
    """Everything that a write would change: names, times, inodes, contents."""
    found = {"": os.stat(folder).st_mtime_ns}
    for name in sorted(os.listdir(folder)):
        info = os.lstat(folder / name)
        content = (folder / name).read_bytes() if stat.S_ISREG(info.st_mode) else None
        found[name] = (info.st_mtime_ns, info.st_ino, content)
    return found


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077, 0o177, 0o777])
def test_the_mode_is_0644_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        with ledgers_lock_ready(tmp_path):
            ledger_writing.write(window_ledger.Ledger({}), str(tmp_path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(ledgers.path(tmp_path)).st_mode) == 0o644


def ledgers_lock_ready(folder):
    """The ledger's lock, as the writer's caller holds it."""
    return ledger_writing.locked(str(folder), ledgers.soon())


def test_what_is_written_is_json_of_the_documented_shape(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)
    data = json.loads(ledgers.path(tmp_path).read_text(encoding="utf-8"))
    assert data["version"] == 1
    assert data["entries"]["zbs"]["vhost"] == {
        "status": "Disconnected",
        "verdict": "stopped",
        "reason": "the container is exited",
        "since": ledgers.NOW,
        "failures": 0,
        "skip": 0,
        "last_attempt": None,
        "lease": None,
        "due": True,
    }


def test_a_reason_in_any_script_comes_back_as_it_was(tmp_path):
    reason = 'Grüße "\\\n\u2028 \U0001f40b '
    ledgers.observe(tmp_path, dict(ledgers.DOWN, reason=reason + "\udcff"))
    # Half a character, which no probe lets through, can't be written anywhere.
    assert window_ledger.read_ledger(str(tmp_path)).get("zbs", "vhost")["reason"] == reason + "\ufffd"


def test_a_healthy_host_with_no_ledger_makes_no_file_no_lock_no_folder(tmp_path):
    folder = tmp_path / "facts.d"
    step = ledgers.observe(folder, ledgers.WELL)
    assert not folder.exists()
    assert (step.changed, step.decisions, step.entries) == (False, {"vhost": "well"}, {})
    folder.mkdir()
    before = snapshot(folder)
    assert ledgers.observe(folder, ledgers.WELL).changed is False
    assert snapshot(folder) == before


def test_a_healthy_host_beside_anothers_entry_writes_nothing(tmp_path):
    with ledgers_lock_ready(tmp_path):
        ledger = window_ledger.Ledger()
        ledger.put("other", "vhost", json.loads(ENTRY))
        ledger_writing.write(ledger, str(tmp_path))
    before = snapshot(tmp_path)
    assert ledgers.observe(tmp_path, ledgers.WELL).changed is False
    assert snapshot(tmp_path) == before


ENTRY = json.dumps(
    {
        "status": "Disconnected",
        "verdict": "hung",
        "reason": None,
        "since": "x",
        "failures": 1,
        "skip": 2,
        "last_attempt": None,
        "lease": None,
    }
)


def test_clearing_takes_the_entry_out_of_the_file(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)
    step = ledgers.observe(tmp_path, ledgers.WELL)
    assert (step.changed, step.decisions) == (True, {"vhost": "cleared"})
    assert window_ledger.read_ledger(str(tmp_path)).entries == {}


def test_a_tick_that_changes_nothing_writes_nothing(tmp_path):
    ledgers.observe(tmp_path, ledgers.DOWN)  # due, and stays due
    before = snapshot(tmp_path)
    for observation in (ledgers.DOWN, ledgers.UNSURE, ledgers.STARTING):
        assert ledgers.observe(tmp_path, observation).changed is False
    after = snapshot(tmp_path)
    assert after[window_ledger.NAME] == before[window_ledger.NAME]


def fail_with(number):
    """A function of the os module that always fails."""

    def fail(*_args, **_more):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("function", ["fsync", "rename", "fchmod", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, function, number):
    ledgers.observe(tmp_path, ledgers.DOWN)
    ledgers.begin(tmp_path)
    before = ledgers.path(tmp_path).read_bytes()
    names = sorted(os.listdir(tmp_path))
    with monkeypatch.context() as patch:
        if function == "open":
            real = os.open
            patch.setattr(
                os,
                "open",
                lambda path, flags, *rest, **more: (
                    fail_with(number)() if flags & os.O_EXCL else real(path, flags, *rest, **more)
                ),
            )
        else:
            patch.setattr(os, function, fail_with(number))
        with pytest.raises(ZbsError) as caught:
            ledgers.finish(tmp_path)
    assert caught.value.code == "ledger_unwritable"
    assert os.strerror(number) in caught.value.message and str(tmp_path) in caught.value.message
    assert ledgers.path(tmp_path).read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == names


def test_a_real_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    """The kernel itself refuses: a limit on the file's size makes write(2) fail as a full disk does."""
    import resource
    import signal

    ledgers.observe(tmp_path, ledgers.DOWN)
    before = ledgers.path(tmp_path).read_bytes()
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, old_limit[1]))
    try:
        with pytest.raises(ZbsError) as caught:
            ledgers.begin(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert caught.value.code == "ledger_unwritable"
    assert ledgers.path(tmp_path).read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if name.endswith(".tmp")] == []


def test_a_bad_file_on_a_full_disk_is_still_no_reason_to_attempt(tmp_path, monkeypatch):
    ledgers.path(tmp_path).write_bytes(b"{broken")
    for _tick in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(os, "rename", fail_with(errno.ENOSPC))
            with pytest.raises(ZbsError):
                ledgers.observe(tmp_path, ledgers.DOWN)
        assert ledgers.path(tmp_path).read_bytes() == b"{broken"
    step = ledgers.observe(tmp_path, ledgers.DOWN)
    assert step.decisions == {"vhost": "waiting"} and step.entries["vhost"]["skip"] == 64


@pytest.mark.parametrize("phase", ["observe", "begin", "finish"])
def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path, phase):
    folder = tmp_path / "facts.d"
    folder.write_text("")
    with pytest.raises(ZbsError) as caught:
        {"observe": lambda: ledgers.observe(folder, ledgers.DOWN)}.get(phase, lambda: getattr(ledgers, phase)(folder))()
    assert caught.value.code == "ledger_unwritable" and str(folder) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_sentence(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(ZbsError) as caught:
            ledgers.observe(tmp_path, ledgers.DOWN)
    finally:
        tmp_path.chmod(0o755)
    assert "make its folder writable" in caught.value.message


def test_a_bad_file_that_can_not_be_set_aside_stays_where_it_is(tmp_path, monkeypatch):
    ledgers.path(tmp_path).write_text("junk")
    monkeypatch.setattr(window_ledger.os, "link", fail_with(errno.EPERM))
    monkeypatch.setattr(window_ledger.os, "rename", fail_with(errno.EROFS))
    with pytest.raises(ZbsError) as caught:
        ledger_writing.set_aside(str(tmp_path), "now")
    assert caught.value.code == "ledger_unwritable" and "no attempt is made" in caught.value.message
    assert ledgers.path(tmp_path).read_text() == "junk"

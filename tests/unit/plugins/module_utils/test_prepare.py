"""Preparing a host: only what is missing is done, check mode predicts it, and what can't be done is said."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _hugepages, _mounts, _prepare
from ansible_collections.zstack.zbs.plugins.module_utils._docker_engine import Engine
from ansible_collections.zstack.zbs.plugins.module_utils._errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host

FIT = {"installed": True, "active": True, "version": "28", "iptables": False}
TOPOLOGY = ([0, 1], 0, "why")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A host below tmp_path and its kernel; `mounted` are the paths that mount was called for."""
    pool = fake_host.FakePool(tmp_path, total=10)
    fake_host.write_host(tmp_path)
    fake_host.look_at(monkeypatch, tmp_path)
    monkeypatch.setattr(_hugepages, "_write", pool.write)
    monkeypatch.setattr(_prepare, "LOCK", str(tmp_path / "lock"))
    pool.mounted = []
    monkeypatch.setattr(_mounts, "mount", lambda path, kib, deadline: pool.mounted.append((path, kib)))
    return pool


def wish(pages=100, guests=0, compact=True, docker="require", folder="/dev/hugepages2m"):
    return _prepare.Wish(2048, pages, guests, compact, folder, docker, True, "zbsvhost-x", "/nowhere/admin.sock")


def host(mount=None, engine=None, held=0):
    """The host as it is now."""
    return _prepare.Host(_hugepages.read_pool(2048), held, mount, Engine(**(engine or FIT)), TOPOLOGY)


def test_a_bare_host_gets_pages_and_a_mount(kernel):
    after, actions, missing = _prepare.prepare(wish(), host(), False)
    assert missing == []
    assert actions == [
        "grew the pool of 2048 KiB pages by 90",
        "mount hugetlbfs (2048 KiB pages) on /dev/hugepages2m",
    ]
    assert (after.pool.total, after.mount) == (100, "/dev/hugepages2m")
    assert kernel.mounted == [("/dev/hugepages2m", 2048)]


def test_a_second_run_does_nothing(kernel):
    _prepare.prepare(wish(), host(), False)
    kernel.writes.clear()
    _after, actions, missing = _prepare.prepare(wish(), host(mount="/dev/hugepages2m"), False)
    assert (actions, missing, kernel.writes) == ([], [], [])


def test_check_mode_predicts_the_same_and_does_nothing(kernel):
    predicted, would, lacks = _prepare.prepare(wish(), host(), True)
    assert kernel.writes == [] and kernel.mounted == []
    done, actions, missing = _prepare.prepare(wish(), host(), False)
    assert (predicted.pool.as_dict(), predicted.mount, lacks) == (done.pool.as_dict(), done.mount, missing)
    assert len(would) == len(actions)


def test_an_existing_mount_is_used(kernel):
    after, _actions, _missing = _prepare.prepare(wish(), host(mount="/mnt/own"), False)
    assert after.mount == "/mnt/own" and kernel.mounted == []


def test_too_few_pages_are_missing_with_numbers_and_a_remedy(kernel):
    kernel.grant = 30
    after, actions, missing = _prepare.prepare(wish(guests=50), host(mount="/m", held=5), False)
    assert actions == ["grew the pool of 2048 KiB pages by 30"]
    assert after.pool.total == 40
    assert [item["what"] for item in missing] == ["hugepages"]
    assert missing[0]["detail"].startswith("105 pages of 2048 KiB are missing: 100 for the target (which holds 5)")
    assert missing[0]["remedy"]


def test_pages_that_cannot_be_written_are_missing(kernel, monkeypatch):
    def fail(path, value):
        raise ZbsError("%s can't be set" % path, "unwritable")

    monkeypatch.setattr(_hugepages, "_write", fail)
    _after, actions, missing = _prepare.prepare(wish(), host(mount="/m"), False)
    assert actions == [] and "can't be set" in missing[0]["detail"]


def test_a_mount_that_fails_is_missing_and_no_action(kernel, monkeypatch):
    def fail(path, kib, deadline):
        raise ZbsError("hugetlbfs can't be mounted on %s" % path)

    monkeypatch.setattr(_mounts, "mount", fail)
    after, actions, missing = _prepare.prepare(wish(pages=0), host(), False)
    assert (after.mount, actions) == (None, []) and missing[0]["what"] == "hugetlbfs"


@pytest.mark.parametrize(
    "engine, words",
    [
        ({"installed": False}, "no Docker Engine is installed"),
        ({"installed": True, "active": True, "iptables": True}, "cuts bridged VMs off"),
        ({"installed": True, "active": False, "iptables": True}, "cuts bridged VMs off"),
    ],
)
def test_an_engine_that_must_not_be_touched_is_only_reported(kernel, monkeypatch, engine, words):
    monkeypatch.setattr(_prepare._docker_engine, "start", lambda deadline: pytest.fail("it was started"))
    for check_mode in (True, False):
        _after, actions, missing = _prepare.prepare(wish(pages=0), host(mount="/m", engine=engine), check_mode)
        assert actions == [] and words in missing[0]["detail"]


@pytest.mark.parametrize("comes_up", [True, False])
def test_an_engine_that_is_down_is_started_and_looked_at(kernel, monkeypatch, comes_up):
    started = []
    monkeypatch.setattr(_prepare._docker_engine, "start", started.append)
    after_start = Engine(**{**FIT, "active": comes_up, "detail": "it says no"})
    monkeypatch.setattr(_prepare._docker_engine, "look", lambda deadline: after_start)
    down = dict(FIT, active=False)
    _after, actions, missing = _prepare.prepare(wish(pages=0), host(mount="/m", engine=down), True)
    assert (actions, missing, started) == (["start docker.service"], [], [])
    after, actions, missing = _prepare.prepare(wish(pages=0), host(mount="/m", engine=down), False)
    assert actions == ["start docker.service"] and len(started) == 1 and after.engine is after_start
    assert [item["what"] for item in missing] == ([] if comes_up else ["docker"])


def test_an_engine_that_cannot_be_started_is_no_action(kernel, monkeypatch):
    def fail(deadline):
        raise ZbsError("docker.service can't be started", "docker_start")

    monkeypatch.setattr(_prepare._docker_engine, "start", fail)
    _after, actions, missing = _prepare.prepare(wish(pages=0), host(mount="/m", engine=dict(FIT, active=False)), False)
    assert actions == [] and "can't be started" in missing[0]["detail"]


def test_more_pages_than_memory_are_refused(kernel):
    with pytest.raises(ZbsError) as caught:
        _prepare.refuse_bad(wish(pages=600, guests=425), host(), 1024 * 2048)
    assert caught.value.code == "too_much" and "2050 MiB" in caught.value.message
    _prepare.refuse_bad(wish(pages=600, guests=424), host(mount="/m"), 1024 * 2048)


def test_a_file_as_the_mounts_folder_is_refused(kernel, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ZbsError) as caught:
        _prepare.refuse_bad(wish(folder=str(tmp_path / "file")), host(), 10**9)
    assert caught.value.code == "hugetlbfs_dir"


@pytest.mark.parametrize("folder", ["/proc", "/"])
def test_a_folder_that_is_another_mount_is_refused(kernel, folder):
    with pytest.raises(ZbsError) as caught:
        _prepare.refuse_bad(wish(folder=folder), host(), 10**9)
    assert "mount of something else" in caught.value.message


def test_memory_is_read_and_its_lack_is_said(tmp_path):
    fake_host.write(tmp_path, "proc/meminfo", "MemFree: 3 kB\nMemTotal:    2048 kB\n")
    assert _prepare.memory_kib(str(tmp_path)) == 2048
    fake_host.write(tmp_path, "proc/meminfo", "MemFree: 3 kB\n")
    with pytest.raises(ZbsError):
        _prepare.memory_kib(str(tmp_path))


def test_memory_that_is_not_there_is_not_asked_for(kernel, tmp_path):
    """Growing past what is available would push guests out: nothing is written, and the numbers say why."""
    fake_host.write(tmp_path, "proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable: 102400 kB\n")
    after, actions, missing = _prepare.prepare(wish(), host(mount="/m"), False)
    assert (actions, kernel.writes, after.pool.total) == ([], [], 10)
    assert "only 100 MiB of memory are available" in missing[0]["detail"]


def test_what_was_not_asked_for_is_not_looked_at(kernel, monkeypatch):
    monkeypatch.setattr(_prepare._docker_engine, "look", lambda deadline: Engine(**FIT))
    only_engine = wish()
    only_engine.hugepages = False
    found = _prepare.look(only_engine)
    after, actions, missing = _prepare.prepare(only_engine, found, False)
    assert (found.pool, found.mount, after.pool, actions, missing) == (None, None, None, [], [])


def test_pages_of_a_target_that_listens_and_cannot_be_read_are_not_taken_twice(kernel, monkeypatch):
    stuck = _prepare._process.ProcessInfo(7, "reactor_0", "D", 1.0, 100.0, None)
    monkeypatch.setattr(_prepare, "_listener", lambda path: 7)
    monkeypatch.setattr(_prepare._process, "read_process", lambda pid: stuck)
    monkeypatch.setattr(_prepare._docker_engine, "look", lambda deadline: Engine(**FIT))
    assert _prepare.look(wish()).held == 100

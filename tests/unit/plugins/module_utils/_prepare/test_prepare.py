"""Preparing a host: only what is missing is done, check mode predicts it, and what can't be done is said."""

import threading

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import docker_engine, starting
from ansible_collections.zstack.zbs.plugins.module_utils._engine.docker_engine import Engine
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import asking, growth, refusals
from ansible_collections.zstack.zbs.plugins.module_utils._observe import process
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import host, prepare
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, fake_kernel, programs

FIT = {"installed": True, "active": True, "version": "28", "iptables": False}
MOUNT = fake_host.MOUNT_2M + "\n"


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A host below tmp_path / "h" and its kernel; `log` has the calls of mount. Docker answers as `engine` says."""
    root = tmp_path / "h"
    fake_host.write_host(root)
    fake_host.look_at(monkeypatch, root)
    found = fake_kernel.FakeKernel(root, total=10)
    found.log = tmp_path / "log"
    found.engine = engine()
    monkeypatch.setattr(asking, "write", found.write)
    monkeypatch.setattr(docker_engine, "look", lambda deadline, root: found.engine)
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    fake_host.mount_program(tmp_path / "bin", root, found.log)
    programs.write_program(tmp_path / "bin", "docker", "exit 1")
    return found


def engine(**more):
    """A fit engine, but for `more`."""
    return Engine(**{**FIT, **more})


def mounted(kernel):
    fake_host.write(kernel.root, "proc/self/mountinfo", MOUNT)
    return kernel


def wish(pages=100, **more):
    return host.Wish(2048, pages, container_name="zbsvhost-x", admin_socket="/nowhere/admin.sock", **more)


def run(wanted=None, check_mode=False):
    wanted = wanted or wish()
    return prepare.prepare(wanted, host.look(wanted), check_mode)


def test_a_bare_host_gets_pages_and_a_mount(kernel):
    after, actions, missing, warnings = run()
    assert (missing, warnings) == ([], [])
    assert actions == [
        "grow the pool of 2048 KiB pages by 90",
        "mount hugetlbfs (2048 KiB pages) on /dev/hugepages2m",
    ]
    assert (after.pool.total, after.mount, after.ours) == (100, "/dev/hugepages2m", True)


def test_a_second_run_does_nothing_and_knows_the_mount_as_ours(kernel):
    run()
    kernel.writes.clear()
    after, actions, missing, _warnings = run()
    assert (actions, missing, kernel.writes, after.ours) == ([], [], [], True)
    assert len(programs.calls(kernel.log)) == 1


@pytest.mark.parametrize("active", [True, False])
def test_check_mode_predicts_the_same_and_does_nothing(kernel, monkeypatch, active):
    monkeypatch.setattr(docker_engine, "start", lambda deadline: setattr(kernel, "engine", engine()))
    kernel.engine = engine(active=active)
    predicted, would, lacks, warnings = run(check_mode=True)
    assert kernel.writes == [] and programs.calls(kernel.log) == []
    done, actions, missing, _warnings = run()
    assert (would, lacks, warnings) == (actions, missing, [])
    for name in ("mount", "ours"):
        assert getattr(predicted, name) == getattr(done, name)
    assert predicted.pool.as_dict() == done.pool.as_dict()
    assert predicted.engine.active == done.engine.active


def test_an_existing_mount_is_used_and_not_ours(kernel):
    mounted(kernel)
    after, _actions, _missing, _warnings = run()
    assert (after.mount, after.ours) == ("/dev/hugepages2m", False) and programs.calls(kernel.log) == []


def test_too_few_pages_are_missing_with_numbers_and_a_remedy(kernel):
    mounted(kernel).nodes[0].grant = 30
    after, actions, missing, _warnings = run(wish(guest_pages=50))
    assert actions == ["grow the pool of 2048 KiB pages by 30"]
    assert after.pool.total == 40
    assert [item["what"] for item in missing] == ["hugepages"]
    assert missing[0]["detail"].startswith("110 pages of 2048 KiB are missing: the target needs 100 (and holds 0)")
    assert missing[0]["remedy"]


def test_a_read_only_sysfs_is_missing_pages_and_no_action(kernel, monkeypatch):
    def fail(path, value):
        raise ZbsError("%s can't be set to %s (it is read-only)" % (path, value), "unwritable")

    mounted(kernel)
    monkeypatch.setattr(asking, "write", fail)
    _after, actions, missing, _warnings = run()
    assert actions == [] and "nr_hugepages can't be set to 100 (it is read-only)" in missing[0]["detail"]


def test_a_pool_that_somebody_shrinks_meanwhile_is_named(kernel):
    kernel.on_write = lambda it: (setattr(it.nodes[0], "total", 4), setattr(it.nodes[0], "free", 4))
    _after, _actions, missing, _warnings = run()
    assert "the pool went from 10 to 4 pages when it should have grown" in missing[0]["detail"]
    assert "what sets the pool" in missing[0]["remedy"]


def test_a_pool_that_is_shrunk_while_the_engine_starts_is_noticed(kernel, monkeypatch):
    def start(deadline):
        kernel.engine = engine()
        kernel.set(50, 50)

    monkeypatch.setattr(docker_engine, "start", start)
    kernel.engine = engine(active=False)
    _after, _actions, missing, _warnings = run()
    assert "the pool went from 100 to 50 pages" in missing[0]["detail"]


def test_a_mount_that_fails_is_missing_and_no_action(kernel, tmp_path):
    programs.write_program(tmp_path / "bin", "mount", programs.answering(err="mount: no", rc=32))
    after, actions, missing, _warnings = run(wish(pages=0))
    assert (after.mount, actions) == (None, []) and missing[0]["what"] == "hugetlbfs"


def test_a_mount_that_cannot_be_noted_is_a_warning(kernel):
    fake_host.write(kernel.root, "var/lib/zbs-vhost", "a file in the way")
    after, _actions, missing, warnings = run()
    assert missing == [] and "state=absent won't recognize" in warnings[0] and after.mount


def test_runs_at_the_same_time_do_not_add_up(kernel):
    """Each looks at the bare host before any of them has the lock, as two controllers would."""
    barrier, results = threading.Barrier(4), []

    def one():
        wanted = wish()
        found = host.look(wanted)
        barrier.wait(30)
        results.append(prepare.prepare(wanted, found, False))

    threads = [threading.Thread(target=one) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 4 and all(missing == [] for _after, _actions, missing, _warnings in results)
    assert kernel.total() == 100 and kernel.writes == [("nr_hugepages", "100")]
    assert len(programs.calls(kernel.log)) == 1
    assert sorted(len(actions) for _after, actions, _missing, _warnings in results) == [0, 0, 0, 2]
    assert all(after.ours for after, _actions, _missing, _warnings in results)


def test_a_run_that_holds_the_lock_too_long_is_named(kernel, monkeypatch):
    monkeypatch.setattr(prepare, "LOCK_TIMEOUT", 0.1)
    with prepare.hold_lock(str(kernel.root)):
        _after, actions, missing, _warnings = run()
    assert actions == [] and "preparing this host is under way: process" in missing[0]["detail"]
    assert kernel.writes == []


@pytest.mark.parametrize(
    "unfit, words",
    [
        ({"installed": False}, "no Docker Engine is installed"),
        ({"installed": True, "active": True, "iptables": True}, "cuts bridged VMs off"),
        ({"installed": True, "active": False, "iptables": True}, "cuts bridged VMs off"),
    ],
)
def test_an_engine_that_must_not_be_touched_is_only_reported(monkeypatch, unfit, words):
    monkeypatch.setattr(docker_engine, "start", lambda deadline: pytest.fail("it was started"))
    for check_mode in (True, False):
        actions, missing = [], []
        starting.provide(Engine(**unfit), "/", check_mode, actions, missing)
        assert actions == [] and words in missing[0]["detail"]


@pytest.mark.parametrize("comes_up", [True, False])
def test_an_engine_that_is_down_is_started_and_looked_at(kernel, monkeypatch, comes_up):
    started = []
    monkeypatch.setattr(docker_engine, "start", started.append)
    down, kernel.engine = engine(active=False), engine(active=comes_up, detail="it says no")
    actions, missing = [], []
    assert starting.provide(down, "/", True, actions, missing).active
    assert (actions, missing, started) == (["start docker.service"], [], [])
    actions, missing = [], []
    assert starting.provide(down, "/", False, actions, missing) is kernel.engine
    assert actions == ["start docker.service"] and len(started) == 1
    assert [item["what"] for item in missing] == ([] if comes_up else ["docker"])


@pytest.mark.parametrize("comes_up", [True, False])
def test_an_engine_that_hangs_is_reported_and_not_said_to_be_started(kernel, monkeypatch, comes_up):
    silent = Engine(True, iptables=False, detail="docker did not answer within 10.0 s", silent=True)
    monkeypatch.setattr(docker_engine, "start", lambda deadline: None)
    kernel.engine = engine() if comes_up else silent
    actions, missing = [], []
    starting.provide(silent, "/", True, actions, missing)
    assert actions == [] and "did not answer within 10.0 s" in missing[0]["detail"]
    actions, missing = [], []
    starting.provide(silent, "/", False, actions, missing)
    assert actions == [] and len(missing) == (0 if comes_up else 1)


def test_an_engine_that_cannot_be_started_is_no_action(monkeypatch):
    def fail(deadline):
        raise ZbsError("docker.service can't be started", "docker_start")

    monkeypatch.setattr(docker_engine, "start", fail)
    actions, missing = [], []
    starting.provide(engine(active=False), "/", False, actions, missing)
    assert actions == [] and "can't be started" in missing[0]["detail"]


def test_memory_is_read_and_its_lack_is_said(tmp_path):
    fake_host.write(tmp_path, "proc/meminfo", "MemFree: 3 kB\nMemTotal:    2048 kB\n")
    assert growth.memory_kib(str(tmp_path)) == 2048
    fake_host.write(tmp_path, "proc/meminfo", "MemFree: 3 kB\n")
    with pytest.raises(ZbsError):
        growth.memory_kib(str(tmp_path))


@pytest.mark.parametrize("check_mode", [True, False])
def test_memory_that_is_not_there_is_not_asked_for(kernel, check_mode):
    """Growing past what is available would push guests out: nothing is written, and the numbers say why."""
    fake_host.write(mounted(kernel).root, "proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable: 102400 kB\n")
    after, actions, missing, _warnings = run(check_mode=check_mode)
    assert (actions, kernel.writes, after.pool.total) == ([], [], 10)
    assert "only 100 MiB of memory are available" in missing[0]["detail"]


def test_what_was_not_asked_for_is_not_looked_at(kernel):
    after, actions, missing, _warnings = run(wish(hugepages=False))
    assert (after.pool, after.mount, actions, missing) == (None, None, [], [])


def test_pages_of_a_target_that_listens_and_cannot_be_read_are_not_taken_twice(kernel, monkeypatch):
    stuck = process.ProcessInfo(7, "reactor_0", "D", 1.0, 100.0, None)
    monkeypatch.setattr(host.spdk, "listener", lambda _path, _deadline: 7)
    monkeypatch.setattr(host, "read_process", lambda pid, root: stuck)
    for numa in ("any", 0, "target", {0: 100}):
        found = host.look(wish(numa=numa))
        assert found.held.pages == 100 and found.demand(wish(numa=numa)).lacks(found.pool) == 0


@pytest.mark.parametrize("pages, guests, fine", [(600, 424, True), (600, 425, False), (0, 1025, False)])
def test_more_pages_than_memory_are_refused(tmp_path, pages, guests, fine):
    fake_host.write(tmp_path, "proc/meminfo", "MemTotal: %d kB\n" % (1024 * 2048))
    if fine:
        refusals.check_amount(pages + guests, {}, 2048, str(tmp_path))
        return
    with pytest.raises(ZbsError) as caught:
        refusals.check_amount(pages + guests, {}, 2048, str(tmp_path))
    assert caught.value.code == "too_much" and "2050 MiB" in caught.value.message


@pytest.mark.parametrize(
    "path, words",
    [
        ("/etc/docker/daemon.json", "is not a folder"),
        ("/etc/docker", "is not empty"),
        ("/dev/disk", "is not empty"),
        ("/", "mount of something else"),
        ("/other", "mount of something else"),
    ],
)
def test_a_place_where_no_mount_can_be_is_refused(kernel, path, words):
    (kernel.root / "other").mkdir()
    (kernel.root / "dev/disk/by-id").mkdir(parents=True)
    rows = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n7 1 0:9 / /other rw - hugetlbfs none rw,pagesize=1024M\n"
    fake_host.write(kernel.root, "proc/self/mountinfo", rows)
    with pytest.raises(ZbsError) as caught:
        refusals.check_folder(path, str(kernel.root))
    assert caught.value.code == "hugetlbfs_dir" and words in caught.value.message and path in caught.value.message


def test_what_a_target_without_its_mount_left_is_no_reason_to_refuse(kernel):
    fake_host.write(kernel.root, "dev/hugepages2m/spdk_pid7map_0", "")
    assert run()[1][1].startswith("mount hugetlbfs")


@pytest.mark.parametrize("path", ["relative", "", "/a\nb", "/a/../b"])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(ZbsError) as caught:
        refusals.check_folder_name(path)
    assert caught.value.code == "hugetlbfs_dir"

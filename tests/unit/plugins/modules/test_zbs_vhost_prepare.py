"""The prepare module, run whole on a fake host."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _hugepages, _prepare
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_prepare"
INFO = programs.answering(json.dumps({"ServerVersion": "28.2.2", "LiveRestoreEnabled": True}))


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A fake host with an engine and an empty pool; host.options are options for it."""
    root = tmp_path / "root"
    pool = fake_host.FakePool(root)
    fake_host.write_host(root)
    fake_host.look_at(monkeypatch, root)
    monkeypatch.setattr(_hugepages, "_write", pool.write)
    monkeypatch.setattr(_prepare, "LOCK", str(tmp_path / "lock"))
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    pool.log = tmp_path / "log"
    programs.write_program(tmp_path / "bin", "mount", programs.logging_argv(pool.log, "exit 0"))
    pool.options = {"host_ip": "h", "hugepage_count": 100, "hugetlbfs_dir": str(tmp_path / "pages")}

    def docker(inspect=None, info=INFO):
        answer = programs.answering(json.dumps([inspect]))
        if inspect is None:
            answer = programs.answering("[]", target.NO_CONTAINER["err"], 1)
        body = 'if [ "$1" = info ]; then\n%s\nelse\n%s\nfi' % (info, answer)
        programs.write_program(tmp_path / "bin", "docker", body)

    docker()
    pool.docker = docker
    return pool


def test_a_bare_host(host, tmp_path):
    status, result = run_module(NAME, host.options)
    assert (status, result["changed"], result["ready"], result["missing"]) == (0, True, True, [])
    assert result["hugepages"] == {
        "size": "2M",
        "before": {"total": 0, "free": 0, "reserved": 0},
        "after": {"total": 100, "free": 100, "reserved": 0},
        "held_by_target": 0,
        "short_by": 0,
    }
    assert result["hugetlbfs"] == {"dir": str(tmp_path / "pages"), "mounted_by_us": True}
    assert result["docker"]["version"] == "28.2.2" and result["docker"]["iptables"] is False
    assert result["cpuset"]["cpus"] == [4, 5, 6, 7]
    assert len(result["actions"]) == 2 and len(programs.calls(host.log)) == 1


def test_check_mode_does_nothing_and_says_the_same(host):
    predicted = run_module(NAME, host.options, check_mode=True)[1]
    assert host.writes == [] and programs.calls(host.log) == []
    done = run_module(NAME, host.options)[1]
    for key in ("changed", "ready", "missing", "hugepages", "hugetlbfs", "diff"):
        assert predicted[key] == done[key]


def test_a_second_run_changes_nothing_also_beside_a_running_target(host):
    fake_host.write_process(host.root, 4711, hugetlb_kib=40 * 2048)
    host.set(100, 60, 0)
    host.docker(target.container("running", "/s", 4711))
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    status, result = run_module(NAME, host.options)
    assert (status, result["changed"], result["actions"], host.writes) == (0, False, [], [])
    assert result["hugepages"]["held_by_target"] == 40
    assert result["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": False}


def test_guests_count_too(host):
    result = run_module(NAME, dict(host.options, guest_memory="300M"))[1]
    assert result["hugepages"]["after"]["total"] == 100 + 150


def test_what_is_missing_fails_with_what_was_done(host):
    host.grant = 30
    failure, _result = failure_of(NAME, host.options)
    assert failure["code"] == "not_ready" and "70 pages of 2048 KiB are missing" in failure["message"]
    assert failure["details"]["hugepages"]["short_by"] == 70
    assert failure["details"]["actions"]


def test_best_effort_warns_instead(host):
    host.grant = 30
    status, result = run_module(NAME, dict(host.options, best_effort=True))
    assert (status, result["ready"], result["changed"]) == (0, False, True)
    assert any("70 pages" in str(item) for item in result["warnings"])


def test_an_engine_that_changes_the_firewall_is_not_fit(host):
    fake_host.write(host.root, "etc/docker/daemon.json", "{}")
    failure, _result = failure_of(NAME, host.options)
    assert "iptables" in failure["message"]
    assert run_module(NAME, dict(host.options, docker="ignore"))[1]["docker"] is None


BAD = [
    ({"hugepage_count": -1}, "bad_option"),
    ({"guest_memory": "much"}, "bad_option"),
    ({"guest_memory": "-1G"}, "bad_option"),
    ({"hugepage_size": "1G"}, "no_such_size"),
    ({"hugepage_count": 10**9}, "too_much"),
    ({"guest_memory": "99T"}, "too_much"),
    ({"hugetlbfs_dir": "/proc"}, "hugetlbfs_dir"),
    ({"hugetlbfs_dir": "/proc/version"}, "hugetlbfs_dir"),
]


@pytest.mark.parametrize("bad, code", BAD)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_cannot_be_right_is_refused_before_anything_is_touched(host, bad, code, check_mode):
    failure, _result = failure_of(NAME, dict(host.options, **bad), check_mode)
    assert failure["code"] == code
    assert host.writes == [] and programs.calls(host.log) == []


@pytest.mark.parametrize(
    "bad", [{"host_ip": None}, {"hugepage_size": "4K"}, {"docker": "maybe"}, {"compact": "x"}, {"foo": 1}]
)
def test_options_that_ansible_refuses(host, bad):
    given = {key: value for key, value in dict(host.options, **bad).items() if value is not None}
    status, result = run_module(NAME, given)
    assert status == 1 and result["failed"] and host.writes == []

"""The prepare module, run whole on a fake host."""

import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import starting
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import host as prepare_host
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.prepare_site import NAME, Site, pool


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def test_a_bare_host(host):
    result = host.four()
    assert result["hugepages"] == {
        "size": "2M",
        "before": pool(0, 0),
        "after": pool(100, 100),
        "nodes": [
            {
                "node": 0,
                "asked": None,
                "came": 100,
                "before": {"total": 0, "free": 0},
                "after": {"total": 100, "free": 100},
                "held_by_target": 0,
            }
        ],
        "held_by_target": 0,
        "short_by": 0,
    }
    assert result["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": True}
    assert result["docker"]["version"] == "28.2.2" and result["docker"]["iptables"] is False
    assert result["cpuset"]["cpus"] == [4, 5, 6, 7] and result["kept"] == []
    assert len(result["actions"]) == 2 and len(programs.calls(host.log)) == 1


def test_the_diff_has_the_numbers(host):
    assert host.run()["diff"] == {
        "before": {
            "hugepages": dict(pool(0, 0), size="2M", nodes={"0": {"total": 0, "free": 0}}),
            "hugetlbfs": None,
            "docker_active": True,
        },
        "after": {
            "hugepages": dict(pool(100, 100), size="2M", nodes={"0": {"total": 100, "free": 100}}),
            "hugetlbfs": "/dev/hugepages2m",
            "docker_active": True,
        },
    }


def test_a_second_run_changes_nothing_also_beside_a_running_target(host):
    host.running_target(40 * 2048)
    host.kernel.set(100, 60)
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    result = host.run()
    assert (result["changed"], result["actions"], host.kernel.writes) == (False, [], [])
    assert result["hugepages"]["held_by_target"] == 40
    assert result["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": False}


def test_guests_count_too(host):
    assert host.four(guest_memory="300M")["hugepages"]["after"]["total"] == 100 + 150


def test_pages_of_1g(host):
    host.boot(size_kib=1048576)
    result = host.four(hugepage_size="1G", hugepage_count=2, guest_memory="3000M", hugetlbfs_dir="/dev/hugepages1g")
    assert result["hugepages"]["after"] == pool(5, 5)
    assert programs.calls(host.log)[0][3] == "pagesize=1048576K,mode=0755"
    assert (host.root / "sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages").exists()


def test_2m_on_arm64_with_64k_pages_whose_default_is_512m(host):
    """meminfo and vm.nr_hugepages speak of the 512M pool there, which is full of free pages and none of ours."""
    text = (host.root / "proc/meminfo").read_text()
    huge = "HugePages_Total: 4000\nHugePages_Free: 4000\nHugepagesize: 524288 kB\n"
    fake_host.write(host.root, "proc/meminfo", text + huge)
    for name, number in (("nr", 4000), ("free", 4000), ("resv", 0)):
        path = "sys/kernel/mm/hugepages/hugepages-524288kB/%s_hugepages" % name
        fake_host.write(host.root, path, "%d\n" % number)
    result = host.four()
    assert result["hugepages"]["after"] == pool(100, 100)
    assert [write for write, _value in host.kernel.writes] == ["nr_hugepages"]


def test_what_is_missing_fails_with_what_was_done(host):
    host.boot(grant=30)
    failure, _result = failure_of(NAME, host.options)
    assert failure["code"] == "not_ready" and "70 pages of 2048 KiB are missing" in failure["message"]
    assert failure["details"]["hugepages"]["short_by"] == 70
    assert failure["details"]["actions"]


def test_best_effort_warns_instead(host):
    host.boot(grant=30)
    result = host.run(best_effort=True)
    assert (result["ready"], result["changed"]) == (False, True)
    assert any("70 pages" in str(item) for item in result["warnings"])


def test_an_engine_that_changes_the_firewall_is_not_fit(host):
    fake_host.write(host.root, "etc/docker/daemon.json", "{}")
    failure, _result = failure_of(NAME, host.options)
    assert "iptables" in failure["message"]
    assert host.run(docker="ignore")["docker"] is None


def test_a_dockerd_that_hangs_is_a_failure_with_evidence_inside_its_deadline(host):
    """Every question to it ends by itself; it is not restarted, and pages and mount are there all the same."""
    for module in (prepare_host, starting):
        host.monkeypatch.setattr(module, "ASK_TIMEOUT", 0.5)
    host.docker(info="exec sleep 100")
    systemctl = programs.logging_argv(host.folder / "systemctl", "exit 0")
    programs.write_program(host.folder / "bin", "systemctl", systemctl)
    began = time.monotonic()
    failure, _result = failure_of(NAME, host.options)
    assert time.monotonic() - began < 30
    assert (
        "docker: the Docker Engine took the request and does not answer: docker did not answer within 0.5 s"
        in failure["message"]
    )
    assert failure["details"]["hugepages"]["short_by"] == 0 and failure["details"]["hugetlbfs"]["dir"]
    assert [call[0] for call in programs.calls(host.folder / "systemctl")] == ["show", "start", "show"]
    again = failure_of(NAME, host.options)[0]["details"]
    assert (again["changed"], again["actions"]) == (False, [])


BAD = [
    ({"hugepage_count": -1}, "bad_option", "hugepage_count is -1"),
    ({"keep_free": -1}, "bad_option", "keep_free is -1"),
    ({"guest_memory": "much"}, "bad_option", "guest_memory is 'much'"),
    ({"guest_memory": "-1G"}, "bad_option", "guest_memory is '-1G'"),
    ({"hugepage_size": "1G"}, "no_such_size", "1048576 KiB"),
    ({"hugepage_count": 10**9}, "too_much", "hugepage_count and guest_memory ask for"),
    ({"guest_memory": "99T"}, "too_much", "the machine has 16384 MiB"),
    ({"hugetlbfs_dir": "/etc"}, "hugetlbfs_dir", "hugetlbfs_dir /etc is not empty"),
    ({"hugetlbfs_dir": "/proc/meminfo"}, "hugetlbfs_dir", "/proc/meminfo is not a folder"),
    ({"hugetlbfs_dir": "/"}, "hugetlbfs_dir", "already a mount of something else"),
    ({"hugetlbfs_dir": "pages"}, "hugetlbfs_dir", "give an absolute path"),
    ({"numa": 1}, "bad_option", "numa names node 1, and the nodes with pages of 2048 KiB are: 0"),
    ({"numa": {"0": 5, "7": 5}}, "bad_option", "numa names node 7"),
    ({"numa": -1}, "bad_option", "numa is -1"),
    ({"numa": 0.5}, "bad_option", "numa is 0.5"),
    ({"numa": True}, "bad_option", "numa is True"),
    ({"numa": "near"}, "bad_option", "numa is 'near'"),
    ({"numa": {}}, "bad_option", "numa is {}"),
    ({"numa": [0]}, "bad_option", "numa is [0]"),
    ({"numa": {"0": 1.5}}, "bad_option", "numa is {'0': 1.5}"),
    ({"numa": {"0": -5}}, "bad_option", "numa is {'0': -5}"),
    ({"numa": {"0": 9000}}, "too_much", "the machine has 16384 MiB"),
]


@pytest.mark.parametrize("bad, code, words", BAD)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_cannot_be_right_is_refused_before_anything_is_touched(host, bad, code, words, check_mode):
    fake_host.write(host.root, "proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 16777216 kB\n")
    failure, _result = failure_of(NAME, dict(host.options, **bad), check_mode)
    assert failure["code"] == code and words in failure["message"]
    assert not host.touched()


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"host_ip": None}, "host_ip"),
        ({"hugepage_size": "4K"}, "4K"),
        ({"docker": "maybe"}, "maybe"),
        ({"compact": "x"}, "compact"),
        ({"state": "gone"}, "gone"),
        ({"hugepage_count": 1.5}, "hugepage_count"),
        ({"hugepage_count": "1.5"}, "hugepage_count"),
        ({"keep_free": "some"}, "keep_free"),
        ({"foo": 1}, "foo"),
    ],
)
def test_options_that_ansible_refuses(host, bad, words):
    given = {key: value for key, value in dict(host.options, **bad).items() if value is not None}
    status, result = run_module(NAME, given)
    assert status == 1 and result["failed"] and words in result["msg"] and not host.touched()


def test_pages_ignored_a_wish_for_them_is_not_looked_at(host):
    """One that could not be (more pages than the machine has memory) refuses nothing where pages are not asked for."""
    failure, _result = failure_of(NAME, dict(host.options, hugepage_count=10**7))
    assert failure["code"]
    assert not host.run(hugepages="ignore", hugepage_count=10**7)["actions"]
    assert not host.touched()

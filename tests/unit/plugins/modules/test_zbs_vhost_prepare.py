"""The prepare module, run whole on a fake host."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _engine, _host, _hugepages
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, fake_kernel, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_prepare"
INFO = programs.answering(json.dumps({"ServerVersion": "28.2.2", "LiveRestoreEnabled": True}))
SAME = ("changed", "ready", "missing", "kept", "actions", "hugepages", "hugetlbfs", "docker", "cpuset", "diff")


class Site:
    """A fake host with an engine and a pool; `options` are options for it."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.root = folder / "h"
        self.log = folder / "log"
        self.monkeypatch = monkeypatch
        self.options = {"host_ip": "h", "hugepage_count": 100}
        self.kernel = None
        fake_host.write_host(self.root)
        fake_host.look_at(monkeypatch, self.root)
        monkeypatch.setenv("PATH", programs.path_with(folder / "bin"))
        fake_host.mount_program(folder / "bin", self.root, self.log)
        self.docker()
        self.boot()

    def boot(self, **kernel):
        """Another kernel, with its pool."""
        self.kernel = fake_kernel.FakeKernel(self.root, **kernel)
        self.monkeypatch.setattr(_hugepages, "write", self.kernel.write)
        return self.kernel

    def docker(self, inspect=None, info=INFO):
        """What docker answers."""
        answer = programs.answering(json.dumps([inspect]))
        if inspect is None:
            answer = programs.answering("[]", target.NO_CONTAINER["err"], 1)
        body = 'if [ "$1" = info ]; then\n%s\nelse\n%s\nfi' % (info, answer)
        programs.write_program(self.folder / "bin", "docker", body)

    def running_target(self, kib, numa_maps=None):
        """A target that holds so much hugepage memory."""
        fake_host.write_process(self.root, 4711, hugetlb_kib=kib)
        if numa_maps is not None:
            fake_host.write(self.root, "proc/4711/numa_maps", numa_maps)
        self.docker(target.container("running", "/s", 4711))

    def run(self, check_mode=False, **more):
        """Run the module, which must succeed."""
        status, result = run_module(NAME, dict(self.options, **more), check_mode, diff=True)
        assert status == 0, result
        return result

    def four(self, **more):
        """Check, real, check again, real again: the real result, after what must hold of the four."""
        writes = len(self.kernel.writes)
        predicted = self.run(True, **more)
        assert len(self.kernel.writes) == writes
        done = self.run(**more)
        for key in SAME:
            assert predicted[key] == done[key], key
        for check_mode in (True, False):
            again = self.run(check_mode, **more)
            assert not again["changed"] and again["actions"] == []
            assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
        return done

    def touched(self):
        """Whether anything was written or mounted."""
        return bool(self.kernel.writes or programs.calls(self.log))


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def pool(total, free, reserved=0):
    return {"total": total, "free": free, "reserved": reserved}


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


def test_a_kernel_without_numa(host):
    for path in sorted((host.root / "sys/devices/system/node").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (host.root / "sys/devices/system/node").rmdir()
    host.kernel.nodes[0].total = 0
    host.monkeypatch.setattr(
        host.kernel, "_folder", _only_machine(host.kernel._folder)
    )  # this kernel shows the machine's pool alone
    result = host.four(numa="target")
    assert result["hugepages"]["after"] == pool(100, 100) and result["hugepages"]["nodes"] == []
    failure, _result = failure_of(NAME, dict(host.options, numa=0))
    assert "nodes with pages of 2048 KiB are: none" in failure["message"]


def _only_machine(folder):
    return lambda base, *numbers, **more: folder(base, *numbers, **more) if "kernel/mm" in base else None


@pytest.mark.parametrize("nodes", [2, 4])
def test_any_leaves_the_node_to_the_kernel(host, nodes):
    """Which node gives what can't be told before, and the prediction says so instead of guessing."""
    host.boot(nodes=nodes)
    predicted, done = host.run(True), host.run()
    for key in ("changed", "ready", "missing", "actions", "hugetlbfs"):
        assert predicted[key] == done[key]
    assert predicted["hugepages"]["after"] == done["hugepages"]["after"] == pool(100, 100)
    assert [node["came"] for node in predicted["hugepages"]["nodes"]] == [None] * nodes
    assert [node["came"] for node in done["hugepages"]["nodes"]] == [100 // nodes] * nodes
    assert not host.run()["changed"]


@pytest.mark.parametrize("numa", [1, "1"])
@pytest.mark.parametrize("nodes", [2, 4])
def test_one_node(host, nodes, numa):
    host.boot(nodes=nodes, total=500)  # on node 0, where they don't count
    result = host.four(numa=numa)
    assert host.kernel.writes == [("node1", "100")]
    assert result["hugepages"]["after"]["total"] == 600
    told = {node["node"]: (node["asked"], node["came"]) for node in result["hugepages"]["nodes"]}
    assert told == {number: ((100, 100) if number == 1 else (0, 0)) for number in range(nodes)}


def test_the_node_of_the_cpu_choice(host):
    host.boot(nodes=4)
    fake_host.write_cpus(host.root, [(cpu, 2 if cpu < 5 else 0, 0, cpu) for cpu in range(8)])
    fake_host.write(host.root, "sys/devices/system/node/node0/cpulist", "5-7\n")
    result = host.four(numa="target")
    assert result["cpuset"]["node"] == 2 and host.kernel.writes == [("node2", "100")]


def test_pages_by_node_stand_in_place_of_the_count(host):
    host.boot(nodes=4)
    result = host.four(numa={"0": 30, "3": "50"})
    assert host.kernel.writes == [("node0", "30"), ("node3", "50")]
    assert result["hugepages"]["after"]["total"] == 80


def test_guests_may_be_on_any_node(host):
    """The node gets the target's pages; the guests' pages are counted over the machine."""
    host.boot(nodes=2, total=60)
    result = host.run(numa=1, guest_memory="200M")
    assert host.kernel.writes == [("node1", "100"), ("nr_hugepages", "200")]
    assert result["hugepages"]["after"]["total"] == 200
    assert not host.run(numa=1, guest_memory="200M")["changed"]


def test_a_node_that_gives_fewer_pages_than_asked(host):
    host.boot(nodes=2).nodes[1].grant = 30
    failure, _result = failure_of(NAME, dict(host.options, numa={0: 20, 1: 100}))
    assert "70 pages of 2048 KiB are missing: 20 on node 0, 100 on node 1 for the target" in failure["message"]
    assert "node 1 gave 30" in failure["message"]
    told = {node["node"]: (node["asked"], node["came"]) for node in failure["details"]["hugepages"]["nodes"]}
    assert told == {0: (20, 20), 1: (100, 30)} and failure["details"]["hugepages"]["short_by"] == 70
    # what one node lacks is not taken from the other
    assert host.kernel.nodes[0].total == 20


def test_what_the_target_holds_counts_on_its_node(host):
    host.boot(nodes=2, total=100).use(100)
    maps = (
        "7f0000000000 default file=/dev/hugepages2m/a\\040b huge dirty=60 N0=60 kernelpagesize_kB=2048\n"
        "7f1000000000 default file=/dev/hugepages2m/c huge dirty=40 N0=30 N1=10 kernelpagesize_kB=2048\n"
        "7f2000000000 default file=/dev/other huge N1=3 kernelpagesize_kB=1048576\n"
        "7f3000000000 default anon=5 N1=500 kernelpagesize_kB=4\n"
    )
    host.running_target(100 * 2048, maps)
    result = host.run(numa={0: 90, 1: 50})
    assert [node["held_by_target"] for node in result["hugepages"]["nodes"]] == [90, 10]
    assert host.kernel.writes == [("node1", "40")]
    host.kernel.writes.clear()
    assert not host.run(numa={0: 90, 1: 50})["changed"]


def test_a_target_whose_nodes_cannot_be_told_is_given_nothing_twice(host):
    host.boot(nodes=2, total=100).use(100)
    host.running_target(100 * 2048)
    host.run(numa=1)
    assert host.kernel.writes == []


def test_promised_pages_are_not_counted_on_a_node(host):
    """What was promised to a guest comes from another node as far as the kernel can, and the rest from this one."""
    kernel = host.boot(nodes=2)
    kernel.set(20, 20)
    kernel.set(100, 100, node=1)
    kernel.reserved = 50
    kernel.set(100, 100, reserved=50, node=1)
    host.run(numa=1)
    assert kernel.writes == [("node1", "130")]


def test_more_than_a_node_has_is_refused(host):
    host.boot(nodes=2, node_memory_kib=8 * 1024**2)
    failure, _result = failure_of(NAME, dict(host.options, numa={0: 5000}))
    assert failure["code"] == "too_much" and "10000 MiB and node 0 has 8192 MiB" in failure["message"]
    assert not host.touched()


def test_a_node_without_enough_memory_is_left_alone(host):
    host.boot(nodes=2)
    meminfo = "Node 1 MemTotal: 999999 kB\nNode 1 MemFree: 100000 kB\nNode 1 Inactive(file): 2400 kB\n"
    fake_host.write(host.root, "sys/devices/system/node/node1/meminfo", meminfo)
    for check_mode in (True, False):
        result = host.run(check_mode, numa=1, best_effort=True)
        assert "on node 1 and only 100 MiB" in result["missing"][0]["detail"] and host.kernel.writes == []


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
    for module in (_host, _engine):
        host.monkeypatch.setattr(module, "ASK_TIMEOUT", 0.5)
    host.docker(info="exec sleep 100")
    systemctl = programs.logging_argv(host.folder / "systemctl", "exit 0")
    programs.write_program(host.folder / "bin", "systemctl", systemctl)
    began = time.monotonic()
    failure, _result = failure_of(NAME, host.options)
    assert time.monotonic() - began < 30
    assert (
        "docker: the Docker Engine took the question and is silent: docker did not answer within 0.5 s"
        in failure["message"]
    )
    assert failure["details"]["hugepages"]["short_by"] == 0 and failure["details"]["hugetlbfs"]["dir"]
    assert programs.calls(host.folder / "systemctl") == [["start", "docker.service"]]
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
    ({"hugetlbfs_dir": "/proc/meminfo"}, "hugetlbfs_dir", "/proc/meminfo is no folder"),
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
        ({"hugepage_count": 1.5}, "1.5"),
        ({"hugepage_count": "1.5"}, "1.5"),
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

"""The module for the boot, run whole on a fake host."""

import os

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import asking, boot_units
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, fake_kernel, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_hugepages_boot"
UNITS = "etc/systemd/system/"
SERVICE = UNITS + "zbs-vhost-hugepages-2M.service"
MOUNT = UNITS + "dev-hugepages2m.mount"
ROW_1G = "32 1 0:30 / /mnt/giga rw - hugetlbfs none rw,pagesize=1024M\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A fake host that systemd runs; its mount and its pool must not be touched."""
    root = tmp_path / "h"
    fake_host.write_host(root)
    fake_host.look_at(monkeypatch, root)
    (root / "run/systemd/system").mkdir(parents=True)
    kernel = fake_kernel.FakeKernel(root, nodes=2)
    kernel.log = tmp_path / "log"
    kernel.bin = tmp_path / "bin"
    monkeypatch.setattr(asking, "write", lambda path, value: pytest.fail("%s was written" % path))
    monkeypatch.setenv("PATH", programs.path_with(kernel.bin))
    programs.write_program(kernel.bin, "systemctl", programs.logging_argv(kernel.log, "exit 0"))
    return kernel


def run(check_mode=False, **options):
    status, result = run_module(NAME, options, check_mode, diff=True)
    assert status == 0, result
    return result


def four(host, **options):
    """Check, real, check again, real again."""
    before, reloads = tree(host), len(programs.calls(host.log))
    predicted = run(True, **options)
    assert tree(host) == before and len(programs.calls(host.log)) == reloads
    done = run(**options)
    assert predicted == done
    assert len(programs.calls(host.log)) == reloads + int(done["changed"])
    for check_mode in (True, False):
        again = run(check_mode, **options)
        assert (again["changed"], again["diff"]) == (False, []) and again["units"] == done["units"]
    return done


def tree(host):
    """{path: content or target} of what is in systemd's folder."""
    found = {}
    for path in sorted((host.root / "etc/systemd").rglob("*")):
        if path.is_symlink() or not path.is_dir():
            found[str(path.relative_to(host.root))] = os.readlink(path) if path.is_symlink() else path.read_text()
    return found


def asks(host):
    text = (host.root / SERVICE).read_text()
    return [line.split()[:2] for line in text.splitlines() if line.startswith("    /sys")]


def test_units_are_written_and_enabled(host):
    result = four(host, hugepage_count=100, guest_memory="200M")
    assert result["changed"] and result["systemd"]
    assert result["units"] == ["dev-hugepages2m.mount", "zbs-vhost-hugepages-2M.service"]
    assert result["mount"] == {"dir": "/dev/hugepages2m", "by": "unit"}
    assert asks(host) == [["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "200"]]
    wants = UNITS + "multi-user.target.wants/"
    links = {path: text for path, text in tree(host).items() if path.startswith(wants)}
    assert links == {wants + os.path.basename(path): "/" + path for path in (SERVICE, MOUNT)}
    assert programs.calls(host.log) == [["daemon-reload"]]
    assert (host.root / SERVICE).stat().st_mode & 0o777 == 0o644
    assert [item["after_header"] for item in result["diff"]] == sorted("/" + path for path in tree(host))


def test_absent_takes_them_away_and_nothing_else(host):
    four(host)
    four(host, hugepage_size="2M", hugetlbfs_dir="/mnt/other")
    fake_host.write(host.root, UNITS + "data.mount", "[Mount]\n")
    fake_host.write(host.root, UNITS + "mnt-giga.mount", boot_units.mount("/mnt/giga", "1G"))
    result = four(host, state="absent")
    assert result["changed"] and result["units"] == [] and result["mount"] is None
    assert sorted(tree(host)) == [UNITS + "data.mount", UNITS + "mnt-giga.mount"]
    assert not four(host, state="absent")["changed"]


def test_another_place_replaces_the_mount_s_unit(host):
    four(host)
    assert four(host, hugetlbfs_dir="/mnt/other")["units"][0] == "mnt-other.mount"
    assert MOUNT not in tree(host)


@pytest.mark.parametrize(
    "numa, wanted",
    [
        (1, [("node1", "100"), ("kernel", "100")]),
        ({0: 30, 1: 50}, [("node0", "30"), ("node1", "50"), ("kernel", "80")]),
    ],
)
def test_pages_by_node(host, numa, wanted):
    run(hugepage_count=100, numa=numa)
    assert len(asks(host)) == len(wanted)
    for (path, pages), (where, number) in zip(asks(host), wanted):
        assert "/%s/" % where in path and pages == number


def test_the_node_of_the_cpu_choice(host):
    run(hugepage_count=100, numa="target")
    assert "/node0/" in asks(host)[0][0]


def test_the_mount_that_is_in_use_is_the_one_that_lasts(host):
    row = fake_host.MOUNT_2M.replace("/dev/hugepages2m", "/mnt/by-hand")
    fake_host.write(host.root, "proc/self/mountinfo", row + "\n" + ROW_1G)
    assert run()["mount"] == {"dir": "/mnt/by-hand", "by": "unit"}
    assert UNITS + "mnt-by\\x2dhand.mount" in tree(host)


@pytest.mark.parametrize(
    "path, text",
    [
        ("usr/lib/systemd/system/dev-hugepages2m.mount", "[Mount]\n"),
        ("run/systemd/generator/dev-hugepages2m.mount", "[Mount]\n"),
        (MOUNT, "[Mount]\nWhere=/dev/hugepages2m\n"),
        ("etc/fstab", "# x\nnone /dev/hugepages2m/ hugetlbfs pagesize=2M 0 0\n"),
    ],
)
def test_an_operator_s_own_mount_gets_no_unit(host, path, text):
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    fake_host.write(host.root, path, text)
    result = four(host)
    assert result["mount"] == {"dir": "/dev/hugepages2m", "by": "operator"}
    assert result["units"] == ["zbs-vhost-hugepages-2M.service"]
    assert (host.root / path).read_text() == text
    four(host, state="absent")
    assert (host.root / path).read_text() == text


@pytest.mark.parametrize(
    "line",
    [
        "#nodev /dev/hugepages2m hugetlbfs pagesize=2M,mode=1770 0 0",
        "nodev /dev/hugepages2m hugetlbfs noauto,pagesize=2M 0 0",
    ],
)
def test_a_line_of_fstab_that_mounts_nothing_at_boot_leaves_that_to_our_unit(host, line):
    """Field case 13."""
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    fake_host.write(host.root, "etc/fstab", line + "\n")
    assert four(host)["mount"] == {"dir": "/dev/hugepages2m", "by": "unit"}
    assert MOUNT in tree(host)


def test_what_is_doubtful_of_an_operator_s_mount_is_said(host):
    fake_host.write(host.root, "etc/fstab", "none /dev/hugepages2m hugetlbfs pagesize=1G 0 0\n")
    result = four(host)
    assert result["mount"]["by"] == "operator" and MOUNT not in tree(host)
    assert any("/etc/fstab mounts /dev/hugepages2m with pages of 1048576 KiB" in text for text in result["warnings"])
    assert not four(host, state="absent").get("warnings")


def test_somebody_else_s_mount_does_not_last(host):
    """Field case 14: a pod's goes with the pod."""
    pod = (
        "90 1 0:77 / /var/lib/kubelet/pods/0b1c/volumes/kubernetes.io~empty-dir/x rw - hugetlbfs nodev rw,pagesize=2M\n"
    )
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n" + pod)
    assert four(host)["mount"] == {"dir": "/dev/hugepages2m", "by": "unit"}


def guests(host, size_kib):
    """A kernel with another default size, and its hugetlbfs."""
    text = (host.root / "proc/meminfo").read_text()
    fake_host.write(host.root, "proc/meminfo", text + "Hugepagesize: %d kB\n" % size_kib)
    fake_kernel.FakeKernel(host.root, size_kib=size_kib)
    row = "32 1 0:30 / /dev/hugepages rw - hugetlbfs none rw,pagesize=%dM\n" % (size_kib // 1024)
    fake_host.write(host.root, "proc/self/mountinfo", row)


@pytest.mark.parametrize(("size_kib", "pages"), [(524288, 6), (1048576, 3)])
def test_the_guests_pool_comes_back_too(host, size_kib, pages):
    guests(host, size_kib)
    result = four(host, hugepage_count=100, numa={0: 100}, guest_memory="3G")
    assert asks(host)[0] == ["/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "100"]
    assert asks(host)[1:] == [
        ["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "100"],
        ["/sys/kernel/mm/hugepages/hugepages-%dkB/nr_hugepages" % size_kib, str(pages)],
    ]
    assert result["units"] == ["dev-hugepages2m.mount", "zbs-vhost-hugepages-2M.service"]
    assert boot_units.asked((host.root / SERVICE).read_text()) == {2048: 100, size_kib: pages}
    four(host, state="absent")
    assert tree(host) == {}


def test_without_memory_for_guests_their_pool_is_left_alone(host):
    guests(host, 524288)
    four(host, hugepage_count=100)
    assert len(asks(host)) == 1


def test_both_pools_together_do_not_take_more_than_there_is(host):
    guests(host, 524288)
    assert failure_of(NAME, {"hugepage_count": 5000, "guest_memory": "8G"})[0]["code"] == "too_much"


def test_the_manager_s_marks_are_told(host):
    guests(host, 1048576)
    fake_host.write(host.root, "proc/cmdline", "ro default_hugepagesz=1G hugepagesz=1G hugepages=8\n")
    result = four(host)
    assert [entry["says"] for entry in result["operator_entries"]] == ["default_hugepagesz=1G", "hugepages=8"]
    assert any("decides the pool that VMs use" in text for text in result["warnings"])


def test_a_service_of_that_name_that_is_not_ours_is_left_alone(host):
    fake_host.write(host.root, SERVICE, "[Service]\nExecStart=/bin/true\n")
    for check_mode in (True, False):
        failure, _result = failure_of(NAME, {}, check_mode)
        assert failure["code"] == "foreign_unit" and SERVICE in failure["message"]
    assert not four(host, state="absent")["changed"] and list(tree(host)) == [SERVICE]


def test_an_operator_s_entries_are_told_and_left_alone(host):
    fake_host.write(host.root, "proc/cmdline", "hugepagesz=2M hugepages=64\n")
    result = four(host)
    assert result["operator_entries"] == [{"where": "the kernel command line", "says": "hugepages=64"}]
    assert any("the kernel command line sets the same pages (hugepages=64)" in text for text in result["warnings"])
    assert result["changed"]


def test_without_systemd_it_says_so_and_does_nothing(host):
    (host.root / "run/systemd/system").rmdir()
    result = run()
    assert (result["changed"], result["systemd"], result["units"]) == (False, False, [])
    assert any("only until the next boot" in text for text in result["warnings"]) and tree(host) == {}


def test_units_that_systemd_cannot_read_are_a_failure(host):
    programs.write_program(host.bin, "systemctl", programs.answering(err="Failed to reload", rc=1))
    failure, _result = failure_of(NAME, {})
    assert failure["code"] == "daemon_reload" and "Failed to reload" in failure["message"]


def test_a_folder_that_cannot_be_written_is_named(host):
    fake_host.write(host.root, "etc/systemd/system", "a file in the way")
    failure, _result = failure_of(NAME, {})
    assert failure["code"] == "unwritable" and "etc/systemd/system" in failure["message"]


@pytest.mark.parametrize(
    "bad, code",
    [
        ({"hugepage_count": -1}, "bad_option"),
        ({"guest_memory": "x"}, "bad_option"),
        ({"guest_memory": "99T"}, "too_much"),
        ({"numa": 5}, "bad_option"),
        ({"hugepage_size": "1G"}, "no_such_size"),
        ({"hugetlbfs_dir": "x"}, "hugetlbfs_dir"),
        ({"hugetlbfs_dir": "/a\nExecStart=x"}, "hugetlbfs_dir"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_cannot_be_right_is_refused_before_anything_is_written(host, bad, code, check_mode):
    failure, _result = failure_of(NAME, bad, check_mode)
    assert failure["code"] == code and tree(host) == {}

"""guest_memory counts in the pool that guests use, whichever that is: a table of kernels, and what is said of them."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import starting
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import boot_units, own_mounts
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of
from ansible_collections.zstack.zbs.tests.unit.plugins.support.prepare_site import NAME, Site, pool

M512, G1 = 524288, 1048576
FILE = "sys/kernel/mm/hugepages/hugepages-%dkB/nr_hugepages"


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def default(host, kib):
    """Set the kernel's default size."""
    text = (host.root / "proc/meminfo").read_text()
    fake_host.write(host.root, "proc/meminfo", text + "Hugepagesize: %d kB\n" % kib)


def test_one_pool_for_both_as_on_x86(host):
    default(host, 2048)
    result = host.four(guest_memory="300M")
    assert result["guest_hugepages"] == {
        "size": "2M",
        "dir": "/dev/hugepages2m",
        "same_as_target": True,
        "before": pool(0, 0),
        "after": pool(250, 250),
        "wanted": 150,
        "short_by": 0,
        "difference": None,
        "unknown_to": [],
    }
    assert "guest_hugepages" not in result["diff"]["after"]


# (page size of the guests' pool, guest_memory, pages)
APART = [(M512, "1G", 2), (M512, "1025M", 3), (M512, "1", 1), (G1, "16G", 16), (16777216, "1G", 1)]


@pytest.mark.parametrize(("size_kib", "memory", "pages"), APART)
def test_another_pool_is_grown_beside_the_target_s(host, size_kib, memory, pages):
    fake_host.write(host.root, "proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable: 99999999 kB\n")
    second = host.guests(size_kib)
    result = host.four(guest_memory=memory)
    assert (host.kernel.total(), second.total()) == (100, pages)
    assert result["hugepages"]["after"] == pool(100, 100)
    seen = result["guest_hugepages"]
    assert (seen["dir"], seen["same_as_target"], seen["wanted"]) == ("/dev/hugepages", False, pages)
    assert (seen["before"], seen["after"], seen["short_by"]) == (pool(0, 0), pool(pages, pages), 0)
    assert "grow the pool of %d KiB pages by %d" % (size_kib, pages) in result["actions"]
    assert result["diff"]["after"]["guest_hugepages"] == dict(pool(pages, pages), size=seen["size"])


def test_the_difference_is_said(host):
    host.guests(M512)
    said = "VMs take pages of 512M (of the hugetlbfs on /dev/hugepages) and the target takes pages of 2M"
    result = host.run(guest_memory="1G")
    assert result["guest_hugepages"]["difference"].startswith(said)
    assert any(said in text for text in result["warnings"])
    # Who wants no memory for guests, as a deploy does, is not told each time.
    assert host.run()["guest_hugepages"]["difference"] and not host.run().get("warnings")


def test_pages_that_guests_use_count_and_what_the_target_maps_of_them_is_theirs(host):
    """Field case 17: 8 GiB of a VM in the target's memory map."""
    second = host.guests(M512)
    second.set(4, 1)
    own = fake_host.numa_line("/dev/hugepages2m/spdk_pid1map_0", 40)
    theirs = fake_host.numa_line("/dev/hugepages/libvirt/qemu/1-vm/ram-node0 (deleted)", 3, page_kib=M512)
    host.running_target(40 * 2048, own + theirs)
    host.kernel.set(40, 0)
    result = host.four(guest_memory="2G")
    assert result["hugepages"]["held_by_target"] == 40
    assert (host.kernel.total(), second.total()) == (100, 4)


def test_it_is_read_back_and_memory_is_compacted(host):
    second = host.guests(M512, grant=1, after_compact=2)
    assert host.run(guest_memory="1536M")["guest_hugepages"]["after"] == pool(3, 3)
    assert ("compact_memory", "1") in second.writes
    written = len(second.writes)
    failure, _result = failure_of(NAME, dict(host.options, guest_memory="4G", compact="never"))
    assert failure["details"]["guest_hugepages"]["short_by"] == 5 and len(second.writes) == written + 1


def test_what_does_not_come_is_missing_by_a_name_of_its_own(host):
    host.guests(M512, grant=1)
    failure, _result = failure_of(NAME, dict(host.options, guest_memory="2G"))
    assert "guest_hugepages: 3 pages of 524288 KiB are missing: guests need 4, and 1 are free" in failure["message"]
    assert failure["details"]["guest_hugepages"]["short_by"] == 3
    assert failure["details"]["hugepages"]["short_by"] == 0


def test_pages_of_guests_that_somebody_takes_while_the_engine_starts_are_noticed(host):
    second = host.guests(M512)

    def provide(engine, *_arguments):
        second.set(1, 1)
        return engine

    host.monkeypatch.setattr(starting, "provide", provide)
    failure, _result = failure_of(NAME, dict(host.options, guest_memory="2G"))
    assert "the pool went from 4 to 1 pages when it should have grown" in failure["message"]


def test_release_is_refused_nothing_by_notes_that_can_not_be_written(host):
    host.run()

    def fail(*_arguments):
        raise ZbsError("mounts.json can't be written (No space left on device)", "mounts_file")

    host.monkeypatch.setattr(own_mounts, "note_choice", fail)
    result = host.run(state="absent")
    assert "unmount /dev/hugepages2m" in result["actions"] and "No space left" in result["warnings"][0]


@pytest.mark.parametrize("check_mode", [True, False])
def test_both_pools_together_do_not_take_more_than_there_is(host, check_mode):
    second = host.guests(M512)
    failure, _result = failure_of(NAME, dict(host.options, hugepage_count=5000, guest_memory="8G"), check_mode)
    assert failure["code"] == "too_much" and not host.kernel.writes and not second.writes
    text = (host.root / "proc/meminfo").read_text()
    fake_host.write(host.root, "proc/meminfo", text.replace("MemAvailable: 16777216", "MemAvailable: 1048576"))
    failure, _result = failure_of(NAME, dict(host.options, hugepage_count=100, guest_memory="1536M"), check_mode)
    assert "guest_hugepages: 3 more pages of 524288 KiB are needed" in failure["message"] and second.total() == 0


def test_the_prediction_counts_what_the_target_s_pool_takes_first(host):
    host.guests(M512)
    text = (host.root / "proc/meminfo").read_text()
    fake_host.write(host.root, "proc/meminfo", text.replace("MemAvailable: 16777216", "MemAvailable: 614400"))
    failure, _result = failure_of(NAME, dict(host.options, guest_memory="512M"), True)
    assert "only 400 MiB of memory are available" in failure["message"]


def test_where_the_default_size_is_not_mounted_guests_share_the_target_s(host):
    second = host.guests(M512, mounted=False)
    result = host.four(guest_memory="300M")
    assert (host.kernel.total(), second.total()) == (250, 0)
    assert result["guest_hugepages"]["dir"] == "/dev/hugepages2m" and result["guest_hugepages"]["same_as_target"]


def test_libvirt_that_was_told_of_no_hugetlbfs(host):
    fake_host.write(host.root, "etc/libvirt/qemu.conf", 'hugetlbfs_mount = ""\n')
    failure, _result = failure_of(NAME, dict(host.options, guest_memory="1G"))
    assert "guest_hugepages: VMs find no hugetlbfs" in failure["message"] and host.kernel.total() == 100
    assert host.run()["guest_hugepages"] is None


def test_absent_gives_both_back(host):
    second = host.guests(M512)
    host.run(guest_memory="2G")
    result = host.four(state="absent", guest_memory="2G")
    assert (host.kernel.total(), second.total()) == (0, 0)
    assert result["actions"][-2:] == ["give back 100 pages of 2048 KiB", "give back 4 pages of 524288 KiB"]
    assert result["guest_hugepages"]["after"] == pool(0, 0)


@pytest.mark.parametrize("pages", [0, 3])
def test_absent_leaves_pages_of_guests_that_were_never_ours(host, pages):
    """Neither guest_memory nor a unit says that they are: an operator's pages for VMs stay. What VMs use stays in any case."""
    second = host.guests(M512)
    second.set(8, 5)
    if pages:
        unit = boot_units.service("2M", 2048, {}, 100, (M512, pages))
        fake_host.write(host.root, "etc/systemd/system/zbs-vhost-hugepages-2M.service", unit)
    host.four(state="absent", keep_free=1)
    assert second.total() == (4 if pages else 8)


def libvirtd(host, started):
    fake_host.write_process(host.root, 812, "libvirtd", started=started, uptime=1000.0)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_libvirtd_that_does_not_know_our_mount_yet_is_said(host, check_mode):
    libvirtd(host, 100.0)
    result = host.run(check_mode)
    assert result["guest_hugepages"]["unknown_to"] == ["libvirtd (process 812)"]
    assert any(
        "libvirtd (process 812) started before the hugetlbfs on /dev/hugepages2m" in text for text in result["warnings"]
    )


def test_it_is_said_until_it_was_restarted_by_somebody(host):
    libvirtd(host, 100.0)
    assert host.four()["guest_hugepages"]["unknown_to"]
    libvirtd(host, 1000.5)
    assert host.run()["guest_hugepages"]["unknown_to"] == [] and not host.run().get("warnings")


def test_a_mount_that_others_made_or_our_unit_at_boot_is_not_said(host):
    libvirtd(host, 100.0)
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    assert host.run()["guest_hugepages"]["unknown_to"] == []
    unit = boot_units.mount("/dev/hugepages2m", "2M")
    fake_host.write(host.root, "etc/systemd/system/dev-hugepages2m.mount", unit)
    assert host.run()["hugetlbfs"]["mounted_by_us"] and host.run()["guest_hugepages"]["unknown_to"] == []


def test_where_guests_use_another_mount_it_is_no_warning(host):
    host.guests(M512)
    libvirtd(host, 100.0)
    result = host.run()
    assert result["guest_hugepages"]["unknown_to"] and not result.get("warnings")


def test_a_choice_is_kept_when_another_mount_comes_along(host):
    rows = "40 1 0:40 / /mnt/a rw - hugetlbfs none rw,pagesize=2M\n"
    fake_host.write(host.root, "proc/self/mountinfo", rows)
    assert host.run()["hugetlbfs"]["dir"] == "/mnt/a"
    fake_host.write(host.root, "proc/self/mountinfo", rows + fake_host.MOUNT_2M + "\n")
    assert host.four()["hugetlbfs"]["dir"] == "/mnt/a"
    noted = json.loads((host.root / "var/lib/zbs-vhost/mounts.json").read_text())
    assert noted == {"version": 1, "mounts": [], "chosen": {"2048": "/mnt/a"}}
    host.run(state="absent")
    assert host.four()["hugetlbfs"]["dir"] == "/dev/hugepages2m"


def test_one_that_is_not_fit_is_passed_over_with_the_reason(host):
    row = "40 1 0:40 / /mnt/a rw - hugetlbfs none rw,pagesize=2M,size=104857600\n"
    fake_host.write(host.root, "proc/self/mountinfo", row)
    result = host.run()
    assert result["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": True}
    words = "the hugetlbfs on /mnt/a was passed over: its option size allows 100 MiB, and the target needs 200 MiB"
    assert any(words in text for text in result["warnings"])


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("/mnt/a", "already a mount of something else (it is mounted read-only)"),
        ("/mnt/b", "already a mount of something else (a hugetlbfs with pages of 1048576 KiB)"),
        ("/var/lib/kubelet/x", "lies where a container engine, kubelet or libvirt keeps its own mounts"),
    ],
)
def test_a_folder_that_can_not_be_is_refused_with_the_reason(host, folder, words):
    rows = "40 1 0:40 / /mnt/a ro - hugetlbfs none rw,pagesize=2M\n41 1 0:41 / /mnt/b rw - hugetlbfs none rw,pagesize=1024M\n"
    fake_host.write(host.root, "proc/self/mountinfo", rows)
    failure, _result = failure_of(NAME, dict(host.options, hugetlbfs_dir=folder))
    assert words in failure["message"] and not host.touched()


@pytest.mark.parametrize("named", ["/dev/hugepages2m/", "//dev/hugepages2m", "/dev/./hugepages2m", "/huge"])
def test_a_folder_in_other_words_is_the_same_folder(host, named):
    (host.root / "dev").mkdir()
    (host.root / "huge").symlink_to("/dev/hugepages2m")
    assert host.four(hugetlbfs_dir=named)["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": True}
    assert len(programs.calls(host.log)) == 1


def test_a_pool_that_somebody_took_since_the_boot_is_said(host):
    """As the manager's hugepage switch does, to the pool of the kernel's default size."""
    second = host.guests(M512)
    unit = boot_units.service("2M", 2048, {}, 100, (M512, 4))
    fake_host.write(host.root, "etc/systemd/system/zbs-vhost-hugepages-2M.service", unit)
    result = host.run(guest_memory="2G")
    for size, pages in ((2048, 100), (M512, 4)):
        words = "the pool of %d KiB pages has 0 pages, and its unit asks for %d at boot" % (size, pages)
        assert any(words in text and "hugepage switch" in text for text in result["warnings"])
    assert second.total() == 4 and len(host.run(guest_memory="2G")["warnings"]) == 1


def test_an_operator_s_entries_and_the_manager_s_marks_are_returned(host):
    default(host, 2048)
    fake_host.write(host.root, "etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet hugepagesz=2M hugepages=9"\n')
    fake_host.write(host.root, "etc/sysctl.d/1.conf", "vm.nr_hugepages=0\n")
    assert host.four()["operator_entries"] == [
        {"where": "/etc/default/grub", "says": "hugepages=9"},
        {"where": "/etc/sysctl.d/1.conf", "says": "vm.nr_hugepages = 0"},
    ]
    assert host.run(hugepages="ignore")["operator_entries"] == []

"""An operator's own entries for the same pages are found wherever they are."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import operator_pages
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write

GRUB = "the kernel command line"


def find(root, files, page_kib=2048, default_kib=2048):
    """{where: says} below `root` with these files."""
    write(root, "proc/meminfo", "MemTotal: 9 kB\nHugepagesize:    %d kB\n" % default_kib)
    for path, text in files.items():
        write(root, path, text)
    return [(entry["where"], entry["says"]) for entry in operator_pages.find(page_kib, str(root))]


def test_nothing(tmp_path):
    assert operator_pages.find(2048, str(tmp_path)) == []
    assert find(tmp_path, {"etc/sysctl.conf": "#vm.nr_hugepages=5\nvm.nr_overcommit_hugepages=3\n"}) == []


def test_sysctl(tmp_path):
    files = {
        "etc/sysctl.d/90-pages.conf": "# pages\n vm.nr_hugepages = 512 \nvm.swappiness=1\n",
        "usr/lib/sysctl.d/90-pages.conf": "vm.nr_hugepages=7\n",  # hidden by the one in /etc
        "usr/lib/sysctl.d/10-x.conf": "-vm/nr_hugepages_mempolicy=9\n",
        "run/sysctl.d/readme": "vm.nr_hugepages=1\n",
        "etc/sysctl.conf": "vm.nr_hugepages=3\n",
    }
    found = find(tmp_path, files)
    assert found == [
        ("/etc/sysctl.conf", "vm.nr_hugepages = 3"),
        ("/usr/lib/sysctl.d/10-x.conf", "vm/nr_hugepages_mempolicy = 9"),
        ("/etc/sysctl.d/90-pages.conf", "vm.nr_hugepages = 512"),
    ]


def test_a_link_to_sysctl_conf_is_told_once(tmp_path):
    write(tmp_path, "etc/sysctl.d/x", "")
    (tmp_path / "etc/sysctl.d/99-sysctl.conf").symlink_to("../sysctl.conf")
    assert len(find(tmp_path, {"etc/sysctl.conf": "vm.nr_hugepages=3\n"})) == 1


def test_sysctl_of_another_default_size_is_not_the_same_thing(tmp_path):
    assert find(tmp_path, {"etc/sysctl.conf": "vm.nr_hugepages=3\n"}, default_kib=524288) == []


@pytest.mark.parametrize(
    "line, page_kib, says",
    [
        ("quiet hugepages=64", 2048, ["hugepages=64"]),
        ("hugepages=64", 1048576, []),
        ("hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=0:512,1:512", 2048, ["hugepages=0:512,1:512"]),
        ("hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=512", 1048576, ["hugepages=4"]),
        ("hugepagesz=x hugepages=4", 2048, []),
        ("hugepagesz=2048K hugepages=4", 2048, ["hugepages=4"]),
        ("nohugepages=4 hugepagesz=2M", 2048, []),
    ],
)
def test_the_kernel_command_line(tmp_path, line, page_kib, says):
    assert find(tmp_path, {"proc/cmdline": line + "\n"}, page_kib) == [(GRUB, item) for item in says]


def test_tuned(tmp_path):
    files = {
        "etc/tuned/active_profile": "own\n",
        "etc/tuned/own/tuned.conf": "[main]\ninclude=cpu-partitioning, gone\n[sysctl]\nvm.nr_hugepages=100\n",
        "usr/lib/tuned/cpu-partitioning/tuned.conf": (
            "[bootloader]\ncmdline_x=+hugepagesz=2M hugepages=8\n"
            "[sysfs]\n/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages=6\n"
        ),
        "usr/lib/tuned/idle/tuned.conf": "[sysctl]\nvm.nr_hugepages=100\n",
    }
    found = find(tmp_path, files)
    own, part = "/etc/tuned/own/tuned.conf", "/usr/lib/tuned/cpu-partitioning/tuned.conf"
    assert found == [
        (own, "vm.nr_hugepages = 100"),
        (part, "hugepages=8"),
        (part, "/sys/devices/system/node/node0/hugepages/hugepages-2048kb/nr_hugepages = 6"),
    ]


def test_a_tuned_profile_that_is_broken_includes_itself_or_climbs_is_no_trouble(tmp_path):
    files = {
        "etc/tuned/active_profile": "own ../../x broken\n",
        "etc/tuned/own/tuned.conf": "[main]\ninclude=own\n",
        "etc/tuned/broken/tuned.conf": "nonsense\n",
        "x/tuned.conf": "[sysctl]\nvm.nr_hugepages=100\n",
    }
    assert find(tmp_path, files) == []


def test_a_tuned_profile_without_pages_says_nothing(tmp_path):
    files = {
        "etc/tuned/active_profile": "own\n",
        "etc/tuned/own/tuned.conf": "[sysctl]\nvm.swappiness=10\nalone\n[cpu]\ngovernor=performance\n",
    }
    assert find(tmp_path, files) == []

"""An operator's own entries for the same pages are found wherever they are."""

import time

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
        ("hugepagesz=0x200000 hugepages=4", 2048, ["hugepages=4"]),
        ("hugepagesz=1GB hugepages=4", 1048576, ["hugepages=4"]),
        ("default_hugepagesz=1G hugepages=4", 1048576, ["default_hugepagesz=1G", "hugepages=4"]),
        ("default_hugepagesz=1G hugepages=4", 2048, ["default_hugepagesz=1G"]),
        ("hugepages=4 default_hugepagesz=1G", 1048576, ["hugepages=4", "default_hugepagesz=1G"]),
        ("transparent_hugepage=always", 2048, []),
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
        "etc/tuned/active_profile": "own ../../x broken a\0b \0 %s\n" % ("x" * 300),
        "etc/tuned/own/tuned.conf": "[main]\ninclude=own;\0,,broken\n",
        "etc/tuned/broken/tuned.conf": "nonsense\n",
        "x/tuned.conf": "[sysctl]\nvm.nr_hugepages=100\n",
    }
    assert find(tmp_path, files) == []


@pytest.mark.parametrize(
    "path, text",
    [
        ("etc/tuned/active_profile", " ".join("%x" % number for number in range(60000))),
        ("etc/tuned/active_profile", "a " * 130000),
        ("etc/kernel/cmdline", "\n".join("hugepages=%d" % number for number in range(18000))),
        ("boot/grub2/grub.cfg", "linux hugepages=1\n" * 14000),
        ("proc/cmdline", "hugepagesz=1G hugepages=1 " * 10000),
    ],
    ids=["profiles", "one profile", "lines", "one line", "words"],
)
def test_a_file_of_any_content_takes_no_minutes(tmp_path, path, text):
    before = time.process_time()
    find(tmp_path, {path: text})
    assert time.process_time() - before < 5  # others use the machine too; alone it takes a tenth of a second


def test_a_tuned_profile_is_read_past_a_line_that_is_none(tmp_path):
    text = "nonsense\n[main]\nalone\n  indented\n[x\n= 3\n[sysctl]\nVM.nr_hugepages = 1\n; vm.nr_hugepages=7\nvm.nr_hugepages=100\n\0\xff"
    files = {"etc/tuned/active_profile": "own\n", "etc/tuned/own/tuned.conf": text}
    assert find(tmp_path, files) == [("/etc/tuned/own/tuned.conf", "vm.nr_hugepages = 100")]


def test_a_tuned_profile_without_pages_says_nothing(tmp_path):
    files = {
        "etc/tuned/active_profile": "own\n",
        "etc/tuned/own/tuned.conf": "[sysctl]\nvm.swappiness=10\nalone\n[cpu]\ngovernor=performance\n",
    }
    assert find(tmp_path, files) == []


# (a file of the next boot, its text, what is told of it)
BOOT = [
    (
        "etc/default/grub",
        'GRUB_CMDLINE_LINUX="quiet hugepagesz=2M hugepages=9 transparent_hugepage=always"\n',
        ["hugepages=9"],
    ),
    ("etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='default_hugepagesz=1G'\n", ["default_hugepagesz=1G"]),
    ("etc/default/grub", '#GRUB_CMDLINE_LINUX="hugepages=9"\nGRUB_TIMEOUT=5\n', []),
    ("etc/default/grub.d/50-pages.cfg", 'GRUB_CMDLINE_LINUX+=" hugepages=9"\n', ["hugepages=9"]),
    ("etc/default/grub.d/readme", 'GRUB_CMDLINE_LINUX=" hugepages=9"\n', []),
    ("etc/kernel/cmdline", "root=/dev/sda1 ro hugepages=9\n", ["hugepages=9"]),
    ("boot/loader/entries/a.conf", "title x hugepages=1\noptions root=/dev/sda1 hugepages=9\n", ["hugepages=9"]),
    ("boot/grub2/grubenv", "saved_entry=0\nkernelopts=root=/dev/sda1 hugepages=9\n####\n", ["hugepages=9"]),
    (
        "boot/grub2/grub.cfg",
        "menuentry {\n\tlinux16 /vmlinuz hugepages=9\n}\nlinux /old hugepages=9\n",
        ["hugepages=9"],
    ),
    ("boot/grub/grub.cfg", "\tlinux\t/vmlinuz ro hugepagesz=1G hugepages=9\n", []),
    (
        "etc/tmpfiles.d/p.conf",
        "w /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 7\n",
        ["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages = 7"],
    ),
    ("etc/tmpfiles.d/p.conf", "#w /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 7\nd /x\n", []),
    ("etc/tmpfiles.d/p.conf", "w /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages - - - - 7\n", []),
]


@pytest.mark.parametrize(("path", "text", "says"), BOOT)
def test_the_next_boot_s_entries(tmp_path, path, text, says):
    assert find(tmp_path, {path: text}) == [("/" + path, item) for item in says]


def test_the_guests_pool_counts_too(tmp_path):
    write(tmp_path, "proc/meminfo", "Hugepagesize: 524288 kB\n")
    write(tmp_path, "proc/cmdline", "hugepagesz=512M hugepages=4 hugepagesz=2M hugepages=8 hugepagesz=1G hugepages=9\n")
    write(tmp_path, "etc/sysctl.conf", "vm.nr_hugepages=0\n")
    said = [entry["says"] for entry in operator_pages.find(2048, str(tmp_path), 524288)]
    assert said == ["hugepages=4", "hugepages=8", "vm.nr_hugepages = 0"]


def test_what_is_said_of_an_entry():
    entry = {"where": "/etc/default/grub", "says": "default_hugepagesz=1G"}
    assert "decides the pool that VMs use" in operator_pages.sentence(entry)
    assert "sets the same pages (hugepages=4)" in operator_pages.sentence(dict(entry, says="hugepages=4"))

"""hugetlbfs mounts in a mountinfo, and mounting one."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import mounts as hugepages_mounts
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import MOUNT_2M, write

ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
SYSTEMD = "30 23 0:28 / /dev/hugepages rw,relatime shared:15 - hugetlbfs hugetlbfs rw,pagesize=2M"
GIGA = "32 22 0:30 / /dev/hugepages1G rw - hugetlbfs none rw,mode=755,pagesize=1024M"
OLD = "33 22 0:31 / /mnt/old rw - hugetlbfs none rw"
BLANK = "34 22 0:32 / /mnt/with\\040blank\\134x rw - hugetlbfs none rw,pagesize=2M,size=1G"


def test_sizes_and_paths():
    mounts = hugepages_mounts.parse_mountinfo("\n".join([ROOT, SYSTEMD, GIGA, OLD, BLANK]))
    assert [(item.path, item.pagesize_kib) for item in mounts] == [
        ("/dev/hugepages", 2048),
        ("/dev/hugepages1G", 1048576),
        ("/mnt/old", None),
        ("/mnt/with blank\\x", 2048),
    ]


@pytest.mark.parametrize(
    "lines, size, path",
    [
        ([ROOT], 2048, None),
        ([ROOT, SYSTEMD], 2048, "/dev/hugepages"),
        ([ROOT, SYSTEMD, MOUNT_2M], 2048, "/dev/hugepages2m"),
        ([ROOT, SYSTEMD, GIGA], 2048, "/dev/hugepages"),
        ([ROOT, SYSTEMD, GIGA], 1048576, "/dev/hugepages1G"),
        ([ROOT, OLD], 2048, None),  # a mount that names no size is none to rely on
        ([SYSTEMD.replace("pagesize=2M", "pagesize=2097152")], 2048, "/dev/hugepages"),
        ([SYSTEMD.replace("pagesize=2M", "pagesize=2048K")], 2048, "/dev/hugepages"),
        ([SYSTEMD.replace("pagesize=2M", "xpagesize=2M")], 2048, None),
        # hidden by a later mount on the same path
        ([SYSTEMD, "40 30 0:40 / /dev/hugepages rw - tmpfs tmpfs rw"], 2048, None),
        ([SYSTEMD, "40 30 0:40 / /dev/hugepages rw - hugetlbfs none rw,pagesize=1G"], 2048, None),
        ([MOUNT_2M, SYSTEMD, "40 30 0:40 / /dev/hugepages rw - tmpfs tmpfs rw"], 2048, "/dev/hugepages2m"),
        (["", "junk", "1 2 3 - hugetlbfs", "- hugetlbfs x pagesize=2M"], 2048, None),
    ],
)
def test_find(lines, size, path):
    found = hugepages_mounts.find(hugepages_mounts.parse_mountinfo("\n".join(lines)), size)
    assert (found and found.path) == path


def test_read_from_a_root(tmp_path):
    write(tmp_path, "proc/self/mountinfo", ROOT + "\n" + MOUNT_2M + "\n")
    assert hugepages_mounts.find(hugepages_mounts.read_hugetlbfs(str(tmp_path)), 2048).path == "/dev/hugepages2m"


def test_this_machines_own_can_be_read():
    assert isinstance(hugepages_mounts.read_hugetlbfs(), list)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host below tmp_path/root whose mount and umount work; host / "log" has their calls."""
    fake_host.write_host(tmp_path / "root")
    fake_host.mount_program(tmp_path / "bin", tmp_path / "root", tmp_path / "log")
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    return tmp_path


def fake(host, name, body):
    programs.write_program(host / "bin", name, body)


def test_mount_makes_the_folder_and_reads_back(host):
    root = str(host / "root")
    made = hugepages_mounts.mount("/a/b", 2048, Deadline(20), root)
    assert (host / "root/a/b").is_dir()
    there = root + "/a/b"
    assert programs.calls(host / "log") == [["-t", "hugetlbfs", "-o", "pagesize=2048K,mode=0755", "hugetlbfs", there]]
    assert (made.path, made.pagesize_kib) == ("/a/b", 2048) and made.device
    hugepages_mounts.unmount("/a/b", Deadline(20), root)
    assert programs.calls(host / "log")[1:] == [[there]] and hugepages_mounts.read_hugetlbfs(root) == []


@pytest.mark.parametrize(
    "body, words",
    [
        (programs.answering(err="mount: no such device", rc=32), "no such device"),
        ("exec sleep 100", "did not finish in time"),
        ("exit 0", "the kernel shows no such mount"),
    ],
)
def test_a_mount_that_fails_says_why(host, body, words):
    fake(host, "mount", body)
    with pytest.raises(ZbsError) as caught:
        hugepages_mounts.mount("/m", 2048, Deadline(1), str(host / "root"))
    assert caught.value.code == "hugetlbfs_mount" and words in caught.value.message


def test_a_folder_that_cannot_be_made_is_named(host):
    write(host / "root", "file", "")
    with pytest.raises(ZbsError) as caught:
        hugepages_mounts.mount("/file/m", 2048, Deadline(5), str(host / "root"))
    assert caught.value.code == "hugetlbfs_dir" and "/file/m" in caught.value.message


@pytest.mark.parametrize(
    "body, code",
    [
        (programs.answering(err="umount: /m: target is busy.", rc=32), "busy"),
        (programs.answering(err="umount: /m: not mounted.", rc=32), "hugetlbfs_unmount"),
        ("exec sleep 100", "hugetlbfs_unmount"),
    ],
)
def test_an_unmount_that_fails_tells_use_from_trouble(host, body, code):
    fake(host, "umount", body)
    with pytest.raises(ZbsError) as caught:
        hugepages_mounts.unmount("/m", Deadline(1), str(host / "root"))
    assert caught.value.code == code


def test_mount_points(host):
    write(host / "root", "proc/self/mountinfo", "\n".join([ROOT, BLANK]) + "\n")
    root = str(host / "root")
    assert hugepages_mounts.is_mount_point("/", root) and hugepages_mounts.is_mount_point("/mnt/with blank\\x/", root)
    assert not hugepages_mounts.is_mount_point("/mnt", root)


OURS = "50 22 0:50 / /m rw shared:7 - hugetlbfs hugetlbfs rw,pagesize=2M"
CONTAINER = "90 80 0:50 / /dev/hugepages rw - hugetlbfs hugetlbfs rw,pagesize=2M"
SERVICE = "91 81 0:50 / /m rw master:7 - hugetlbfs hugetlbfs rw,pagesize=2M"
HOST = "1 0 8:1 / / rw - ext4 /dev/sda1 rw"
OVERLAY = "94 84 0:60 / / rw - overlay overlay rw"
COPY = "93 83 0:50 / /m rw - hugetlbfs hugetlbfs rw,pagesize=2M"
OTHER = "92 82 0:51 / /m rw - hugetlbfs hugetlbfs rw,pagesize=2M"


@pytest.mark.parametrize(
    "processes, files, words",
    [
        ({}, [], []),
        ({7: SERVICE, 8: OTHER, 9: ROOT}, [], []),
        ({7: CONTAINER, 8: SERVICE}, [], ["process 7 has it mounted in a container"]),
        ({7: OVERLAY + "\n" + COPY, 8: HOST + "\n" + COPY}, [], ["process 7 has it mounted in a container"]),
        ({8: HOST + "\n" + COPY}, [], []),
        ({}, ["spdk_1", "spdk_2"], ["it holds 2 files"]),
    ],
)
def test_users(host, processes, files, words):
    """A service's view that follows the host's mounts is no use of its own; a container's mount is."""
    root = host / "root"
    (root / "m").mkdir()
    for name in files:
        write(root, "m/" + name, "")
    for pid, row in processes.items():
        write(root, "proc/%d/mountinfo" % pid, row + "\n")
    assert hugepages_mounts.users(hugepages_mounts.parse_mountinfo(OURS)[0], str(root)) == words


@pytest.mark.parametrize(
    "line, used", [("00:32 7 /m/guest", True), ("00:33 7 /m/guest", False), ("08:01 0032 /x", False)]
)
def test_a_guest_that_has_files_mapped_in_a_copy_of_the_mounts_is_a_user(host, line, used):
    root = host / "root"
    (root / "m").mkdir()
    for pid in (7, 8):
        write(root, "proc/%d/mountinfo" % pid, HOST + "\n" + COPY + "\n")
    write(root, "proc/7/maps", "7f00-7f01 rw-s 00000000 00:01 5 /x\n")
    write(root, "proc/8/maps", "7f00-7f01 rw-s 00000000 00:01 5 /x\n7f20-7f40 rw-s 00000000 %s\n" % line)
    words = hugepages_mounts.users(hugepages_mounts.parse_mountinfo(OURS)[0], str(root))
    assert words == (["process 8 has files of it mapped"] if used else [])


def test_users_of_a_mount_that_cannot_be_listed_are_not_known(host):
    words = hugepages_mounts.users(hugepages_mounts.parse_mountinfo(OURS)[0], str(host / "root"))
    assert len(words) == 1 and "can't be listed" in words[0]


def test_a_namespace_is_looked_at_once_and_the_own_never(host):
    root = host / "root"
    (root / "m").mkdir()
    for pid, space in (("self", "mnt:[1]"), ("5", "mnt:[1]"), ("6", "mnt:[2]"), ("7", "mnt:[2]")):
        write(root, "proc/%s/mountinfo" % pid, (OVERLAY if pid in ("6", "7") else HOST) + "\n" + CONTAINER + "\n")
        (root / "proc" / pid / "ns").mkdir()
        (root / "proc" / pid / "ns/mnt").symlink_to(space)
    words = hugepages_mounts.users(hugepages_mounts.parse_mountinfo(OURS)[0], str(root))
    assert words == ["process 6 has it mounted in a container"]


def test_a_process_that_ends_while_it_is_looked_at_uses_nothing(host):
    root = host / "root"
    (root / "m").mkdir()
    write(root, "proc/8/cmdline", "gone")  # its mountinfo went before it was read
    write(root, "proc/9/mountinfo", OVERLAY + "\n" + CONTAINER + "\n")
    words = hugepages_mounts.users(hugepages_mounts.parse_mountinfo(OURS)[0], str(root))
    assert words == ["process 9 has it mounted in a container"]

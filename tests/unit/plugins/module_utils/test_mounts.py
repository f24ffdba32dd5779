"""hugetlbfs mounts in a mountinfo, and mounting one."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _mounts
from ansible_collections.zstack.zbs.plugins.module_utils._deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import MOUNT_2M, write

ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
SYSTEMD = "30 23 0:28 / /dev/hugepages rw,relatime shared:15 - hugetlbfs hugetlbfs rw,pagesize=2M"
GIGA = "32 22 0:30 / /dev/hugepages1G rw - hugetlbfs none rw,mode=755,pagesize=1024M"
OLD = "33 22 0:31 / /mnt/old rw - hugetlbfs none rw"
BLANK = "34 22 0:32 / /mnt/with\\040blank\\134x rw - hugetlbfs none rw,pagesize=2M,size=1G"


def test_sizes_and_paths():
    mounts = _mounts.parse_mountinfo("\n".join([ROOT, SYSTEMD, GIGA, OLD, BLANK]))
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
    assert _mounts.find(_mounts.parse_mountinfo("\n".join(lines)), size) == path


def test_read_from_a_root(tmp_path):
    write(tmp_path, "proc/self/mountinfo", ROOT + "\n" + MOUNT_2M + "\n")
    assert _mounts.find(_mounts.read_hugetlbfs(str(tmp_path)), 2048) == "/dev/hugepages2m"


def test_this_machines_own_can_be_read():
    assert isinstance(_mounts.read_hugetlbfs(), list)


def test_mount_makes_the_folder_and_calls_mount(tmp_path):
    log = tmp_path / "log"
    command = programs.write_program(tmp_path, "mount", programs.logging_argv(log, "exit 0"))
    path = str(tmp_path / "a" / "b")
    _mounts.mount(path, 2048, Deadline(20), command)
    assert (tmp_path / "a" / "b").is_dir()
    assert programs.calls(log) == [["-t", "hugetlbfs", "-o", "pagesize=2048K,mode=0755", "hugetlbfs", path]]


def test_a_mount_that_fails_says_what_mount_said(tmp_path):
    command = programs.write_program(tmp_path, "mount", programs.answering(err="mount: no such device", rc=32))
    with pytest.raises(ZbsError) as caught:
        _mounts.mount(str(tmp_path / "m"), 2048, Deadline(20), command)
    assert caught.value.code == "hugetlbfs_mount" and "no such device" in caught.value.message


def test_a_mount_that_hangs_ends(tmp_path):
    command = programs.write_program(tmp_path, "mount", "exec sleep 100")
    with pytest.raises(ZbsError) as caught:
        _mounts.mount(str(tmp_path / "m"), 2048, Deadline(0.5), command)
    assert "did not end in time" in caught.value.message


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ZbsError) as caught:
        _mounts.mount(str(tmp_path / "file" / "m"), 2048, Deadline(5), "/not/called")
    assert caught.value.code == "hugetlbfs_dir" and str(tmp_path / "file" / "m") in caught.value.message

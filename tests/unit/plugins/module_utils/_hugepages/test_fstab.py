"""fstab as mount(8) reads it: which line brings the hugetlbfs of a target back at boot, and whether it does."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import fstab, operator_mount
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from hypothesis import given
from hypothesis import strategies as st

WHERE = "/dev/hugepages2m"
UNIT = "dev-hugepages2m.mount"

# (what it shows, fstab, whether it mounts the path at boot)
TABLE = [
    ("nothing", "", False),
    ("plain", "nodev /dev/hugepages2m hugetlbfs pagesize=2M 0 0", True),
    ("field case 13, a comment", "#nodev /dev/hugepages2m hugetlbfs pagesize=2M,mode=1770 0 0", False),
    ("field case 13, noauto", "nodev /dev/hugepages2m hugetlbfs noauto,pagesize=2M 0 0", False),
    ("a comment behind blanks", "  \t# nodev /dev/hugepages2m hugetlbfs pagesize=2M 0 0", False),
    (
        "a comment and a line",
        "#none /dev/hugepages2m hugetlbfs noauto\nnone /dev/hugepages2m hugetlbfs pagesize=2M",
        True,
    ),
    ("a hash inside", "huge#1 /dev/hugepages2m hugetlbfs pagesize=2M", True),
    ("blanks before, tabs between", " \tnone\t/dev/hugepages2m\t\thugetlbfs\tpagesize=2M\t0\t0", True),
    ("no options", "none /dev/hugepages2m hugetlbfs", True),
    ("no type", "none /dev/hugepages2m", False),
    ("another type", "none /dev/hugepages2m tmpfs size=1G 0 0", False),
    ("several types", "none /dev/hugepages2m hugetlbfs,tmpfs pagesize=2M", True),
    ("a type that only begins so", "none /dev/hugepages2m hugetlbfs2 pagesize=2M", False),
    ("swap", "/dev/sda2 swap swap defaults 0 0\n/dev/sda3 none swap sw 0 0", False),
    ("another path", "none /dev/hugepages hugetlbfs pagesize=2M 0 0", False),
    ("a path that only begins so", "none /dev/hugepages2m/x hugetlbfs pagesize=2M 0 0", False),
    ("a slash behind", "none /dev/hugepages2m/ hugetlbfs pagesize=2M 0 0", True),
    ("slashes and dots", "none //dev/./hugepages2m hugetlbfs pagesize=2M 0 0", True),
    ("a way up", "none /dev/shm/../hugepages2m hugetlbfs pagesize=2M 0 0", True),
    ("by a link", "none /huge hugetlbfs pagesize=2M 0 0", True),
    ("escapes", "none /dev/huge\\160ages2m hugetlbfs pagesize=2M 0 0", True),
    ("auto wins behind noauto", "none /dev/hugepages2m hugetlbfs noauto,auto,pagesize=2M", True),
    ("noauto wins behind auto", "none /dev/hugepages2m hugetlbfs auto,pagesize=2M,noauto", False),
    ("an option that only ends so", "none /dev/hugepages2m hugetlbfs x-noauto,pagesize=2M", True),
    ("may fail", "none /dev/hugepages2m hugetlbfs nofail,pagesize=2M", True),
    ("on access", "none /dev/hugepages2m hugetlbfs x-systemd.automount,pagesize=2M", True),
    ("on access, but not at boot", "none /dev/hugepages2m hugetlbfs noauto,x-systemd.automount,pagesize=2M", False),
    (
        "pulled in by another unit",
        "none /dev/hugepages2m hugetlbfs noauto,x-systemd.wanted-by=multi-user.target,pagesize=2M",
        True,
    ),
    ("required by another unit", "none /dev/hugepages2m hugetlbfs noauto,x-systemd.required-by=x.service", True),
    ("shown once more", "/dev/hugepages /dev/hugepages2m none bind 0 0", True),
    ("shown once more with what is below", "/dev/hugepages /dev/hugepages2m none rw,rbind 0 0", True),
    ("shown once more by hand", "/dev/hugepages /dev/hugepages2m none bind,noauto 0 0", False),
    (
        "the first of two lines",
        "none /dev/hugepages2m hugetlbfs noauto\nnone /dev/hugepages2m hugetlbfs pagesize=2M",
        False,
    ),
    ("carriage returns", "none /dev/hugepages2m hugetlbfs pagesize=2M\r\nnone /x tmpfs\r\n", True),
    ("no line feed at the end", "none /x tmpfs rw 0 0\nnone /dev/hugepages2m hugetlbfs pagesize=2M 0 0", True),
    (
        "what Python takes for the end of a line",
        "none /a\x0cb\u2028c tmpfs rw\nnone /dev/hugepages2m hugetlbfs rw",
        True,
    ),
]


@pytest.mark.parametrize(("text", "mounted"), [item[1:] for item in TABLE], ids=[item[0] for item in TABLE])
def test_what_mounts_at_boot(tmp_path, text, mounted):
    write(tmp_path, "dev/hugepages2m/x", "")
    (tmp_path / "huge").symlink_to("dev/hugepages2m")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fstab").write_bytes(text.encode("utf-8"))
    assert (operator_mount.find(WHERE, 2048, 1024, str(tmp_path)) is not None) == mounted


def test_a_path_with_blanks(tmp_path):
    write(tmp_path, "etc/fstab", "none /mnt/huge\\040pages\\134x hugetlbfs pagesize=2M\n")
    assert operator_mount.find("/mnt/huge pages\\x", 2048, 0, str(tmp_path))
    assert not operator_mount.find("/mnt/huge", 2048, 0, str(tmp_path))


FSTAB = "none /dev/hugepages2m hugetlbfs %s 0 0\n"
MOUNT = "[Mount]\nWhere=/dev/hugepages2m\nOptions=pagesize=2M\n"
WANTS = "etc/systemd/system/multi-user.target.wants/" + UNIT
GENERATED = "[Unit]\nSourcePath=/etc/fstab\n[Mount]\nWhere=/dev/hugepages2m\n"

# (what it shows, files, None for nobody, or what is doubtful of the operator's mount)
UNITS = [
    ("a unit that is enabled", {"etc/systemd/system/" + UNIT: MOUNT, WANTS: ""}, []),
    ("a unit that nothing starts", {"etc/systemd/system/" + UNIT: MOUNT}, ["nothing starts"]),
    (
        "a unit of a package",
        {"usr/lib/systemd/system/" + UNIT: MOUNT, "usr/lib/systemd/system/sysinit.target.wants/" + UNIT: ""},
        [],
    ),
    ("another generator's", {"run/systemd/generator/" + UNIT: MOUNT}, []),
    ("fstab's own unit, of a line that is gone", {"run/systemd/generator/" + UNIT: GENERATED}, None),
    (
        "fstab's own unit, of a line that is not mounted",
        {"run/systemd/generator/" + UNIT: GENERATED, "etc/fstab": FSTAB % "noauto"},
        None,
    ),
    ("fstab's own unit", {"run/systemd/generator/" + UNIT: GENERATED, "etc/fstab": FSTAB % "pagesize=2M"}, []),
    ("fstab, another size", {"etc/fstab": FSTAB % "pagesize=1G"}, ["with pages of 1048576 KiB at boot"]),
    ("fstab, read-only", {"etc/fstab": FSTAB % "ro,pagesize=2M"}, ["it is mounted read-only"]),
    ("fstab, too small", {"etc/fstab": FSTAB % "pagesize=2M,size=1G"}, ["its option size allows 1024 MiB"]),
    ("fstab, a share of the pool", {"etc/fstab": FSTAB % "pagesize=2M,size=10%"}, []),
    ("fstab, the default size", {"etc/fstab": FSTAB % "defaults", "proc/meminfo": "Hugepagesize: 2048 kB\n"}, []),
    (
        "fstab, another default size",
        {"etc/fstab": FSTAB % "defaults", "proc/meminfo": "Hugepagesize: 524288 kB\n"},
        ["with pages of 524288 KiB at boot"],
    ),
    (
        "a unit of another size that nothing starts",
        {"etc/systemd/system/" + UNIT: MOUNT.replace("2M\n", "1G\n")},
        ["with pages of 1048576 KiB", "nothing starts"],
    ),
]


@pytest.mark.parametrize(("files", "doubts"), [item[1:] for item in UNITS], ids=[item[0] for item in UNITS])
def test_units_beside_fstab_and_what_is_doubtful(tmp_path, files, doubts):
    for path, text in files.items():
        write(tmp_path, path, text)
    found = operator_mount.find(WHERE, 2048, 1024, str(tmp_path))
    if doubts is None:
        assert found is None
        return
    assert found and len(found.doubts) == len(doubts)
    assert all(words in said for words, said in zip(doubts, found.doubts))


def test_a_unit_that_is_masked_mounts_nothing(tmp_path):
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system" / UNIT).symlink_to("/dev/null")
    assert "is masked" in operator_mount.find(WHERE, 2048, 0, str(tmp_path)).doubts[0]


@given(st.text())
def test_no_text_is_too_much(text):
    for entry in fstab.entries(text):
        assert entry.target.startswith("/") and entry.at_boot() in (True, False)

"""Which pool guests use: a table of kernels and mounts, and which programs of libvirt do not know a mount yet."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import guests, libvirt, mounts
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write, write_process
from hypothesis import given
from hypothesis import strategies as st

M2, M512, G1, G16 = 2048, 524288, 1048576, 16777216
DEV, TARGET, GIGA = "/dev/hugepages", "/dev/hugepages2m", "/mnt/giga"

# (what it shows, [(path, page size or None)] in mount order, default size, (page size, path))
TABLE = [
    ("x86-64", [(TARGET, M2)], M2, (M2, TARGET)),
    ("x86-64, systemd's mount and ours", [(DEV, M2), (TARGET, M2)], M2, (M2, DEV)),
    ("systemd's mount, which names no size", [(DEV, None)], M2, (M2, DEV)),
    ("arm64 with pages of 64 KiB", [(DEV, M512), (TARGET, M2)], M512, (M512, DEV)),
    ("the same, no size named", [(DEV, None), (TARGET, M2)], M512, (M512, DEV)),
    ("the same, ours first", [(TARGET, M2), (DEV, M512)], M512, (M512, DEV)),
    ("the same, only ours", [(TARGET, M2)], M512, (M2, TARGET)),
    ("arm64 with pages of 64 KiB and one of 16 GiB", [("/x", G16), (TARGET, M2)], M512, (G16, "/x")),
    ("a default of 1 GiB", [(TARGET, M2), (GIGA, G1)], G1, (G1, GIGA)),
    ("a default of 1 GiB without its mount", [(TARGET, M2), ("/x", M2)], G1, (M2, TARGET)),
    ("1 GiB mounted beside a default of 2 MiB", [(GIGA, G1), (TARGET, M2)], M2, (M2, TARGET)),
    ("1 GiB alone", [(GIGA, G1)], M2, (G1, GIGA)),
    ("the first of several", [("/a", G1), ("/b", M2)], M512, (G1, "/a")),
    ("the first of the default size", [("/a", G1), ("/b", M2), ("/c", M2)], M2, (M2, "/b")),
    ("no mount", [], M2, (None, None)),
    ("a kernel that names no default", [("/a", None), ("/b", G1)], None, (G1, "/b")),
    (
        "a pod's counts too: libvirt takes it",
        [("/var/lib/kubelet/pods/1/volumes/x", M2)],
        M2,
        (M2, "/var/lib/kubelet/pods/1/volumes/x"),
    ),
]


@pytest.mark.parametrize(("there", "default", "pool"), [item[1:] for item in TABLE], ids=[item[0] for item in TABLE])
def test_which_pool_guests_use(there, default, pool):
    assert guests.choose([mounts.Mount(path, size) for path, size in there], default) == pool


# (qemu.conf, the paths that it names)
CONF = [
    (None, None),
    ("", None),
    ('#hugetlbfs_mount = "/dev/hugepages"\n', None),
    ('hugetlbfs_mount = "/dev/hugepages"\n', ["/dev/hugepages"]),
    ("  hugetlbfs_mount='/mnt/a/'\n", ["/mnt/a"]),
    ('hugetlbfs_mount = ["/dev/hugepages2M", "/dev/hugepages1G"]\n', ["/dev/hugepages2M", "/dev/hugepages1G"]),
    ('user = "root"\nhugetlbfs_mount = [\n  "/a",\n  "/b"\n]\n', ["/a", "/b"]),
    ('hugetlbfs_mount = ""\n', []),
    ("hugetlbfs_mount = []\n", []),
    ('not_hugetlbfs_mount = "/x"\n', None),
    ("hugetlbfs_mount = [\n", None),
]


@pytest.mark.parametrize(("text", "named"), CONF)
def test_what_libvirt_was_told(tmp_path, text, named):
    if text is not None:
        write(tmp_path, guests.QEMU_CONF, text)
    assert guests.told(str(tmp_path)) == named


def test_only_what_libvirt_was_told_counts():
    there = [mounts.Mount(DEV, M2), mounts.Mount(GIGA, G1)]
    assert guests.choose(there, M2, [GIGA]) == (G1, GIGA)
    assert guests.choose(there, M2, []) == (None, None)


def test_a_pool_that_the_kernel_does_not_have(tmp_path):
    """Who asks for memory is told; who asks for none is not kept from what a target needs."""
    write(tmp_path, "proc/meminfo", "Hugepagesize: 524288 kB\n")
    there = [mounts.Mount(DEV, M512)]
    assert guests.look(there, M2, 0, str(tmp_path)).pool is None
    with pytest.raises(ZbsError) as caught:
        guests.look(there, M2, 1024, str(tmp_path))
    assert caught.value.code == "no_such_size"


@given(st.text())
def test_no_text_is_too_much(tmp_path_factory, text):
    root = tmp_path_factory.mktemp("host")
    (root / "etc/libvirt").mkdir(parents=True)
    (root / guests.QEMU_CONF).write_bytes(('hugetlbfs_mount = "' + text).encode("utf-8", "replace"))
    assert guests.told(str(root)) is None or isinstance(guests.told(str(root)), list)


# (name, started at, whether it is older than a mount at 500 s)
PROGRAMS = [
    ("libvirtd", 100.0, True),
    ("virtqemud", 499.0, True),
    ("libvirtd", 501.0, False),
    ("virtlogd", 100.0, False),
    ("qemu-kvm", 100.0, False),
    ("x) R 1 (libvirtd", 100.0, False),
]


@pytest.mark.parametrize(("name", "started", "older"), PROGRAMS)
def test_who_does_not_know_a_mount_yet(tmp_path, name, started, older):
    write_process(tmp_path, 812, name, started=started)
    write(tmp_path, "proc/813/stat", "813 (libvirtd")  # it ends while it is read
    write(tmp_path, "proc/self/stat", "1 (libvirtd) S 1")
    assert libvirt.older_than(500.0, str(tmp_path)) == (["%s (process 812)" % name] if older else [])


def test_one_and_several_are_told():
    assert libvirt.sentence(["libvirtd (process 8)"], TARGET).startswith(
        "libvirtd (process 8) started before the hugetlbfs"
    )
    assert "a (process 1) and b (process 2) started" in libvirt.sentence(["a (process 1)", "b (process 2)"], TARGET)


def test_a_host_without_processes(tmp_path):
    assert libvirt.older_than(1.0, str(tmp_path)) == []

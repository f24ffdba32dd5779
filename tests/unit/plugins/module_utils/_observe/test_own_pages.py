"""What a target took for itself, and not the memory of the VMs that it maps: a table of mappings."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe.own_pages import read_own_pages
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import numa_line, smaps, write
from hypothesis import given
from hypothesis import strategies as st

# (the file of a mapping, whether the target took it)
FILES = [
    ("/dev/hugepages2m/spdk_pid1map_0", True),
    ("/dev/hugepages2m/spdk_pid1map_0 (deleted)", True),
    ("/mnt/huge pages/spdk_pid4711map_1023 (deleted)", True),
    ("/dev/hugepages2m/spdk0map_3", True),  # with --shm-id
    ("/dev/hugepages2m/rtemap_7", True),
    ("/anon_hugepage (deleted)", True),
    ("/anon_hugepage", True),
    ("/memfd:pc.ram (deleted)", False),
    ("/dev/hugepages2m/libvirt/qemu/1-vm/ram-node0 (deleted)", False),
    ("/dev/hugepages2m/libvirt/qemu/1-vm/ram-node0", False),
    ("/dev/hugepages2m/spdk_pid1map_0/ram", False),
    ("/dev/hugepages2m/my_spdk_pid1map_0", False),
    ("/dev/shm/anon_hugepage", False),
    ("", False),
]


@pytest.mark.parametrize(("path", "own"), FILES)
def test_whose_a_mapping_is(tmp_path, path, own):
    write(tmp_path, "numa_maps", numa_line(path, 3, 5))
    assert read_own_pages(str(tmp_path)) == ({2048: {0: 3, 1: 5}} if own else {})
    (tmp_path / "numa_maps").unlink()
    write(tmp_path, "smaps", smaps(path, 4096, 2048))
    assert read_own_pages(str(tmp_path)) == ({2048: {None: 3}} if own else {})


def test_field_case_17(tmp_path):
    """The VMs' 8 GiB are theirs."""
    maps = (
        "200000000000 default file=/dev/hugepages2m/spdk_pid1map_0 huge dirty=1024 N0=1024 kernelpagesize_kB=2048\n"
        "7f0000000000 default file=/memfd:pc.ram\\040(deleted) huge dirty=4096 mapmax=2 N0=4096 kernelpagesize_kB=2048\n"
    )
    write(tmp_path, "numa_maps", maps)
    write(tmp_path, "smaps_rollup", "Shared_Hugetlb:  8388608 kB\nPrivate_Hugetlb: 2097152 kB\n")
    assert read_own_pages(str(tmp_path)) == {2048: {0: 1024}}


def test_sizes_and_nodes_add_up(tmp_path):
    own = "/dev/hugepages2m/spdk_pid1map_%d"
    text = (
        numa_line(own % 0, 60)
        + numa_line(own % 1, 30, 10)
        + numa_line("/dev/huge1g/spdk_pid1map_2", 0, 2, page_kib=1048576)
    )
    text += "7f3000000000 default anon=5 N1=500 kernelpagesize_kB=4\n7f4 default stack\n\n"
    write(tmp_path, "numa_maps", text)
    assert read_own_pages(str(tmp_path)) == {2048: {0: 90, 1: 10}, 1048576: {0: 0, 1: 2}}


def test_a_file_that_only_looks_like_a_hugepage_s(tmp_path):
    write(tmp_path, "numa_maps", "7f00 default file=/x/spdk_pid1map_0 mapped=3 N0=3 kernelpagesize_kB=4 x=huge\n")
    assert read_own_pages(str(tmp_path)) == {}


def test_what_follows_an_own_mapping_is_not_taken_for_its_own(tmp_path):
    plain = "7f00-7f01 rw-p 00000000 00:00 0 \nKernelPageSize: 4 kB\nPrivate_Hugetlb: 8 kB\n"
    write(tmp_path, "smaps", smaps("/dev/h/spdk_pid1map_0", 2048) + plain + smaps("/memfd:pc.ram (deleted)", 4096))
    assert read_own_pages(str(tmp_path)) == {2048: {None: 1}}


def test_a_kernel_that_does_not_tell(tmp_path):
    assert read_own_pages(str(tmp_path)) is None


@pytest.mark.parametrize(
    "text",
    ["huge", " huge file=/spdk_pid1map_0", " huge N0=x kernelpagesize_kB=y file=/spdk_pid1map_0", "\x00 huge", ":"]
    + [
        smaps("/spdk_pid1map_0", 2048).partition("KernelPageSize:")[0] + rest
        for rest in ("\n\n", "KernelPageSize:\n", "KernelPageSize: x kB\n")
    ]
    + [" huge file=/spdk_pid1map_0 kernelpagesize_kB=\u00b2"],
)
def test_junk_is_nothing(tmp_path, text):
    write(tmp_path, "numa_maps", text)
    assert not read_own_pages(str(tmp_path))
    (tmp_path / "numa_maps").unlink()
    write(tmp_path, "smaps", text)
    assert not read_own_pages(str(tmp_path))


WORDS = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            [
                " huge",
                " file=/spdk_pid1map_0",
                " N0=3",
                " kernelpagesize_kB=2048",
                " kernelpagesize_kB=0",
                "\n",
                " ",
                "KernelPageSize: 0 kB",
            ]
            + ["KernelPageSize: 2048 kB", "Private_Hugetlb: 4096 kB", "1-2 rw-s 0 0:1 4 /spdk_pid1map_0"]
        ),
    )
).map("".join)


@given(WORDS)
def test_no_text_is_too_much(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("process")
    for name in ("smaps", "numa_maps"):
        (folder / name).write_bytes(text.encode("utf-8", "replace"))
        assert isinstance(read_own_pages(str(folder)), dict)

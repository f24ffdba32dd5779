"""Which hugetlbfs a target gets, and whether it is fit: a table of mount tables."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import choice, mounts, paths
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import write
from hypothesis import given
from hypothesis import strategies as st

ROOT = "25 1 8:1 / / rw - ext4 /dev/sda1 rw"
NAMED = "/dev/hugepages2m"


def row(
    number,
    path,
    options="rw,pagesize=2M",
    parent=25,
    flags="rw,relatime",
    tags="shared:20 ",
    part="/",
    kind="hugetlbfs",
):
    """A line as the kernel writes it."""
    head = "%d %d 0:%d %s %s %s %s- " % (number, parent, number, part, path, flags, tags)
    return head + "%s %s %s" % (kind, kind, options)


OWN = row(40, NAMED)
SYSTEMD = row(30, "/dev/hugepages")
# Field case 14, as it was recorded.
KUBELET = (
    "90 25 0:77 / /var/lib/kubelet/pods/0b1c/volumes/kubernetes.io~empty-dir/hugepage-2mi rw,relatime shared:99 - "
    "hugetlbfs nodev rw,pagesize=2M"
)
MERGED = "/var/lib/docker/overlay2/4f2a/merged/dev/hugepages"

# (what it shows, mount table, the path that is chosen)
TABLE = [
    ("field case 14", [OWN, KUBELET], NAMED),
    ("a pod's alone is none", [KUBELET], None),
    ("a kubelet with its data elsewhere", [row(41, "/data/kubelet/pods/1/volumes/kubernetes.io~empty-dir/x")], None),
    ("a container's root", [row(41, MERGED)], None),
    ("docker with its data elsewhere", [row(41, "/data/d/overlay2/4f2a/merged/dev/hugepages")], None),
    ("podman without root", [row(41, "/home/u/.local/share/containers/storage/overlay/4f/merged/dev/hugepages")], None),
    ("containerd", [row(41, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/7/rootfs/dev/hugepages")], None),
    ("podman", [row(41, "/run/containers/storage/overlay-containers/7/hugepages")], None),
    ("libvirt's", [row(41, "/dev/hugepages2m/libvirt/qemu")], None),
    ("libvirt's own folder", [row(41, "/var/lib/libvirt/hugepages")], None),
    ("a user's, of libhugetlbfs", [row(41, "/var/lib/hugetlbfs/user/joe/pagesize-2MB")], None),
    ("the host's, of libhugetlbfs", [row(41, "/var/lib/hugetlbfs/pagesize-2MB")], "/var/lib/hugetlbfs/pagesize-2MB"),
    ("a name that only begins so", [row(41, "/var/lib/kubelets-pages")], "/var/lib/kubelets-pages"),
    ("the one of hugetlbfs_dir first", [OWN, SYSTEMD], NAMED),
    ("the last one else", [row(41, "/mnt/a"), row(42, "/mnt/b")], "/mnt/b"),
    ("read-only, the mount", [row(40, NAMED, flags="ro,relatime")], None),
    ("read-only, the file system", [row(40, NAMED, "ro,pagesize=2M")], None),
    ("another one where that is read-only", [SYSTEMD, row(40, NAMED, flags="ro")], "/dev/hugepages"),
    (
        "not every option with those letters",
        [row(40, NAMED, "rw,pagesize=2M,gid=0,mode=770", flags="rw,norelatime")],
        NAMED,
    ),
    ("a quota that is too small", [row(40, NAMED, "rw,pagesize=2M,size=1073741824")], None),
    ("a quota as an old kernel shows it", [row(40, NAMED, "rw,pagesize=2M,size=1G")], None),
    ("a quota that is just enough", [row(40, NAMED, "rw,pagesize=2M,size=2147483648")], NAMED),
    ("a share of the pool, which may be enough", [row(40, NAMED, "rw,pagesize=2M,size=50%")], NAMED),
    ("pages that are promised are no limit", [row(40, NAMED, "rw,pagesize=2M,min_size=2097152")], NAMED),
    ("too few files", [row(40, NAMED, "rw,pagesize=2M,nr_inodes=1024")], None),
    ("just enough files", [row(40, NAMED, "rw,pagesize=2M,nr_inodes=1025")], NAMED),
    ("another user's, which stops no root", [row(40, NAMED, "rw,uid=107,gid=107,mode=700,pagesize=2M")], NAMED),
    ("a part of one", [row(40, NAMED, part="/libvirt")], None),
    ("a part that was deleted", [row(40, NAMED, part="/x//deleted")], None),
    ("another size", [row(40, NAMED, "rw,pagesize=1024M")], None),
    ("no size named", [row(40, NAMED, "rw")], None),
    ("the size in KiB", [row(40, NAMED, "rw,pagesize=2048K")], NAMED),
    ("the size in bytes", [row(40, NAMED, "rw,pagesize=2097152")], NAMED),
    ("the size in hex", [row(40, NAMED, "rw,pagesize=0x200000")], NAMED),
    ("no tags", [row(40, NAMED, tags="")], NAMED),
    ("several tags", [row(40, NAMED, tags="shared:1 master:2 propagate_from:3 unbindable ")], NAMED),
    ("no source", [row(40, NAMED).replace("hugetlbfs hugetlbfs", "hugetlbfs ")], NAMED),
    ("a source that looks like an end", [row(40, NAMED).replace("hugetlbfs hugetlbfs", "hugetlbfs -")], NAMED),
    ("a type that only begins so", [row(40, NAMED, kind="hugetlbfs2")], None),
    ("blanks", [row(40, "/mnt/huge\\040pages")], "/mnt/huge pages"),
    ("tab, line feed, backslash, hash", [row(40, "/mnt/a\\011b\\012c\\134d\\043")], "/mnt/a\tb\nc\\d#"),
    (
        "what Python takes for the end of a line",
        [row(40, "/mnt/a\rb\x0b\x0c\x1c\x85\u2028c")],
        "/mnt/a\rb\x0b\x0c\x1c\x85\u2028c",
    ),
    ("covered on its path", [OWN, row(50, NAMED, parent=40, kind="tmpfs")], None),
    ("covered by one of another size", [OWN, row(50, NAMED, "rw,pagesize=1G", parent=40)], None),
    ("covered by one of its kind", [OWN, row(50, NAMED, parent=40)], NAMED),
    ("covered above", [row(40, "/mnt/x/huge"), row(50, "/mnt/x", kind="tmpfs")], None),
    ("covered further above", [row(40, "/mnt/x/huge"), row(50, "/mnt", kind="tmpfs")], None),
    ("below a mount", [row(39, "/mnt", kind="tmpfs"), row(40, "/mnt/huge", parent=39)], "/mnt/huge"),
    (
        "below a mount that is covered",
        [row(39, "/mnt", kind="tmpfs"), row(40, "/mnt/huge", parent=39), row(50, "/mnt", parent=39, kind="tmpfs")],
        None,
    ),
    ("beside a mount", [row(40, "/mnt/huge"), row(50, "/mnt/hu", kind="tmpfs")], "/mnt/huge"),
    ("a parent that is not shown", [row(40, NAMED, parent=7)], NAMED),
    ("a circle of parents", [row(40, NAMED, parent=50), row(50, "/x", parent=40, kind="tmpfs")], NAMED),
    ("lines of another shape", ["", "junk", "1 2 3 - hugetlbfs", "40 25 0:40 / /x rw hugetlbfs x rw", OWN], NAMED),
]


@pytest.mark.parametrize(("lines", "path"), [item[1:] for item in TABLE], ids=[item[0] for item in TABLE])
def test_which_and_is_it_fit(lines, path):
    found = mounts.parse_mountinfo("\n".join([ROOT] + lines) + "\n")
    chosen = choice.choose(found, 2048, 1024, named=NAMED)
    assert (chosen and chosen.path) == path


BOTH = [row(41, "/mnt/a"), OWN, row(43, "/mnt/c")]


@pytest.mark.parametrize(
    ("earlier", "named", "path"),
    [
        (None, None, "/mnt/c"),
        (None, NAMED, NAMED),
        ("/mnt/a", NAMED, "/mnt/a"),  # a mount that comes along later moves no target
        ("/mnt/gone", NAMED, NAMED),
        ("/mnt/gone", "/mnt/gone", "/mnt/c"),
        (MERGED, NAMED, NAMED),
    ],
)
def test_the_order(earlier, named, path):
    found = mounts.parse_mountinfo("\n".join([ROOT] + BOTH + [row(44, MERGED)]))
    assert choice.choose(found, 2048, 1024, earlier, named).path == path


def test_a_choice_that_is_not_fit_any_more_is_none():
    found = mounts.parse_mountinfo("\n".join([ROOT, row(41, "/mnt/a", flags="ro"), OWN]))
    assert choice.choose(found, 2048, 1024, "/mnt/a").path == NAMED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (row(40, NAMED, flags="ro"), "it is mounted read-only"),
        (row(40, NAMED, "rw,pagesize=2M,size=1G"), "its option size allows 1024 MiB, and the target needs 2048 MiB"),
        (
            row(40, NAMED, "rw,pagesize=2M,nr_inodes=0"),
            "its option nr_inodes allows 0 files, and the target makes 1024",
        ),
        (row(40, NAMED, part="/x"), "it shows only the part /x of a hugetlbfs"),
    ],
)
def test_what_is_passed_over_is_said(line, words):
    found = mounts.parse_mountinfo("\n".join([ROOT, line, KUBELET]))
    assert choice.refusals(found, 2048, 1024) == ["the hugetlbfs on %s was passed over: %s" % (NAMED, words)]


PATHS = [
    ("/dev/hugepages2m", "/dev/hugepages2m"),
    ("/dev/hugepages2m/", "/dev/hugepages2m"),
    ("//dev//hugepages2m//", "/dev/hugepages2m"),
    ("/dev/./hugepages2m/.", "/dev/hugepages2m"),
    ("/dev/x/../hugepages2m", "/dev/hugepages2m"),
    ("/../dev/hugepages2m", "/dev/hugepages2m"),
    ("/huge", "/dev/hugepages2m"),
    ("/relative/pages", "/dev/hugepages2m"),
    ("/folder/hugepages2m", "/dev/hugepages2m"),
    ("/chain", "/dev/hugepages2m"),
    ("/circle/x", "/circle/x"),
    ("/not/there/../here", "/not/here"),
    ("/", "/"),
]


@pytest.mark.parametrize(("path", "kernel"), PATHS)
def test_a_path_is_taken_as_the_kernel_has_it(tmp_path, path, kernel):
    write(tmp_path, "dev/hugepages2m/x", "")
    write(tmp_path, "relative/x", "")
    for link, target in {
        "huge": "/dev/hugepages2m",
        "relative/pages": "../dev/hugepages2m",
        "folder": "dev",
        "chain": "huge/",
        "circle": "/circle",
    }.items():
        (tmp_path / link).symlink_to(target)
    assert paths.as_kernel(path, str(tmp_path)) == kernel


def test_where_we_have_mounts_of_our_own_the_host_s_count(tmp_path):
    """A session with private mounts sees what no target sees."""
    for pid, line in (("self", row(41, "/mnt/private")), ("1", OWN)):
        write(tmp_path, "proc/%s/mountinfo" % pid, ROOT + "\n" + line + "\n")
        (tmp_path / "proc" / pid / "ns").mkdir()
        (tmp_path / "proc" / pid / "ns/mnt").symlink_to("mnt:[%s]" % pid)
    assert [item.path for item in mounts.read_hugetlbfs(str(tmp_path))] == [NAMED]
    (tmp_path / "proc/1/ns/mnt").unlink()
    (tmp_path / "proc/1/ns/mnt").symlink_to("mnt:[self]")
    assert [item.path for item in mounts.read_hugetlbfs(str(tmp_path))] == ["/mnt/private"]


LINES = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from([ROOT, OWN, KUBELET]),
        st.builds(row, st.integers(0, 9), st.text(), parent=st.integers(0, 9)),
    )
)


@given(LINES)
def test_no_text_is_too_much(lines):
    for item in mounts.parse_mountinfo("\n".join(lines)):
        assert item.path.startswith("/")


def test_a_table_of_ten_megabytes_is_read_once():
    """Each mount lies on the one before, so that a walk for each of them would not end."""
    deep = [row(number, "/a/b/c/d/%d" % number, parent=number - 1) for number in range(26, 130000)]
    assert len(mounts.parse_mountinfo("\n".join([ROOT] + deep))) == 256
    assert mounts.parse_mountinfo(row(40, "/a" * 5000000)) == []

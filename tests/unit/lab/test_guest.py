"""The lab's VM: its first file system, its command line, and what its console tells."""

import gzip
import lzma
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.guest import cpio, files, vm


def entries(packed):
    """(name, mode, content) of each entry, read by the format's own rules."""
    data, found, at = gzip.decompress(packed), [], 0
    while at < len(data):
        assert data[at : at + 6] == b"070701"
        numbers = [int(data[at + 6 + 8 * field : at + 14 + 8 * field], 16) for field in range(13)]
        mode, size, length = numbers[1], numbers[6], numbers[11]
        name = data[at + 110 : at + 110 + length - 1].decode()
        start = (at + 110 + length + 3) & ~3
        found.append((name, mode, data[start : start + size]))
        at = (start + size + 3) & ~3
    return found


def test_the_archives_entries():
    found = entries(cpio.archive({"init": (b"abc", 0o755), "a/b": (b"", 0o644)}))
    assert found == [
        ("a", 0o040755, b""),
        ("a/b", 0o100644, b""),
        ("init", 0o100755, b"abc"),
        ("TRAILER!!!", 0, b""),
    ]


def unpacked(root: Path, modules=files.MODULES):
    """A folder with a busybox and those modules."""
    (root / "bin").mkdir(parents=True)
    (root / "bin/busybox").write_bytes(b"busybox")
    for module in modules:
        path = root / "lib/modules/6.1/kernel" / f"{module}.ko"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(module.encode())
    return root


def test_modules_come_in_the_order_that_the_kernel_takes_them(tmp_path):
    found = {name: content for name, _mode, content in entries(files.build(unpacked(tmp_path)))}
    assert found["modules/order"].decode().split() == [f"{module}.ko" for module in files.MODULES]
    assert found["init"] == files.INIT.read_bytes() and found["bin/busybox"] == b"busybox"


def test_a_module_that_is_built_in_is_not_loaded(tmp_path):
    found = {name: content for name, _mode, content in entries(files.build(unpacked(tmp_path, ["virtio_blk"])))}
    assert found["modules/order"] == b"virtio_blk.ko\n"


def test_a_module_that_is_packed_and_below_usr_is_unpacked(tmp_path):
    unpacked(tmp_path, [])
    path = tmp_path / "usr/lib/modules/6.12/kernel/virtio_blk.ko.xz"
    path.parent.mkdir(parents=True)
    path.write_bytes(lzma.compress(b"a module"))
    found = {name: content for name, _mode, content in entries(files.build(tmp_path))}
    assert found["modules/order"] == b"virtio_blk.ko\n" and found["modules/virtio_blk.ko"] == b"a module"


def test_without_busybox_there_is_no_guest(tmp_path):
    (tmp_path / "lib/modules").mkdir(parents=True)
    with pytest.raises(LabError, match="busybox"):
        files.build(tmp_path)


BOOT = "guest boot 0001\n"


def test_a_console():
    seen = vm.read(BOOT + "vda round 1\r\nvda round 2\r\nvdb round 1\nvda rou")
    assert (seen.boots, seen.rounds, seen.faults) == (["0001"], {"vda": 2, "vdb": 1}, [])


@pytest.mark.parametrize(
    "text, fault",
    [
        ("vda round 1\nvda round 3\n", "vda went from round 1 to round 3"),
        ("vda round 1\nvda round 1\n", "vda went from round 1 to round 1"),
        ("vda round 2\n", "vda went from round 0 to round 2"),
        ("vda MISMATCH round 7 is not on the disk\n", "vda MISMATCH round 7 is not on the disk"),
        ("vdb ERROR writing round 7\n", "vdb ERROR writing round 7"),
    ],
)
def test_faults(text, fault):
    assert vm.read(BOOT + text).faults == [fault]


def test_two_boots_are_seen():
    assert vm.read(BOOT + "vda round 1\nguest boot 0002\n").boots == ["0001", "0002"]


def test_the_command_line_names_the_sockets_as_a_chardev_that_reconnects():
    words = vm.command("web", ["/s/one", "/s/two"], 128)
    assert words[0] == "qemu-system-x86_64"
    assert "socket,id=chr0,path=/s/one,reconnect=1" in words and "socket,id=chr1,path=/s/two,reconnect=1" in words
    assert any("hugetlb=on" in word and "share=on" in word for word in words)


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "-a", "a" * 17, "a;b"])
def test_what_is_no_name_is_refused_before_anything_is_started(name):
    with pytest.raises(LabError, match="name"):
        vm.console(None, name)  # type: ignore[arg-type]

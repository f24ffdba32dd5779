"""The lab's VM: its first file system, its command line, and what its console tells."""

import gzip
import lzma
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from lab.errors import LabError
from lab.guest import cpio, domain, files, vm
from lab.settings import from_environment


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


def parsed(*sockets, **changes):
    """A domain, parsed."""
    return ElementTree.fromstring(domain.xml("web", sockets, "/var/log/a 'console'.log", 128, **changes))


def test_a_domain_is_named_after_its_uuid_as_the_managers_are():
    found = parsed("/s/one")
    assert found.findtext("name") == found.findtext("uuid").replace("-", "") == domain.name_of("web")
    assert domain.name_of("web") != domain.name_of("db")


def test_its_memory_is_as_the_manager_writes_it():
    found = parsed("/s/one")
    backing = {child.tag: child.attrib for child in found.find("memoryBacking")}
    assert backing == {
        "hugepages": {},
        "nosharepages": {},
        "allocation": {"mode": "immediate"},
        "access": {"mode": "shared"},
    }
    cells = found.findall("cpu/numa/cell")
    assert [(cell.get("memory"), cell.get("unit"), cell.get("memAccess")) for cell in cells] == [
        ("128", "MiB", "shared")
    ]


@pytest.mark.parametrize(("given", "looks"), [({}, ["10"]), ({"reconnect": 1}, ["1"]), ({"reconnect": 0}, [])])
def test_its_disks_look_for_a_lost_target(given, looks):
    disks = parsed("/s/one", "/s/two", **given).findall("devices/disk")
    assert [disk.get("type") for disk in disks] == ["vhostuser", "vhostuser"]
    assert [disk.find("source").get("path") for disk in disks] == ["/s/one", "/s/two"]
    assert [disk.find("target").get("dev") for disk in disks] == ["vda", "vdb"]
    assert [element.get("timeout") for element in disks[0].iter("reconnect")] == looks


def test_its_console_is_a_file():
    assert parsed("/s/one").find("devices/serial/source").get("path") == "/var/log/a 'console'.log"


def test_a_host_that_is_el_like_runs_no_vm():
    made = from_environment({"ZBS_LAB_FLAVOURS": "el"})
    with pytest.raises(LabError, match="EL-like"):
        vm.start(made, made.computes[0], "web", ["/s/one"])


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "-a", "a" * 17, "a;b"])
def test_what_is_no_name_is_refused_before_anything_is_started(name):
    with pytest.raises(LabError, match="name"):
        vm.console(None, name)  # type: ignore[arg-type]


def test_a_plugged_disk_looks_for_its_target_again():
    add, device = domain.plugging("/s/zbs-bdev-a", 3, 10)
    data = add["arguments"]["backend"]["data"]
    assert (data["addr"]["data"]["path"], data["server"], data["reconnect"]) == ("/s/zbs-bdev-a", False, 10)
    assert device["arguments"]["chardev"] == add["arguments"]["id"]
    assert domain.unplugging(3)["arguments"]["id"] == device["arguments"]["id"]
    assert "reconnect" not in domain.plugging("/s/zbs-bdev-a", 3, 0)[0]["arguments"]["backend"]["data"]


def test_what_the_monitor_refuses_is_told(monkeypatch):
    said = SimpleNamespace(out='{"error": {"desc": "Duplicate ID"}}')
    monkeypatch.setattr(vm.docker, "exec_in", lambda *_words, **_more: said)
    with pytest.raises(LabError, match="take a disk from the guest web on compute1: .*Duplicate ID"):
        vm.unplug(from_environment({}).computes[0], "web", 3)

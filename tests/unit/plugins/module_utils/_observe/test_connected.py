"""A process that has ended, or that nobody else knows, between two looks at /proc."""

import os

from ansible_collections.zstack.zbs.plugins.module_utils._observe import connected, qemu


def process(tmp_path, pid, inode):
    folder = tmp_path / "proc" / str(pid)
    (folder / "fd").mkdir(parents=True)
    os.symlink("socket:[%d]" % inode, str(folder / "fd" / "7"))
    return folder


def test_who_ended_meanwhile_hides_nobody(tmp_path, monkeypatch):
    process(tmp_path, 3, 30)
    folder = process(tmp_path, 4, 40)
    (folder / "cmdline").write_bytes(b"qemu-system-x86_64\0")
    (folder / "stat").write_text("4 (qemu) S 1 " + " ".join(["0"] * 17) + " 100 0")
    ends = {3: {7: 30}, 4: {7: 40}}
    monkeypatch.setattr(qemu, "sockets_held", lambda pid, _root: ends[pid])
    found = connected.find({30, 40}, {}, str(tmp_path))
    assert [vm.pid for vm, _sockets in found] == [4]

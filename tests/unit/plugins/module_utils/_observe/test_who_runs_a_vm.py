"""The kind "who runs a VM and what it needs": a case a line. Cases 19 and 21 came from the field."""

import errno
import json
import os
import shutil
import subprocess
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import connected, demand, qemu, qemu_file, qemu_words
from ansible_collections.zstack.zbs.plugins.module_utils._observe import process as observe_process
from ansible_collections.zstack.zbs.tests.unit.plugins.support.fake_host import CLOCK_TICK, write, write_process

FOLDER = "/var/zbsvhost/sockets"
ADMIN = FOLDER + "/admin.sock"
ONE, TWO = FOLDER + "/zbs-bdev-1", FOLDER + "/zbs-bdev-2"
DEVICE = ["-device", "vhost-user-blk-pci,chardev=c"]


def process(root, pid, *argv, program="/usr/bin/sleep", called=None, comm=None, sockets=(), more=(), state="S"):
    """A process with an executable file, the name it was called by, arguments, and descriptors {number: link}."""
    write_process(root, pid, name=comm or os.path.basename(program)[:15], state=state, started=100.0)
    write(root, "proc/%d/cmdline" % pid, "\0".join((called or program,) + argv) + "\0")
    os.symlink(program, root / "proc" / str(pid) / "exe")
    folder = root / "proc" / str(pid) / "fd"
    folder.mkdir()
    for number, link in enumerate(["socket:[%d]" % inode for inode in sockets] + list(more), 5):
        os.symlink(link, folder / str(number))


def look(root, peers=None, **more):
    """(pids of the VMs, {path's last part: how it is known}) of the host below `root`."""
    found = demand.collect(FOLDER, ADMIN, str(root), lambda: peers or {}, **more)
    return [vm["pid"] for vm in found["vms"]], {need["bdev"]: need["seen"] for need in found["needs"]}


@pytest.mark.parametrize(
    "program",
    [
        "/usr/bin/qemu-system-x86_64",
        "/usr/bin/qemu-system-aarch64",
        "/usr/libexec/qemu-kvm",
        "/usr/libexec/qemu-kvm (deleted)",
        "/usr/libexec/qemu-kvm-ev",
        "/usr/libexec/qemu-kvm-rhev (deleted)",
        "/usr/libexec/qemu-kvm-custom",
        "/usr/bin/kvm",
        "/usr/bin/kvm-spice",
        "/usr/bin/qemu-lite-system-x86_64",
        "/nix/store/x-qemu-9.1/bin/.qemu-system-x86_64-wrapped",
        "/opt/my tools/qemu-system-x86_64.real",
        "/usr/local/bin/qemu",
        "/opt/qemu-9.1.0",
        "/usr/bin/cloud-hypervisor",
        "/usr/bin/cloud-hypervisor-static",
        "/usr/bin/stratovirt",
    ],
)
def test_a_program_that_runs_a_vm_by_its_file(tmp_path, program):
    process(tmp_path, 3, program=program, called="vm-17")
    assert look(tmp_path)[0] == [3]


@pytest.mark.parametrize(
    "program",
    [
        "/usr/bin/qemu-img",
        "/usr/bin/qemu-io",
        "/usr/bin/qemu-nbd",
        "/usr/bin/qemu-storage-daemon",
        "/usr/bin/qemu-ga",
        "/usr/libexec/qemu-bridge-helper",
        "/usr/libexec/qemu-kvm-helper",
        "/usr/bin/qemu-x86_64",
        "/usr/bin/qemu-aarch64-static",
        "/usr/bin/kvm_stat",
        "/usr/bin/kvm-ok",
        "/usr/lib/systemd/qemu-systemd",
        "/usr/bin/grep",
    ],
)
def test_a_program_that_runs_none(tmp_path, program):
    process(tmp_path, 3, "-chardev", "socket,id=c,path=" + ONE, *DEVICE, program=program)
    assert look(tmp_path)[0] == []


@pytest.mark.parametrize(
    "name", ["kvm-spice", "qemu-lite-system-x86_64", ".qemu-system-x86_64-wrapped", "qemu-kvm-custom"]
)
def test_the_names_of_case_19(tmp_path, name):
    process(tmp_path, 3, "-chardev", "socket,id=c,path=" + ONE, *DEVICE, program="/usr/bin/" + name)
    assert look(tmp_path) == ([3], {"zbs-bdev-1": ["arguments"]})


def test_a_vm_by_what_it_holds(tmp_path):
    """Any program with a VM of KVM whose arguments speak of vhost-user; a shell around it has none."""
    words = ("-chardev", "socket,id=c,path=" + ONE, *DEVICE)
    process(tmp_path, 3, *words, program="/opt/vmm", more=["/dev/kvm", "anon_inode:kvm-vm"])
    process(tmp_path, 4, "-c", " ".join(words), program="/usr/bin/bash")
    process(tmp_path, 6, *words, program="/usr/bin/sudo")
    process(tmp_path, 8, program="/opt/vmm", more=["anon_inode:kvm-vm"])
    assert look(tmp_path) == ([3], {"zbs-bdev-1": ["arguments"]})


def test_a_vm_by_its_connections(tmp_path):
    process(tmp_path, 3, program="/usr/bin/firecracker", sockets=[77])
    process(tmp_path, 4, program="/usr/bin/firecracker", sockets=[77])  # its child, which was left with the parent's
    process(tmp_path, 9, program="/usr/bin/qemu-kvm", sockets=[79])
    process(tmp_path, 11, program="/usr/sbin/sshd", sockets=[80])
    peers = {77: ONE, 79: TWO, 80: "/run/other", 81: ADMIN}
    assert look(tmp_path, peers) == ([9, 3], {"zbs-bdev-1": ["connection"], "zbs-bdev-2": ["connection"]})


def test_no_name_and_a_connection_is_looked_for_only_where_somebody_is_connected(tmp_path, monkeypatch):
    monkeypatch.setattr(connected, "find", lambda *_arguments: pytest.fail("every process was looked into"))
    process(tmp_path, 3, program="/usr/bin/qemu-kvm", sockets=[77])
    process(tmp_path, 4, program="/usr/bin/bash")
    assert look(tmp_path, {77: ONE, 80: "/run/other"}) == ([3], {"zbs-bdev-1": ["connection"]})


def test_somebody_is_connected_and_no_name_is_a_vms(tmp_path):
    process(tmp_path, 3, program="/usr/bin/firecracker", sockets=[77])
    assert look(tmp_path, {77: ONE}) == ([], {})
    assert look(tmp_path, {77: ONE}, ask=True) == ([3], {"zbs-bdev-1": ["connection"]})


@pytest.mark.parametrize("started, released, pids", [(100, False, [3]), (99, False, []), (100, True, [])])
def test_whom_the_ledger_remembers(tmp_path, started, released, pids):
    """The target is gone and with it the connections: the process that had them is a VM for all that."""
    process(tmp_path, 3, program="/usr/bin/firecracker")
    vm = {"pid": 3, "started_ticks": started * CLOCK_TICK, "name": "web", "uuid": None}
    disks = {"zbs-bdev-1": {"socket": ONE, "vm": vm, "target": {}, "released": released}}
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict, disks)
    assert [vm["pid"] for vm in found["vms"]] == pids
    assert [vm["name"] for vm in found["vms"]] == ["web"] * len(pids)


def test_a_socket_that_was_handed_over(tmp_path):
    process(tmp_path, 3, "-chardev", "socket,id=c,fd=5", *DEVICE, program="/usr/bin/kvm", sockets=[77])
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), lambda: {77: ONE})
    assert [(need["socket"], need["seen"], need["reconnect"]) for need in found["needs"]] == [(ONE, ["connection"], 0)]


def test_a_network_card_is_no_disk_although_it_is_connected(tmp_path):
    words = ["-chardev", "socket,id=n,path=" + ONE, "-netdev", "vhost-user,id=v,chardev=n"]
    process(tmp_path, 3, *words, program="/usr/bin/kvm", sockets=[77, 78])
    assert look(tmp_path, {77: ONE, 78: TWO}) == ([3], {"zbs-bdev-2": ["connection"]})


def test_a_folder_by_another_name(tmp_path):
    (tmp_path / "real").mkdir()
    os.symlink("real", tmp_path / "linked")
    os.symlink(tmp_path / "real" / "zbs-bdev-1", tmp_path / "disk0")
    named = "socket,id=c,reconnect=1,path="
    for folder in ("real", "linked"):
        for path in ("real/zbs-bdev-1", "linked/zbs-bdev-1", "disk0"):
            disks = qemu_words.sockets(["-chardev", named + str(tmp_path / path)], str(tmp_path / folder))[0]
            assert disks == {str(tmp_path / folder / "zbs-bdev-1"): 1}
    # the kernel has the name by which the target made it
    process(tmp_path, 3, program="/usr/bin/kvm", sockets=[77])
    peers = {77: str(tmp_path / "real/zbs-bdev-1")}
    found = demand.collect(str(tmp_path / "linked"), str(tmp_path / "linked/admin.sock"), str(tmp_path), lambda: peers)
    assert [need["socket"] for need in found["needs"]] == [str(tmp_path / "linked/zbs-bdev-1")]


CONFIG = '# qemu config file\n[chardev "c"]\n  backend = "socket"\n  path = "%s"\n  reconnect = "10"\n[device "d"]\n  driver = "%s"\n  chardev = "c"\n'


@pytest.mark.parametrize(
    "path, text, disks",
    [
        ("/etc/vm.cfg", CONFIG % (ONE, "vhost-user-blk-pci"), {"zbs-bdev-1": ["arguments"]}),
        ("vm.cfg", CONFIG % (ONE, "vhost-user-blk-pci"), {"zbs-bdev-1": ["arguments"]}),
        ("/etc/vm.cfg", CONFIG % (ONE, "vhost-user-fs-pci"), {}),
        ("/etc/vm.cfg", "[[\x00=\n]=", {}),
        ("/etc/none.cfg", None, {}),
    ],
)
def test_a_file_of_arguments(tmp_path, path, text, disks):
    process(tmp_path, 3, "-readconfig", path, program="/usr/bin/kvm")
    os.symlink(tmp_path / "inside", tmp_path / "proc/3/root")
    os.symlink(tmp_path / "inside", tmp_path / "proc/3/cwd")
    if text is not None:
        write(tmp_path, "inside/" + path.lstrip("/"), text)
    assert look(tmp_path) == ([3], disks)


def test_a_pipe_is_not_read_for_arguments(tmp_path):
    process(tmp_path, 3)
    (tmp_path / "inside").mkdir()
    os.symlink(tmp_path / "inside", tmp_path / "proc/3/root")
    os.mkfifo(tmp_path / "inside/fifo")
    assert qemu_file.read(3, "/fifo", str(tmp_path)) is None


def test_a_name_that_is_no_utf_8(tmp_path):
    """Case 21: ansible-core refuses an answer with half a character in it."""
    process(tmp_path, 3, program="/usr/libexec/qemu-kvm")
    raw = (
        b"/usr/libexec/qemu-kvm\0-name\0guest=caf\xe9,debug-threads=on\0-uuid\0aa\0-chardev\0socket,path=%s/\xff\0"
        % FOLDER.encode()
    )
    (tmp_path / "proc/3/cmdline").write_bytes(raw)
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert found["vms"][0]["name"] == "caf�"
    assert found["needs"][0]["bdev"] == "�"
    json.dumps(found, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    "file, error, unseen",
    [
        ("cmdline", PermissionError(errno.EACCES, "Permission denied"), True),
        ("cmdline", PermissionError(errno.EPERM, "Operation not permitted"), True),
        ("cmdline", ProcessLookupError(errno.ESRCH, "No such process"), False),
        ("cmdline", FileNotFoundError(errno.ENOENT, "No such file or directory"), False),
        ("stat", ProcessLookupError(errno.ESRCH, "No such process"), False),
        ("stat", PermissionError(errno.EACCES, "Permission denied"), True),
    ],
)
def test_one_that_can_not_be_read_hides_nobody(tmp_path, monkeypatch, file, error, unseen):
    for pid in (3, 4, 5):
        process(tmp_path, pid, program="/usr/bin/qemu-kvm")
    opened = open

    def refusing(path, *arguments, **more):
        if str(path).endswith("proc/4/" + file):
            raise error
        return opened(path, *arguments, **more)

    for reader in (qemu, observe_process):
        monkeypatch.setattr(reader, "open", refusing, raising=False)
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert {3, 5} <= {vm["pid"] for vm in found["vms"]}
    assert bool(found["unseen"]) is unseen and found["connections_known"] is not unseen
    if unseen:
        assert found["unseen"] == [
            "VMs or disks may be missing from what is known of this host, since process 4 (%s) can't be examined"
            % error.strerror
        ]


def test_of_a_vm_whose_arguments_are_refused_the_rest_is_known(tmp_path, monkeypatch):
    process(tmp_path, 4, program="/usr/bin/qemu-kvm", sockets=[77])
    (tmp_path / "proc/4/cmdline").unlink()
    (tmp_path / "proc/4/cmdline").mkdir()  # IsADirectoryError
    assert look(tmp_path, {77: ONE}) == ([4], {"zbs-bdev-1": ["connection"]})


def test_another_program_whose_arguments_are_refused_is_no_gap(tmp_path):
    process(tmp_path, 4, program="/usr/bin/bash")
    (tmp_path / "proc/4/cmdline").unlink()
    (tmp_path / "proc/4/cmdline").mkdir()
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert (found["vms"], found["unseen"]) == ([], [])


@pytest.mark.parametrize(
    "mounts, hidden",
    [
        ("proc /proc proc rw,nosuid,hidepid=2 0 0\n", True),
        ("proc /proc proc rw,hidepid=invisible,gid=4 0 0\n", True),
        ("proc /proc proc rw,hidepid=0 0 0\n", False),
        ("proc /proc proc rw,hidepid=off 0 0\n", False),
        ("proc /proc proc rw 0 0\nproc /srv/proc proc rw,hidepid=2 0 0\nodd\n", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("user", [0, 1000])
def test_a_proc_that_hides_others_from_a_user_who_is_not_root(tmp_path, monkeypatch, mounts, hidden, user):
    process(tmp_path, 3, program="/usr/bin/qemu-kvm")
    if mounts:
        write(tmp_path, "proc/self/mounts", mounts)
    monkeypatch.setattr(demand.os, "geteuid", lambda: user)
    found = demand.collect(FOLDER, ADMIN, str(tmp_path), dict)
    assert any("hidepid" in sentence for sentence in found["unseen"]) is (hidden and user != 0)
    assert found["connections_known"] is not (hidden and user != 0) and len(found["vms"]) == 1


@pytest.mark.parametrize("state", ["Z", "X"])
def test_what_has_ended_is_no_vm(tmp_path, state):
    process(tmp_path, 3, program="/usr/bin/qemu-kvm", state=state)
    assert look(tmp_path) == ([], {})


def test_a_stat_that_is_none_is_said(tmp_path):
    process(tmp_path, 3, program="/usr/bin/qemu-kvm")
    (tmp_path / "proc/3/stat").write_text("")
    assert "process 3 (its stat is none)" in demand.collect(FOLDER, ADMIN, str(tmp_path), dict)["unseen"][0]


def test_the_kernels_own_word_on_a_program_that_was_upgraded(tmp_path):
    """It calls itself something else, and its file is another one by now."""
    program = str(tmp_path / "qemu-kvm")
    shutil.copy(shutil.which("sleep"), program)
    with subprocess.Popen(["vm-17", "60"], executable=program) as child:
        try:
            os.unlink(program)
            deadline = time.monotonic() + 20
            while child.pid not in [vm.pid for vm in qemu.Look().vms] and time.monotonic() < deadline:
                time.sleep(0.02)  # between fork and exec it is no qemu-kvm yet
            assert child.pid in [vm.pid for vm in qemu.Look().vms]
        finally:
            child.kill()


@pytest.mark.parametrize(
    "reconnects, words",
    [
        ([10, None], None),
        (
            [0, 10],
            "1 disk of running VMs is without reconnect, so after an outage only a restart of the VM brings back: zbs-0 of VM web",
        ),
        (
            [0] * 5,
            "5 disks of running VMs are without reconnect, so after an outage only a restart of the VM brings back: zbs-0 of VM web, "
            "zbs-1 of VM web, zbs-2 of VM web and 2 more",
        ),
    ],
)
def test_a_disk_that_does_not_come_back_is_named(reconnects, words):
    needs = [
        {"bdev": "zbs-%d" % number, "vm": {"name": "web"}, "reconnect": again}
        for number, again in enumerate(reconnects)
    ]
    assert demand.stays_lost(needs) == words

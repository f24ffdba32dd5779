"""What a compute host tells before a deploy: who is bound to which CPU, and whether a registry answers."""

import fcntl
import json
import os
import struct
import subprocess
import sys

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import registry
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import host as preflight_host
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, peer, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files


def process(root, pid, cpus, parent=1, command="qemu", threads=()):
    """A /proc/PID whose threads may run on the CPUs of each list."""
    fake_host.write(root, "proc/%d/stat" % pid, "%d (a) b) S %d 0 0" % (pid, parent))
    fake_host.write(root, "proc/%d/comm" % pid, command + "\n")
    fake_host.write(root, "proc/%d/cmdline" % pid, command and command + "\0-x")
    for number, allowed in enumerate((cpus,) + tuple(threads)):
        status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t%s\n" % allowed
        fake_host.write(root, "proc/%d/task/%d/status" % (pid, pid + number), status)


@pytest.fixture
def host(tmp_path):
    fake_host.write(tmp_path, "sys/devices/system/cpu/online", "0-7\n")
    return tmp_path


def bound(root, cpus, own=(), seconds=20.0):
    return preflight_host.bound_processes(cpus, set(own), Deadline(seconds), str(root))


def test_who_is_bound_to_a_cpu(host):
    process(host, 10, "0-7")  # everywhere is nowhere in particular
    process(host, 11, "0-7", threads=("4", "6-7"), command="qemu-kvm")
    process(host, 12, "4", command="")  # a kernel thread
    process(host, 13, "1")
    assert bound(host, [4, 5, 6]) == ([(4, "process 11 (qemu-kvm)"), (6, "process 11 (qemu-kvm)")], False)
    assert bound(host, [4, 5, 6], own=[11]) == ([], False)
    assert bound(host, [2]) == ([], False)


def test_a_deadline_that_is_spent_is_told(host):
    process(host, 11, "4")
    assert bound(host, [4], seconds=0) == ([], True)


def test_the_family_of_a_target(host):
    for pid, parent in ((20, 1), (21, 20), (22, 21), (23, 1)):
        process(host, pid, "0-7", parent)
    assert preflight_host.family(20, str(host)) == {20, 21, 22}
    assert preflight_host.family(None, str(host)) == set()


HOLD = """
import fcntl, os, struct, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(handle, fcntl.LOCK_EX)
os.write(handle, struct.pack("i", os.getpid()))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_core_is_claimed_while_its_holder_lives(tmp_path):
    folder = tmp_path / "var" / "tmp"
    folder.mkdir(parents=True)
    path = folder / "spdk_cpu_lock_004"
    (folder / "spdk_cpu_lock_005").write_bytes(struct.pack("i", 1))  # left behind: a file is no claim
    arguments = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        found = preflight_host.claimed_cores([4, 5, 6], set(), str(tmp_path))
        assert list(found) == [4] and "process %d" % holder.pid in found[4]
        assert preflight_host.claimed_cores([4], {holder.pid}, str(tmp_path)) == {}
        holder.stdin.close()
        holder.wait(20)
    assert preflight_host.claimed_cores([4], set(), str(tmp_path)) == {}
    handle = os.open(path, os.O_RDWR)
    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # asking took no lock
    os.close(handle)


def test_a_registry_whose_name_does_not_resolve():
    found, sentence = preflight_host.ask_registry("registry.invalid:5000/a", Deadline(20))
    assert not found and "registry.invalid:5000" in sentence


def test_a_registry_that_answers_without_tls_is_one(monkeypatch):
    asked = []

    def ask(name, insecure, _deadline):
        asked.append((name, insecure))
        return registry.Answer("answers", "the registry r:5000 answers over http", "http", 401)

    monkeypatch.setattr(registry, "ask", ask)
    assert preflight_host.ask_registry("r:5000/zbs/vhost:1", Deadline(20)) == (
        True,
        "the registry r:5000 answers over http",
    )
    assert asked == [("r:5000", True)]


@pytest.mark.parametrize(
    "body, expected",
    [
        (programs.answering('[{"Config": {"Labels": {"version": "1.6"}}}]'), (True, {"version": "1.6"})),
        (programs.answering('[{"Config": {"Labels": null}}]'), (True, {})),
        (programs.answering("junk"), (True, {})),
        (programs.answering("[]", "Error response from daemon: No such image: a", 1), (False, {})),
        (programs.answering("", "Cannot connect to the Docker daemon", 1), (None, {})),
        ("exec sleep 100", (None, {})),
    ],
)
def test_looking_for_an_image(tmp_path, monkeypatch, body, expected):
    programs.write_program(tmp_path, "docker", body)
    monkeypatch.setenv("PATH", programs.path_with(tmp_path))
    seconds = 0.5 if "sleep" in body else 20
    assert preflight_host.look_for_image("a", Deadline(seconds)) == expected


def test_no_docker_to_look_for_an_image(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs.path_without(tmp_path))
    assert preflight_host.look_for_image("a", Deadline(20)) == (None, {})


def test_what_goes_or_tells_nothing_meanwhile_is_passed_over(host):
    process(host, 11, "4")
    fake_host.write(host, "proc/12/cmdline", "gone\0")  # its tasks went before they were listed
    fake_host.write(host, "proc/12/stat", "12 (x)")
    process(host, 13, "4")
    (host / "proc/13/task/13/status").write_text("Name:\tx\n")
    assert bound(host, [4]) == ([(4, "process 11 (qemu)")], False)
    assert preflight_host.family(11, str(host)) == {11}


def test_a_family_that_is_a_circle_ends(host):
    """Process ids are given again: a table that was read bit by bit may show a child above its parent."""
    process(host, 20, "0-7", 21)
    process(host, 21, "0-7", 20)
    assert preflight_host.family(20, str(host)) == {20, 21}


@pytest.mark.parametrize(
    "behave", [peer.sends(peer.answer(1, error={"code": -1})), peer.sends(lambda _request: b"junk")]
)
def test_the_owner_is_the_sockets_or_else_docker_knows(tmp_path, monkeypatch, behave):
    programs.write_program(
        tmp_path, "docker", programs.answering(json.dumps([target.container("running", "/s", 4711)]))
    )
    monkeypatch.setenv("PATH", programs.path_with(tmp_path))
    with peer.short_folder() as folder:
        assert preflight_host.owner("x", folder + "/a.sock", Deadline(20)) == 4711
        with peer.Peer(folder + "/a.sock", behave):
            found = preflight_host.owner("x", folder + "/a.sock", Deadline(20))
    assert found in (os.getpid(), 4711)


def test_a_file_system_that_knows_no_locks_claims_no_core(tmp_path, monkeypatch):
    fake_host.write(tmp_path, "var/tmp/spdk_cpu_lock_004", "")

    def refuse(*_arguments):
        raise OSError("no locks available")

    monkeypatch.setattr(preflight_host.fcntl, "fcntl", refuse)
    before = open_files()
    assert preflight_host.claimed_cores([4], set(), str(tmp_path)) == {}
    assert open_files() <= before

"""state=absent: what nobody uses is given back, what is in use stays and is told."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import asking, boot_units, own_mounts
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import prepare
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host, programs, target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of
from ansible_collections.zstack.zbs.tests.unit.plugins.support.prepare_site import NAME, Site, pool

UNMOUNT = "unmount /dev/hugepages2m"


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def absent(host, **more):
    return host.four(state="absent", **more)


def test_what_was_brought_is_taken_back(host):
    host.run()
    result = absent(host)
    assert result["actions"] == [UNMOUNT, "give back 100 pages of 2048 KiB"]
    assert (result["ready"], result["kept"], result["docker"]) == (True, [], None)
    assert result["hugepages"]["after"] == pool(0, 0)
    assert result["hugetlbfs"] == {"dir": None, "mounted_by_us": False}
    assert result["hugepages"]["nodes"][0]["came"] == -100
    assert result["diff"]["after"]["hugetlbfs"] is None


def test_some_stay_free(host):
    host.kernel.set(500, 300, reserved=50)
    assert absent(host, keep_free=128)["hugepages"]["after"] == pool(378, 178, 50)
    assert host.kernel.surplus() == 0


@pytest.mark.parametrize("total, free, reserved", [(100, 0, 0), (100, 50, 50), (100, 20, 30), (0, 0, 0)])
def test_pages_in_use_or_promised_stay(host, total, free, reserved):
    host.kernel.set(total, free, reserved)
    assert not absent(host)["changed"]
    assert host.kernel.writes == []


def test_surplus_pages_of_others_stay_surplus(host):
    host.kernel.set(100, 60)
    host.kernel.nodes[0].surplus = 30
    host.kernel.set(100, 60)
    absent(host)
    assert (host.kernel.total(), host.kernel.free(), host.kernel.surplus()) == (70, 30, 30)


def test_pages_that_somebody_takes_meanwhile_stay_in_the_pool(host):
    """The kernel would make them surplus, to be lost when they are let go of: they are put back into the pool."""
    host.kernel.set(100, 60)
    kernel = host.kernel
    real = kernel._resize

    def resize(nodes, count):
        if len(kernel.writes) == 1:
            kernel.nodes[0].free -= 25  # right before the kernel does it
        real(nodes, count)

    host.monkeypatch.setattr(kernel, "_resize", resize)
    result = host.run(state="absent")
    assert (kernel.total(), kernel.free(), kernel.surplus()) == (65, 0, 0)
    assert result["actions"] == ["give back 35 pages of 2048 KiB"]


def test_only_the_named_nodes_give_back(host):
    kernel = host.boot(nodes=4, total=100)
    for node in (1, 2, 3):
        kernel.set(100, 80, node=node)
    result = absent(host, numa={1: 0, 3: 0}, keep_free=10)
    assert [node.total for node in kernel.nodes] == [100, 30, 100, 30]
    assert [node["came"] for node in result["hugepages"]["nodes"]] == [0, -70, 0, -70]
    assert kernel.surplus() == 0


def test_a_node_gives_no_promised_page(host):
    kernel = host.boot(nodes=2, total=100)
    kernel.set(100, 100, reserved=150, node=1)
    absent(host, numa=1)
    assert [node.total for node in kernel.nodes] == [100, 50] and kernel.surplus() == 0


@pytest.mark.parametrize("nodes", [2, 4])
def test_the_whole_machine_with_several_nodes(host, nodes):
    kernel = host.boot(nodes=nodes, total=100)
    kernel.set(50, 20, node=1)
    predicted, done = host.run(True, state="absent"), host.run(state="absent")
    assert predicted["hugepages"]["after"] == done["hugepages"]["after"] == pool(30, 0)
    assert predicted["actions"] == done["actions"] and not host.run(state="absent")["changed"]


def test_somebody_else_s_mount_stays(host):
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    host.run()
    result = absent(host)
    assert result["actions"] == ["give back 100 pages of 2048 KiB"] and result["kept"] == []
    assert result["hugetlbfs"] == {"dir": "/dev/hugepages2m", "mounted_by_us": False}


def test_a_mount_of_another_boot_on_the_same_path_is_not_ours(host):
    host.run()
    fake_host.write(host.root, "proc/sys/kernel/random/boot_id", "another\n")
    assert UNMOUNT not in absent(host)["actions"]


def test_a_broken_note_makes_no_mount_ours(host):
    for text in ("", "{", "[]", '{"version": 2, "mounts": []}', '{"version": 1, "mounts": {}}'):
        host.run()
        fake_host.write(host.root, "var/lib/zbs-vhost/mounts.json", text)
        assert UNMOUNT not in host.run(state="absent")["actions"]


def test_the_mount_of_our_unit_is_ours(host):
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    (host.root / "dev/hugepages2m").mkdir(parents=True)
    unit = boot_units.mount("/dev/hugepages2m", "2M")
    fake_host.write(host.root, "etc/systemd/system/dev-hugepages2m.mount", unit)
    assert host.run()["hugetlbfs"]["mounted_by_us"] is True
    assert UNMOUNT in absent(host)["actions"]


def test_a_mount_that_is_in_use_stays_and_is_still_known_when_its_unit_is_gone(host):
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    unit = fake_host.write(host.root, "etc/systemd/system/dev-hugepages2m.mount", boot_units.mount("/dev/x", "2M"))
    in_use = fake_host.write(host.root, "dev/hugepages2m/guest.1", "")
    result = absent(host)
    assert result["kept"] == [{"what": "hugetlbfs", "detail": "/dev/hugepages2m stays mounted: it holds 1 file"}]
    assert result["ready"] is True
    unit.unlink()
    in_use.unlink()
    assert UNMOUNT in absent(host)["actions"]


@pytest.mark.parametrize(
    "inspect, words",
    [
        (target.container("running", "/s", 4711), "the container zbsvhost-h exists (running)"),
        (target.container("exited", "/s", 0), "the container zbsvhost-h exists (exited)"),
    ],
)
def test_the_mount_of_a_container_stays(host, inspect, words):
    host.run()
    host.docker(inspect)
    result = absent(host)
    assert words in result["kept"][0]["detail"] and UNMOUNT not in result["actions"]
    host.docker()
    assert UNMOUNT in absent(host)["actions"]


def test_an_engine_that_cannot_tell_lets_the_mount_stay(host):
    host.run()
    programs.write_program(
        host.folder / "bin", "docker", programs.answering("", "Cannot connect to the Docker daemon", 1)
    )
    result = absent(host)
    assert "it is not known whether the container zbsvhost-h exists" in result["kept"][0]["detail"]


def test_a_mount_that_is_busy_stays_and_is_no_failure(host):
    host.run()
    programs.write_program(host.folder / "bin", "umount", programs.answering(err="umount: target is busy.", rc=32))
    result = host.run(state="absent")
    assert "target is busy" in result["kept"][0]["detail"] and result["ready"]
    assert result["hugetlbfs"]["mounted_by_us"] is True


def test_an_unmount_that_fails_is_a_failure(host):
    host.run()
    programs.write_program(host.folder / "bin", "umount", programs.answering(err="umount: no permission", rc=32))
    failure, _result = failure_of(NAME, dict(host.options, state="absent"))
    assert "not everything could be taken back: hugetlbfs: /dev/hugepages2m can't be unmounted" in failure["message"]


def test_a_read_only_sysfs_is_a_failure(host):
    def fail(path, value):
        raise ZbsError("%s can't be set to %s (it is read-only)" % (path, value), "unwritable")

    host.kernel.set(10, 10)
    host.monkeypatch.setattr(asking, "write", fail)
    failure, _result = failure_of(NAME, dict(host.options, state="absent"))
    assert "can't be set to 0 (it is read-only)" in failure["message"]


def test_pages_ignored_is_nothing_to_do(host):
    host.run()
    assert not host.run(state="absent", hugepages="ignore")["changed"]


def test_a_mount_of_our_unit_is_still_ours_when_the_unit_is_taken_away(host):
    (host.root / "dev/hugepages2m").mkdir(parents=True)
    fake_host.write(host.root, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    text = boot_units.mount("/dev/hugepages2m", "2M")
    unit = fake_host.write(host.root, "etc/systemd/system/dev-hugepages2m.mount", text)
    host.run(True)
    assert not (host.root / "var/lib/zbs-vhost").exists()
    host.run()
    unit.unlink()
    assert UNMOUNT in absent(host)["actions"]


def test_what_is_noted_of_other_mounts_stays(host):
    host.run()
    notes = host.root / "var/lib/zbs-vhost/mounts.json"
    data = json.loads(notes.read_text())
    other = {"dir": "/mnt/giga", "device": "0:77", "boot_id": "0b7d"}
    notes.write_text(json.dumps(dict(data, mounts=data["mounts"] + [other])))
    host.run(state="absent")
    assert json.loads(notes.read_text())["mounts"] == [other]


def test_notes_that_can_not_be_written_are_a_warning(host):
    """The mount is gone all the same; what stays in the notes is of a mount that is not there any more."""
    host.run()

    def fail(*_arguments):
        raise ZbsError("mounts.json can't be written (No space left on device)", "mounts_file")

    host.monkeypatch.setattr(own_mounts, "forget", fail)
    result = host.run(state="absent")
    assert UNMOUNT in result["actions"] and "No space left on device" in result["warnings"][0]


def test_a_lock_that_is_held_is_what_stays(host):
    host.run()

    def held(_root):
        raise ZbsError("another prepare is under way", "locked")

    host.monkeypatch.setattr(prepare, "hold_lock", held)
    failure, _result = failure_of(NAME, dict(host.options, state="absent"))
    assert "another prepare is under way" in failure["message"]
    assert host.kernel.total() == 100

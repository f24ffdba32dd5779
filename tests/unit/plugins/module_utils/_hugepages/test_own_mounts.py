"""Which mounts are ours: only what is known for certain."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import mounts, own_mounts
from ansible_collections.zstack.zbs.tests.unit.plugins.support import fake_host


@pytest.fixture
def host(tmp_path):
    fake_host.write(tmp_path, "proc/sys/kernel/random/boot_id", "0b7d\n")
    return tmp_path


@pytest.fixture
def mount(host):
    fake_host.write(host, "proc/self/mountinfo", fake_host.MOUNT_2M + "\n")
    return mounts.read_hugetlbfs(str(host))[0]


def test_one_that_was_noted_until_it_is_struck_out(host, mount):
    assert not own_mounts.is_ours(mount, str(host))
    own_mounts.note(mount, str(host))
    own_mounts.note(mount, str(host))
    assert own_mounts.is_ours(mount, str(host))
    assert len(json.loads((host / own_mounts.PATH).read_text())["mounts"]) == 1
    own_mounts.forget(mount.path, str(host))
    assert not own_mounts.is_ours(mount, str(host))


def test_forgetting_what_was_never_noted_writes_nothing(host):
    own_mounts.forget("/dev/other", str(host))
    assert not (host / own_mounts.PATH).exists()


def test_after_a_boot_the_same_path_may_be_somebody_elses(host, mount):
    own_mounts.note(mount, str(host))
    fake_host.write(host, "proc/sys/kernel/random/boot_id", "another\n")
    assert not own_mounts.is_ours(mount, str(host))


def test_where_the_boot_can_not_be_told_nothing_is_ours(host, mount):
    (host / "proc/sys/kernel/random/boot_id").unlink()
    own_mounts.note(mount, str(host))
    assert not own_mounts.is_ours(mount, str(host))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2, "mounts": [%s]}', '{"version": 1, "mounts": "x"}', "[" * 100000]
)
def test_a_file_that_is_not_understood_makes_nothing_ours(host, mount, text):
    own_mounts.note(mount, str(host))
    entry = json.dumps(json.loads((host / own_mounts.PATH).read_text())["mounts"][0])
    (host / own_mounts.PATH).write_text(text.replace("%s", entry))
    assert not own_mounts.is_ours(mount, str(host))


def test_when_it_was_made(host, mount):
    assert own_mounts.made_at(mount, str(host)) is None
    own_mounts.note(mount, str(host), 12.5)
    assert own_mounts.made_at(mount, str(host)) == 12.5 and own_mounts.is_ours(mount, str(host))
    own_mounts.note(mount, str(host))
    assert own_mounts.made_at(mount, str(host)) is None and own_mounts.is_ours(mount, str(host))


def test_a_choice_outlives_a_boot_and_what_is_noted_beside_it(host, mount):
    own_mounts.note_choice(2048, "/mnt/a", str(host))
    own_mounts.note_choice(1048576, "/mnt/giga", str(host))
    own_mounts.note(mount, str(host))
    fake_host.write(host, "proc/sys/kernel/random/boot_id", "another\n")
    assert own_mounts.chosen(2048, str(host)) == "/mnt/a"
    own_mounts.note_choice(2048, None, str(host))
    own_mounts.note_choice(2048, None, str(host))
    assert own_mounts.chosen(2048, str(host)) is None and own_mounts.chosen(1048576, str(host)) == "/mnt/giga"


@pytest.mark.parametrize("choice", ["[]", "7", '{"2048": 7}', '{"2048": null}'])
def test_a_choice_of_another_shape_is_none(host, choice):
    fake_host.write(host, own_mounts.PATH, '{"version": 1, "mounts": [], "chosen": %s}' % choice)
    assert own_mounts.chosen(2048, str(host)) is None


@pytest.mark.parametrize(("text", "seconds"), [("12.50 3.00\n", 12.5), ("", None), ("x\n", None), (None, None)])
def test_how_long_the_host_is_up(host, text, seconds):
    if text is not None:
        fake_host.write(host, "proc/uptime", text)
    assert own_mounts.uptime(str(host)) == seconds

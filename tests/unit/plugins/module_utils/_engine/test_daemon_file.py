"""daemon.json on disk: read, kept, replaced whole, and which content an engine was started with."""

import os
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import daemon_file
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "docker" / "daemon.json")


def put(path, text, changed=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)
    if changed is not None:
        os.utime(path, (changed, changed))


def names(path):
    return sorted(os.listdir(os.path.dirname(path)))


def test_no_file_is_empty(path):
    assert daemon_file.read(path) == ""


@pytest.mark.parametrize("content", [b"\xff\xfe{}", None])
def test_what_can_t_be_read_is_said(path, content):
    if content is None:
        os.makedirs(path)
    else:
        put(path, "")
        with open(path, "wb") as handle:
            handle.write(content)
    with pytest.raises(ZbsError) as caught:
        daemon_file.read(path)
    assert caught.value.code == "daemon_json" and path in caught.value.message


def test_a_byte_order_mark_is_no_content(path):
    put(path, "\ufeff{}")
    assert daemon_file.read(path) == "{}"


def test_a_first_file_has_no_backup(path):
    assert daemon_file.replace(path, daemon_file.prepare(path, "{}\n")) is None
    assert names(path) == ["daemon.json"] and daemon_file.read(path) == "{}\n"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


def test_the_old_file_is_kept_with_its_date_and_the_new_one_gets_its_mode(path):
    put(path, "old", 1000)
    os.chmod(path, 0o640)
    kept = [daemon_file.replace(path, daemon_file.prepare(path, text), clock=lambda: 0) for text in ("new", "newer")]
    assert len(set(kept)) == 2 and all(name.endswith("~") for name in kept)
    assert daemon_file.read(kept[0]) == "old" and os.stat(kept[0]).st_mtime == 1000
    assert daemon_file.read(kept[1]) == "new" and daemon_file.read(path) == "newer"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    assert len(names(path)) == 3


def test_without_a_backup(path):
    put(path, "old")
    assert daemon_file.replace(path, daemon_file.prepare(path, "new"), backup=False) is None
    assert names(path) == ["daemon.json"]


def test_a_link_stays_a_link(path, tmp_path):
    real = str(tmp_path / "real.json")
    put(real, "old")
    os.makedirs(os.path.dirname(path))
    os.symlink(real, path)
    daemon_file.replace(path, daemon_file.prepare(path, "new"))
    assert os.path.islink(path) and daemon_file.read(real) == "new"


def test_a_folder_that_can_t_be_made(tmp_path):
    put(str(tmp_path / "docker"), "a file")
    with pytest.raises(ZbsError) as caught:
        daemon_file.prepare(str(tmp_path / "docker" / "daemon.json"), "{}")
    assert caught.value.code == "daemon_json"


def test_a_discarded_file_is_gone(path):
    daemon_file.discard(daemon_file.prepare(path, "{}"))
    assert names(path) == []
    daemon_file.discard(path)


def test_started_with_the_file_when_it_is_older(path):
    put(path, '{"a": 1}', 1000)
    assert daemon_file.in_force(path, 2000) == {"a": 1}


def test_started_with_a_backup_when_the_file_was_changed_since(path):
    put(path, '{"a": 3}', 3000)
    put(path + ".2020-01-01@00:00:00~", '{"a": 1}', 1000)
    put(path + ".2020-01-02@00:00:00~", '{"a": 2}', 1500)
    put(path + ".2020-01-03@00:00:00~", '{"a": 9}', 2500)
    assert daemon_file.in_force(path, 2000) == {"a": 2}


def test_nobody_knows_when_all_that_is_kept_is_younger(path):
    put(path, '{"a": 3}', 3000)
    assert daemon_file.in_force(path, 2000) is None
    put(path + ".old~", "{broken", 1000)
    assert daemon_file.in_force(path, 2000) is None


def test_no_file_is_the_engine_s_own_defaults(path):
    assert daemon_file.in_force(path, 2000) == {}


def test_a_place_that_can_not_be_taken_leaves_the_file_as_it_was(path, monkeypatch):
    put(path, "old")
    temporary = daemon_file.prepare(path, "new")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(daemon_file.shutil, "copyfileobj", fail)
    with pytest.raises(ZbsError) as caught:
        daemon_file.replace(path, temporary)
    assert caught.value.code == "daemon_json" and "it is unchanged" in caught.value.message
    assert daemon_file.read(path) == "old"

"""What root writes can't be sent elsewhere: links, swaps and strangers' folders on the way to a file."""

import errno
import os
import stat

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import daemon_file
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import boot, mounts, own_mounts
from ansible_collections.zstack.zbs.plugins.module_utils._target import keeping
from ansible_collections.zstack.zbs.plugins.module_utils._tools import folder as tools_folder
from ansible_collections.zstack.zbs.plugins.module_utils._tools import lock as tools_lock
from ansible_collections.zstack.zbs.plugins.module_utils._tools import replacing
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, ledger_writing, metrics_file
from ansible_collections.zstack.zbs.tests.unit.plugins.support.waiting import open_files

STRANGER = 4321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what belongs to somebody else")


def stranger_s_link(path, target):
    path.symlink_to(target)
    os.chown(path, STRANGER, STRANGER, follow_symlinks=False)


def take_lock(path):
    with tools_lock.hold(str(path), Deadline(1), "a test"):
        pass


def take_ledger(folder):
    with ledger_writing.locked(str(folder), Deadline(1)):
        ledger_writing.write(ledger.Ledger(), str(folder))


def write_unit(folder):
    plan = boot.Plan({}, {"x.service": "[Unit]\n", "wants/x.service": "-> /x.service"}, None, None)
    boot.apply(plan, Deadline(5), str(folder))


def write_daemon_json(folder):
    path = str(folder / "daemon.json")
    daemon_file.replace(path, daemon_file.prepare(path, "{}"))


def note_mount(folder):
    own_mounts.note(mounts.Mount("/dev/hugepages2m", 2048, "0:1"), str(folder))


# Everything that is written as root, given a folder.
WRITERS = {
    "replace": lambda folder: replacing.replace(str(folder / "file"), "text", 0o600),
    "lock": lambda folder: take_lock(folder / "lock"),
    "ledger": take_ledger,
    "evidence": lambda folder: keeping.write(str(folder), "asked", "20260102T030405Z", "text", 3),
    "unit": write_unit,
    "daemon.json": write_daemon_json,
    "mounts": note_mount,
    "textfile": lambda folder: metrics_file.write(str(folder), "text"),
}
# Of these the folder must be root's as well: what lies there is believed, or private.
BELIEVED = ("lock", "ledger", "evidence", "unit", "mounts")
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@every_writer
def test_an_operator_s_link_to_a_folder_is_gone_along(tmp_path, write):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert os.listdir(tmp_path / "real") and (tmp_path / "link").is_symlink()


@as_root
@every_writer
def test_a_link_that_a_stranger_laid_is_refused(tmp_path, write):
    (tmp_path / "real").mkdir()
    stranger_s_link(tmp_path / "link", "real")
    with pytest.raises((ZbsError, OSError)) as caught:
        write(tmp_path / "link")
    assert "link of user %d" % STRANGER in str(caught.value)
    assert os.listdir(tmp_path / "real") == []


@as_root
@every_writer
def test_a_root_s_link_in_a_folder_that_others_can_write_to_is_refused(tmp_path, write):
    """They can rename it into any place there."""
    (tmp_path / "real").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "link").symlink_to("../real")
    for mode, owner, group in ((0o777, 0, 0), (0o775, 0, STRANGER), (0o755, STRANGER, 0)):
        os.chown(tmp_path / "open", owner, group)
        (tmp_path / "open").chmod(mode)
        with pytest.raises((ZbsError, OSError)) as caught:
            write(tmp_path / "open" / "link")
        assert "that users other than root can put there" in str(caught.value)
    assert os.listdir(tmp_path / "real") == []


@as_root
@pytest.mark.parametrize("name", BELIEVED)
def test_a_stranger_s_folder_is_no_place_for_what_is_believed(tmp_path, name):
    for path, mode, owner in (("theirs", 0o755, STRANGER), ("all", 0o777, 0)):
        folder = tmp_path / path
        for part in (folder, folder / "wants", folder / "var", folder / "var/lib", folder / "var/lib/zbs-vhost"):
            part.mkdir()
            os.chown(part, owner, owner)
            part.chmod(mode)
        with pytest.raises((ZbsError, OSError)) as caught:
            WRITERS[name](folder)
        assert "belongs to user" in str(caught.value) or "everyone can write" in str(caught.value)
        assert [found for _path, _folders, files in os.walk(folder) for found in files] == []


@as_root
def test_metrics_go_into_the_exporter_s_own_folder(tmp_path):
    os.chown(tmp_path, STRANGER, STRANGER)
    metrics_file.write(str(tmp_path), "text")
    assert (tmp_path / metrics_file.NAME).read_text() == "text"


@pytest.mark.parametrize(
    ("name", "file"),
    [("replace", "file"), ("ledger", ledger.NAME), ("textfile", metrics_file.NAME), ("unit", "x.service")],
)
@pytest.mark.parametrize("hard", [False, True], ids=["symlink", "hardlink"])
def test_a_link_in_the_file_s_own_place_loses_its_place_and_nothing_else(tmp_path, name, file, hard):
    victim = tmp_path / "shadow"
    victim.write_text("secret")
    victim.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    if hard:
        os.link(victim, folder / file)
    else:
        (folder / file).symlink_to(victim)
    WRITERS[name](folder)
    assert victim.read_text() == "secret" and stat.S_IMODE(victim.stat().st_mode) == 0o600
    assert not (folder / file).is_symlink() and (folder / file).stat().st_nlink == 1


@every_writer
def test_the_name_of_the_temporary_file_is_taken(tmp_path, monkeypatch, write):
    """Nothing that lies there already is written to, whoever guessed the name."""
    (tmp_path / "victim").write_text("keep")
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr(replacing.uuid, "uuid4", lambda: type("Known", (), {"hex": "known"}))
    for below in (folder, folder / "wants", folder / "var/lib/zbs-vhost"):
        below.mkdir(parents=True, exist_ok=True)
        (below / ".zbs-known.tmp").symlink_to(tmp_path / "victim")
    if write is not WRITERS["lock"]:  # which has none
        with pytest.raises((ZbsError, OSError)) as caught:
            write(folder)
        assert "exists" in str(caught.value)
    assert (tmp_path / "victim").read_text() == "keep" and (folder / ".zbs-known.tmp").is_symlink()


@pytest.mark.parametrize("plant", ["symlink", "dangling", "hardlink", "fifo", "folder"])
def test_a_planted_lock_is_neither_followed_nor_written_to(tmp_path, plant):
    victim, lock = tmp_path / "shadow", tmp_path / "lock"
    victim.write_text("secret")
    if plant == "hardlink":
        os.link(victim, lock)
    elif plant == "fifo":
        os.mkfifo(lock)
    elif plant == "folder":
        lock.mkdir()
    else:
        lock.symlink_to(victim if plant == "symlink" else tmp_path / "made")
    with pytest.raises(ZbsError) as caught:
        take_lock(lock)
    assert caught.value.code == "lock_unusable" and str(lock) in caught.value.message
    assert victim.read_text() == "secret" and not (tmp_path / "made").exists()


@as_root
def test_a_lock_that_a_stranger_could_keep_is_refused(tmp_path):
    lock = tmp_path / "lock"
    lock.write_text("")
    os.chown(lock, STRANGER, STRANGER)
    with pytest.raises(ZbsError) as caught:
        take_lock(lock)
    assert caught.value.code == "lock_unusable"


@as_root
@pytest.mark.parametrize(("owner", "mode"), [(STRANGER, 0o644), (0, 0o666), (0, 0o646)])
def test_a_ledger_that_others_can_write_is_not_believed(tmp_path, owner, mode):
    take_ledger(tmp_path)
    os.chown(tmp_path / ledger.NAME, owner, 0)
    (tmp_path / ledger.NAME).chmod(mode)
    assert "users other than root can write" in ledger.read_ledger(str(tmp_path)).lost


def test_a_folder_is_made_with_its_mode_whatever_the_umask(tmp_path):
    for umask in (0o000, 0o077):
        before = os.umask(umask)
        try:
            with tools_folder.opened(str(tmp_path / ("a%o" % umask) / "b"), make=0o755) as place:
                assert place.path == str(tmp_path / ("a%o" % umask) / "b")
        finally:
            os.umask(before)
        for path in (tmp_path / ("a%o" % umask), tmp_path / ("a%o" % umask) / "b"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_a_link_to_nowhere_makes_no_folder_there(tmp_path):
    (tmp_path / "link").symlink_to("no/where")
    with pytest.raises(FileNotFoundError), tools_folder.opened(str(tmp_path / "link" / "more"), make=0o755):
        pass
    assert not (tmp_path / "no").exists()
    (tmp_path / "there").mkdir()
    (tmp_path / "good").symlink_to("there")
    with tools_folder.opened(str(tmp_path / "good" / "more"), make=0o755) as place:
        assert place.path == str(tmp_path / "there" / "more")


def test_links_that_lead_in_a_circle_end(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError) as caught, tools_folder.opened(str(tmp_path / "a")):
        pass
    assert caught.value.errno == errno.ELOOP


def test_the_way_through_parents_and_absolute_links(tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "up").symlink_to("../x/y/..")
    (tmp_path / "far").symlink_to(tmp_path / "x" / "up")
    with tools_folder.opened(str(tmp_path / "far" / "y")) as place:
        assert place.path == str(tmp_path / "x" / "y")
        assert os.path.samestat(os.fstat(place.handle), os.stat(tmp_path / "x" / "y"))


def test_a_swap_after_the_way_was_walked_changes_nothing(tmp_path):
    """The folder is held, not its name: whoever puts a link into its place meanwhile gets nothing."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "etc").mkdir()
    with tools_folder.holding(str(tmp_path / "folder" / "file")) as place:
        (tmp_path / "folder").rename(tmp_path / "away")
        (tmp_path / "folder").symlink_to("etc")
        replacing.put(place, replacing.beside(place, b"text", 0o600))
    assert os.listdir(tmp_path / "etc") == [] and (tmp_path / "away" / "file").read_text() == "text"


def test_a_step_that_becomes_a_link_under_the_walk_is_not_gone_along(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "etc").mkdir()
    real = os.stat

    def swap(path, *rest, **more):
        found = real(path, *rest, **more)
        if path == "folder":
            (tmp_path / "folder").rmdir()
            (tmp_path / "folder").symlink_to("etc")
        return found

    monkeypatch.setattr(tools_folder.os, "stat", swap)
    with pytest.raises(OSError), tools_folder.opened(str(tmp_path / "folder")):
        pass


def test_nothing_stays_open(tmp_path):
    before = open_files()
    (tmp_path / "link").symlink_to("nowhere")
    for path in (tmp_path / "a" / "b", tmp_path / "link" / "x"):
        with pytest.raises(OSError), tools_folder.opened(str(path)):
            pass
        with pytest.raises(OSError), tools_folder.holding(str(path), follow=True):
            pass
    for write in WRITERS.values():
        write(tmp_path)
    assert open_files() <= before


@as_root
def test_daemon_json_keeps_an_operator_s_link_and_refuses_a_stranger_s(tmp_path):
    real, folder = tmp_path / "real.json", tmp_path / "docker"
    real.write_text("old")
    folder.mkdir()
    (folder / "daemon.json").symlink_to("../real.json")
    write_daemon_json(folder)
    assert real.read_text() == "{}" and (folder / "daemon.json").is_symlink()
    os.chown(folder / "daemon.json", STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(ZbsError) as caught:
        write_daemon_json(folder)
    assert "link of user %d" % STRANGER in caught.value.message and real.read_text() == "{}"


def test_a_backup_of_daemon_json_is_never_more_readable_than_the_file(tmp_path, monkeypatch):
    path = tmp_path / "daemon.json"
    path.write_text("secret")
    path.chmod(0o600)
    seen = []
    real = daemon_file.shutil.copyfileobj

    def watch(reader, writer):
        seen.append(stat.S_IMODE(os.fstat(writer.fileno()).st_mode))
        real(reader, writer)

    monkeypatch.setattr(daemon_file.shutil, "copyfileobj", watch)
    before = os.umask(0)
    try:
        kept = daemon_file.replace(str(path), daemon_file.prepare(str(path), "{}"))
    finally:
        os.umask(before)
    assert seen == [0o600] and stat.S_IMODE(os.stat(kept).st_mode) == 0o600


@as_root
def test_a_mount_point_that_others_can_turn_is_refused_before_anything_is_mounted(tmp_path, monkeypatch):
    monkeypatch.setattr(mounts.command, "run", lambda *_arguments: pytest.fail("it was mounted"))
    (tmp_path / "theirs" / "ours").mkdir(parents=True)
    os.chown(tmp_path / "theirs", STRANGER, STRANGER)
    for path, words in (
        ("theirs/ours", "can redirect its path"),
        ("theirs", "belongs to user"),
        ("theirs/new", "can redirect its path"),
    ):
        with pytest.raises(ZbsError) as caught:
            mounts.mount(str(tmp_path / path), 2048, Deadline(5))
        assert caught.value.code == "hugetlbfs_dir" and words in caught.value.message

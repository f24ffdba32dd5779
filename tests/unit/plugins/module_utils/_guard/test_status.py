"""The status file: what a next guard, a tick and people read."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._guard import metrics, page, status
from ansible_collections.zstack.zbs.tests.unit.plugins.support import guards, ledgers
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import WEB


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The path of a status file that a guard wrote after it restored a disk."""
    guards.write_ledger(tmp_path)
    site = guards.Site(tmp_path, monkeypatch)
    site.turn()
    site.die()
    site.turn()
    site.come_back()
    site.turn()
    site.wanted.append("zbs-bdev-b")
    site.now += 20
    site.turn()
    path = str(tmp_path / "guard.json")
    status.write(site.guard, "c0de" * 8, site.clock(), "told at try 1", path)
    return site, path


def test_what_is_written_can_be_read(written):
    site, path = written
    data, why = status.read(path)
    assert why is None and data["disks"] == site.guard.record and data["restores"] == site.guard.restores
    assert data["left"] == {"zbs-bdev-b": "the guard has not seen it served to this VM process"}


def test_nobody_else_can_read_it(written):
    import os

    assert os.stat(written[1]).st_mode & 0o777 == 0o600


def test_the_page(written):
    site, path = written
    data, _why = status.read(path)
    lines = page.page(data, site.clock())
    assert lines[0].startswith("guard    at work, process ") and lines[0].endswith("code c0dec0dec0de")
    assert lines[1:3] == ["target   answers, process 10", "told     told at try 1"]
    assert ["DISK", "VM", "SEEN", "SERVED"] in [line.split() for line in lines]
    assert any(line.split()[:2] == [guards.BDEV, WEB["name"]] for line in lines)
    del data["vms"]  # as an earlier release wrote it
    assert any(line.split()[:2] == [guards.BDEV, "process"] for line in page.page(data, site.clock()))
    assert "left to the tick: zbs-bdev-b: the guard has not seen it served to this VM process" in lines
    assert lines[-1].startswith(ledgers.NOW) and "healed, " in lines[-1]


def test_the_page_of_a_guard_that_is_dead(written):
    site, path = written
    data, _why = status.read(path)
    assert "not at work (last wrote 90 s ago)" in page.page(data, ledgers.clock(site.now + 90))[0]
    assert "last wrote before this boot" in page.page(data, ledgers.clock(site.now, boot="other"))[0]


def test_the_page_of_one_that_has_not_looked_yet():
    data = {"disks": {}, "target": None, "boot_id": ledgers.BOOT, "monotonic": 1000.0}
    lines = page.page(data, ledgers.clock())
    assert len(lines) == 2 and lines[1] == "target   not looked at yet"


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "can't be understood"),
        ("[]", "is not a guard's"),
        ('{"disks": {}}', "is not a guard's"),
        ('{"disks": {"a": {}}, "restores": {}}', "is not a guard's"),
        ('{"disks": {"a": {"pid": 1, "started_ticks": 2, "seen": "x"}}, "restores": {}}', "is not a guard's"),
    ],
)
def test_a_file_that_is_none(tmp_path, text, said):
    path = tmp_path / "guard.json"
    path.write_text(text)
    data, why = status.read(str(path))
    assert data is None and said in why


def test_a_file_that_others_can_write_feeds_nobody(written):
    import os

    os.chmod(written[1], 0o666)
    assert "users other than root can write" in status.read(written[1])[1]


def test_whether_a_guard_is_at_work(written, tmp_path):
    site, path = written
    assert status.problem(site.clock(), path) is None
    assert "wrote its status last 31 s ago" in status.problem(ledgers.clock(site.now + 31), path)
    assert "last before this boot" in status.problem(ledgers.clock(site.now - 500), path)
    assert "no guard is at work on this host" in status.problem(site.clock(), str(tmp_path / "none"))


def test_the_age_of_a_file_without_a_time():
    assert status.age({"boot_id": ledgers.BOOT, "monotonic": "x"}, ledgers.clock()) is None


def test_its_metrics(written):
    site, _path = written
    text = metrics.render(site.guard, 1700000000.5)
    assert "zbs_vhost_guard_timestamp_seconds 1700000000.5\n" in text
    assert "zbs_vhost_guard_disks 1\n" in text
    assert "zbs_vhost_guard_disks_left 1\n" in text and "zbs_vhost_guard_disks_restored_total 1\n" in text
    assert json.dumps(WEB) not in text

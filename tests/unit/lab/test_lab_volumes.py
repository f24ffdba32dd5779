"""How the lab's manager names volumes and their bdevs, and what serving one asks of zbsadm."""

from __future__ import annotations

import pytest

from lab import docker, volumes
from lab.errors import LabError
from lab.run import Result
from lab.settings import HASH, UUID, from_environment


@pytest.mark.parametrize(
    ("path", "names", "bdev"),
    [
        # The check values of the names that ZStack gives.
        ("lpool1/volume_0123456789abcdef0123456789abcdef", UUID, "zbs-bdev-0123456789abcdef0123456789abcdef"),
        ("lpool1/volume_0123456789abcdef0123456789abcdef", HASH, "zbs-bdev-131c79ed065437ecba5d70dfef40cf94"),
        ("pool1/vol1", HASH, "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"),
        # A name without a UUID at its end.
        ("pool1/vol1", UUID, "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"),
    ],
)
def test_the_bdev_of_a_volume(path: str, names: str, bdev: str) -> None:
    assert volumes.bdev_of(path, names) == bdev


def _engine(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[list[str]]:
    said: list[list[str]] = []

    def exec_in(container: str, argv: list[str], timeout: float, check: str = "") -> Result:
        said.append([container, *argv])
        return Result(argv, 0, answer, "")

    monkeypatch.setattr(docker, "exec_in", exec_in)
    return said


@pytest.mark.parametrize("names", [UUID, HASH])
def test_a_volume_is_served_by_the_name_that_the_manager_gives(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    said = _engine(monkeypatch, '{"success": true, "error": {"code": 0, "message": ""}}')
    made = from_environment({"ZBS_LAB_NAMES": names})
    path = f"pool1/{volumes.name_of(volumes.UUIDS[0])}"
    bdev = volumes.bdev_of(path, names)
    assert volumes.served(made, made.computes[0], path) == f"/var/zbsvhost/sockets/{bdev}"
    assert said[-1] == [
        *("zbslab-admin", "zbsadm", "vhost", "create-bdev", "--host", "172.30.0.11"),
        *("--volume", f"{path}_zbs_", "--name", bdev, "--silent"),
    ]


def test_a_socket_is_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _engine(monkeypatch, "")
    made = from_environment({})
    assert (volumes.served(made, made.computes[0], "/s/one"), said) == ("/s/one", [])


@pytest.mark.parametrize("disk", ["", "vol1", "pool1/", "pool1/a b", "pool1/../x", "a/b/c"])
def test_what_is_no_disk_is_refused(monkeypatch: pytest.MonkeyPatch, disk: str) -> None:
    said = _engine(monkeypatch, "")
    made = from_environment({})
    with pytest.raises(LabError, match="POOL/VOLUME"):
        volumes.served(made, made.computes[0], disk)
    assert said == []


def test_zbsadms_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _engine(monkeypatch, '{"success": false, "error": {"code": 410031, "message": "Nobody listens"}}')
    made = from_environment({})
    with pytest.raises(LabError, match="Nobody listens"):
        volumes.served(made, made.computes[0], "pool1/vol1")

"""What is looked at before anything is touched."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from test_lab_state import record

from lab import checks, engine, leftovers, ownership, packages, state
from lab.errors import LabError
from lab.settings import from_environment

_ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
br0	00001EAC	00000000	0001	0	0	0	0000FFFF	0	0	0
"""


def test_routes_are_read_and_the_default_one_is_no_network_in_use() -> None:
    assert checks.routes(_ROUTES) == [
        ("eth0", ipaddress.ip_network("192.0.2.0/24")),
        ("br0", ipaddress.ip_network("172.30.0.0/16")),
    ]


def test_a_network_in_use_is_refused_with_its_interface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "route"
    table.write_text(_ROUTES, encoding="ascii")
    monkeypatch.setattr(checks, "_ROUTES", table)
    with pytest.raises(LabError, match="overlaps 172.30.0.0/16 of interface br0; choose another one in ZBS_LAB_SUBNET"):
        checks.network_free(from_environment({}))
    checks.network_free(from_environment({"ZBS_LAB_SUBNET": "10.213.0.0/24", "ZBS_LAB_PREFIX": "unusedname"}))


def test_too_little_memory_names_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9999999 kB\nMemAvailable: 512000 kB\n", encoding="ascii")
    monkeypatch.setattr(checks, "_MEMINFO", meminfo)
    with pytest.raises(LabError, match="needs 1184 MiB of memory .* 500 MiB are available; lower ZBS_LAB_HOSTS"):
        checks.resources(from_environment({}))


@pytest.mark.parametrize(
    ("changes", "alive", "said"),
    [
        (
            {},
            True,
            "A lab is up on this machine already, that of /clone; take it down first: `make lab-down` in /clone.",
        ),
        ({}, False, "has lost its Docker Engine"),
        ({"boot_id": "another"}, True, "when this machine was restarted"),
        ({"phase": state.STARTING}, True, "was killed half-way (pid 1)"),
    ],
)
def test_a_lab_or_its_remains_stop_another(
    changes: dict[str, object], alive: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "running", lambda: alive)
    monkeypatch.setattr(ownership, "anybodys", lambda _record: False)
    with pytest.raises(LabError) as caught:
        checks.no_other_lab(record(**changes))
    assert said in str(caught.value)


def test_containers_without_a_record_stop_a_lab_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "ROOT", tmp_path)
    checks.no_other_lab(None)
    (tmp_path / "containers/abc").mkdir(parents=True)
    config = tmp_path / "containers/abc/config.v2.json"
    config.write_text('{"Config": {"Labels": {"other": "1"}}}', encoding="utf-8")
    checks.no_other_lab(None)
    config.write_text('{"Config": {"Labels": {"zbs.lab": "zbslab"}}}', encoding="utf-8")
    with pytest.raises(LabError, match="without a record"):
        checks.no_other_lab(None)


def test_an_engine_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.9:2375")
    with pytest.raises(LabError, match="DOCKER_HOST is tcp://192.0.2.9:2375; .* unset DOCKER_HOST"):
        checks.engine_possible()


def test_nobody_but_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root"):
        checks.root()


def test_a_system_that_is_no_debian_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "which", lambda program: "")
    monkeypatch.setattr(packages, "debian_like", lambda: False)
    with pytest.raises(LabError, match="The lab needs dockerd, and this is no Debian or Ubuntu"):
        packages.need({"dockerd": "docker.io"}, "The lab")


def test_nobody_but_root_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "which", lambda program: "")
    monkeypatch.setattr(packages, "debian_like", lambda: True)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="become root, or install docker.io"):
        packages.need({"dockerd": "docker.io"}, "The lab")


def test_only_the_distributions_own_sources_go_into_the_rootfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "apt-get"
    fake.write_text(
        "#!/bin/sh\n"
        "echo 'Debian|http://mirror/debian/|bookworm|main'\n"
        "echo 'Debian|http://mirror/debian/|bookworm|contrib'\n"
        "echo 'Debian|http://mirror/debian/|bookworm|main'\n"
        "echo 'Debian|http://mirror/security/|bookworm-security|main'\n"
        "echo 'Debian Backports|http://mirror/debian/|bookworm-backports|main'\n"
        "echo 'Debian|http://mirror/debian/|trixie|main'\n"
        "echo 'Docker|http://elsewhere/linux/debian/|bookworm|stable'\n"
        "echo '|http://nowhere/|bookworm|main'\n",
        encoding="utf-8",
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    assert packages.archive_sources() == [
        "deb http://mirror/debian/ bookworm main contrib",
        "deb http://mirror/security/ bookworm-security main",
    ]


def test_another_release_comes_from_the_same_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ["deb http://mirror/debian/ bookworm main", "deb http://mirror/security/ bookworm-security main contrib"]
    monkeypatch.setattr(packages, "archive_sources", lambda: own)
    monkeypatch.setattr(packages, "os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    assert packages.release_sources("trixie") == [
        "deb http://mirror/debian/ trixie main",
        "deb http://mirror/security/ trixie-security main contrib",
    ]
    monkeypatch.setattr(packages, "os_release", lambda: {"ID": "ubuntu", "VERSION_CODENAME": "noble"})
    with pytest.raises(LabError, match="trixie is built on a machine with Debian's archive"):
        packages.release_sources("trixie")

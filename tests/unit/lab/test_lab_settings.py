"""The lab's names and numbers, and what follows from them."""

from __future__ import annotations

import pytest

from lab import settings
from lab.errors import LabError


def test_defaults_are_the_agreed_names() -> None:
    made = settings.from_environment({})
    assert (made.admin.container, made.admin.ip) == ("zbslab-admin", "172.30.0.10")
    assert [(host.name, host.container, host.ip) for host in made.computes] == [
        (f"compute{n}", f"zbslab-compute{n}", f"172.30.0.{10 + n}") for n in (1, 2, 3)
    ]
    assert made.everyone[0] == made.admin
    assert str(made.run_dir) == "/run/zbs-lab"


def test_the_environment_changes_them() -> None:
    made = settings.from_environment(
        {
            "ZBS_LAB_PREFIX": "abc",
            "ZBS_LAB_SUBNET": "10.1.0.0/16",
            "ZBS_LAB_HOSTS": "1",
            "ZBS_LAB_HUGEPAGES": "32",
            "ZBS_LAB_TARGET_MIB": "64",
            "ZBS_LAB_RUN_DIR": "/x/run",
            "ZBS_LAB_CACHE": "/x/cache",
        }
    )
    assert [(host.container, host.ip) for host in made.everyone] == [
        ("abc-admin", "10.1.0.10"),
        ("abc-compute1", "10.1.0.11"),
    ]
    assert (made.pages, made.target_mib, str(made.run_dir), str(made.cache)) == (32, 64, "/x/run", "/x/cache")


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("", ["debian", "debian", "debian"]),
        ("el", ["el", "el", "el"]),
        ("debian el", ["debian", "el", "debian"]),
        ("el,debian,debian,el", ["el", "debian", "debian"]),
        ("debian el trixie", ["debian", "el", "trixie"]),
    ],
)
def test_compute_hosts_take_the_flavours_in_turn_and_the_admin_node_none(asked: str, made: list[str]) -> None:
    found = settings.from_environment({"ZBS_LAB_FLAVOURS": asked})
    assert [host.flavour for host in found.computes] == made
    assert found.admin.flavour == "debian"


def test_they_take_the_engines_in_turn_too() -> None:
    found = settings.from_environment({"ZBS_LAB_FLAVOURS": "debian el", "ZBS_LAB_ENGINES": "bare installed installed"})
    assert [(host.flavour, host.engine) for host in found.computes] == [
        ("debian", "bare"),
        ("el", "installed"),
        ("debian", "installed"),
    ]
    assert found.admin.engine == "bare"
    assert {host.engine for host in settings.from_environment({}).computes} == {"bare"}


def test_a_bridge_name_fits_what_linux_allows() -> None:
    assert len(settings.from_environment({"ZBS_LAB_PREFIX": "a" * 12}).bridge) <= 15


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ZBS_LAB_HOSTS": "0"}, "ZBS_LAB_HOSTS is '0'; give a whole number from 1 to 50."),
        ({"ZBS_LAB_HOSTS": "three"}, "ZBS_LAB_HOSTS is 'three'"),
        ({"ZBS_LAB_HOSTS": "51"}, "from 1 to 50"),
        ({"ZBS_LAB_PREFIX": "Lab"}, "ZBS_LAB_PREFIX is 'Lab'"),
        ({"ZBS_LAB_PREFIX": "x; rm -rf"}, "ZBS_LAB_PREFIX"),
        ({"ZBS_LAB_SUBNET": "172.30.0.1/24"}, "host bits set"),
        ({"ZBS_LAB_SUBNET": "172.30.0.0/28"}, "at least 64 addresses"),
        ({"ZBS_LAB_SUBNET": "fd00::/64"}, "IPv4"),
        ({"ZBS_LAB_SUBNET": "nonsense"}, "is no network"),
        ({"ZBS_LAB_HUGEPAGES": "10"}, "raise the pages to 64"),
        (
            {"ZBS_LAB_FLAVOURS": "debian suse"},
            "ZBS_LAB_FLAVOURS is 'debian suse'; give one or more of debian el trixie",
        ),
        ({"ZBS_LAB_FLAVOURS": ","}, "ZBS_LAB_FLAVOURS is ''"),
        ({"ZBS_LAB_ENGINES": "podman"}, "ZBS_LAB_ENGINES is 'podman'; give one or more of bare installed"),
    ],
)
def test_bad_values_are_told_in_one_sentence(environ: dict[str, str], said: str) -> None:
    with pytest.raises(LabError) as caught:
        settings.from_environment(environ)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_lab_needs_grows_with_its_hosts_and_pages() -> None:
    small, large = (settings.from_environment({"ZBS_LAB_HOSTS": n}).needed_mib for n in ("1", "6"))
    assert large - small == 5 * (64 * 2 + 200)


def test_admin_nodes_are_from_the_first_ones_address_down() -> None:
    found = settings.from_environment({"ZBS_LAB_ADMINS": "3", "ZBS_LAB_HOSTS": "1"})
    assert [(host.name, host.ip) for host in found.everyone] == [
        ("admin", "172.30.0.10"),
        ("admin2", "172.30.0.9"),
        ("admin3", "172.30.0.8"),
        ("compute1", "172.30.0.11"),
    ]
    assert found.admin == found.admins[0]
    assert found.needed_mib == settings.from_environment({"ZBS_LAB_HOSTS": "1"}).needed_mib + 400


@pytest.mark.parametrize(
    ("name", "value"), [("ZBS_LAB_ADMINS", "0"), ("ZBS_LAB_ADMINS", "6"), ("ZBS_LAB_NAMES", "md5")]
)
def test_what_admin_nodes_and_names_can_not_be(name: str, value: str) -> None:
    with pytest.raises(LabError, match=f"{name} is '{value}'"):
        settings.from_environment({name: value})

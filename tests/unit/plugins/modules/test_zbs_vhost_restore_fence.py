"""The fence of the restore module: no second host gets a volume that another one has open."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbs
from ansible_collections.zstack.zbs.tests.unit.plugins.support import clients, restoring
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import run_module
from ansible_collections.zstack.zbs.tests.unit.plugins.support.restoring import NAME, ONE, VM


@pytest.fixture
def admin(tmp_path, monkeypatch):
    """An admin node, see support/restoring."""
    return restoring.node(tmp_path, monkeypatch)


PATH = ["--path", "pool1/vol1"]
OBSERVED = {
    "protocols": {"vhost": {"verdict": "healthy"}},
    "volumes": [],
    "addresses": ["172.16.8.11", "172.30.0.11"],
}
# One volume whose path is known.
KNOWN = {"bdev": ONE, "path": "pool1/vol1", "vm": VM}


def fenced(admin, body, check_mode=False, **more):
    """The row of one volume, and whether it was created, with a zbs of that body."""
    item = dict(KNOWN, served_s_ago=more.pop("ago", None), held_by=more.pop("last", None))
    given = admin(listing=body, volumes=[item], **dict({"observed": OBSERVED}, **more))
    status, result = run_module(NAME, given, check_mode)
    assert status == 0
    (row,) = result["volumes"]
    assert row["created"] is (row["error"] is None) and result["changed"] is row["created"]
    assert bool(admin.calls()) is (row["created"] and not check_mode)
    return row


@pytest.mark.parametrize("addresses", [[], ["172.30.0.11"], ["::ffff:172.16.8.11", "172.30.0.11"]])
@pytest.mark.parametrize("fence", ["when_possible", "required"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_nobody_and_the_host_itself_are_no_hindrance(admin, addresses, fence, check_mode):
    row = fenced(admin, clients.zbs(clients.open_on(*addresses)), check_mode, fence=fence)
    assert (row["created"], row["held_by"]) == (True, [])
    assert admin.asked() == [["--help"], PATH]


@pytest.mark.parametrize("fence", ["when_possible", "required"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_another_host_is_a_refusal_that_names_it(admin, fence, check_mode):
    """Whatever the ledger saw: the cluster knows better."""
    row = fenced(admin, clients.zbs(clients.open_on("172.30.0.11", "172.30.0.12")), check_mode, fence=fence, ago=0)
    assert row["held_by"] == ["172.30.0.12"]
    for word in (ONE, "VM web", "volume pool1/vol1", "held elsewhere", "172.30.0.12", "172.30.0.11"):
        assert word in row["error"]


def test_without_the_hosts_addresses_host_ip_alone_is_its_own(admin):
    for told, created in (({}, False), ({"addresses": None}, False), ({"addresses": ["172.16.8.11"]}, True)):
        observed = dict({key: value for key, value in OBSERVED.items() if key != "addresses"}, **told)
        assert fenced(admin, clients.zbs(clients.open_on("172.30.0.11")), observed=observed)["created"]
        row = restored(admin, clients.zbs(clients.open_on("172.16.8.11")), observed)
        assert row["created"] is created
        assert created or "its other addresses are not known" in row["error"]


def restored(admin, body, observed):
    """The row of one volume."""
    return run_module(NAME, admin(listing=body, volumes=[KNOWN], observed=observed))[1]["volumes"][0]


SILENT = [
    (clients.zbs(help_text=clients.OLD_HELP), "no --path"),
    (clients.zbs("garbage"), "garbage"),
    (clients.zbs('{"error": {"code": 0}, "result": null}'), "an unknown form"),
    (clients.zbs('{"error": {"code": 9, "message": "no leader"}, "result": []}'), "no leader"),
    (clients.zbs(clients.open_on("compute2")), "'compute2', which is no address"),
    (clients.zbs(body="exec sleep 60"), "could not be listed within"),
]


@pytest.mark.parametrize("body, words", SILENT)
@pytest.mark.parametrize(
    "fence, ago, created",
    [
        ("when_possible", None, False),
        ("when_possible", 601, False),
        ("when_possible", 540, True),
        ("when_possible", "540", True),
        ("when_possible", "soon", False),
        ("when_possible", True, False),
        ("required", 0, False),
        ("off", None, True),
    ],
)
def test_where_the_cluster_does_not_tell(admin, monkeypatch, body, words, fence, ago, created):
    monkeypatch.setattr(zbs, "CLIENT_SECONDS", 1.0 if "sleep" in body else 30.0)
    row = fenced(admin, body, fence=fence, ago=ago)
    assert (row["created"], row["held_by"]) == (created, None)
    assert created or (words in row["error"] and "pool1/vol1" in row["error"] and "VM web" in row["error"])
    assert (admin.asked() == []) is (fence == "off")


def test_what_was_held_elsewhere_is_not_created_on_the_ledgers_word(admin):
    row = fenced(admin, SILENT[0][0], ago=0, last=["172.30.0.12"])
    assert (row["created"], row["held_by"]) == (False, None) and "172.30.0.12 had it open" in row["error"]


def test_the_time_that_the_restore_took_counts_for_the_ledgers_word(admin, monkeypatch):
    """Ten minutes are over while it waits for its answer."""
    monkeypatch.setattr(zbs, "CLIENT_SECONDS", 1.2)
    assert not fenced(admin, clients.zbs(body="exec sleep 60"), ago=600)["created"]


def test_what_a_release_can_do_is_asked_once_and_each_volume_last(admin):
    """The question comes right before the creation, not before all of them."""
    volumes = [dict(KNOWN, bdev="b%d" % number, path="p/v%d" % number) for number in range(3)]
    run_module(NAME, admin(volumes=volumes))
    first, *each = admin.asked()
    assert first == ["--help"] and sorted(each) == [["--path", "p/v%d" % number] for number in range(3)]


def test_a_broken_controller_of_a_volume_that_is_held_elsewhere_is_left_alone_too(admin):
    observed = dict(OBSERVED, volumes=[{"controller": ONE, "broken": True, "sessions": 0}])
    assert not fenced(admin, clients.zbs(clients.open_on("172.30.0.12")), observed=observed)["created"]


def test_what_is_served_already_asks_nobody(admin):
    observed = dict(OBSERVED, volumes=[{"controller": ONE, "broken": False}])
    _status, result = run_module(NAME, admin(volumes=[KNOWN], observed=observed))
    assert (result["volumes"][0]["held_by"], admin.asked()) == (None, [])


def test_one_that_is_held_elsewhere_keeps_no_other_from_it(admin):
    body = clients.zbs(
        body="case \"$4\" in p/v0) echo '%s';; *) echo '%s';; esac" % (clients.open_on("172.30.0.12"), clients.NOBODY)
    )
    volumes = [dict(KNOWN, bdev="b%d" % number, path="p/v%d" % number) for number in range(2)]
    _status, result = run_module(NAME, admin(listing=body, volumes=volumes))
    assert [row["created"] for row in result["volumes"]] == [False, True]
    assert [row["held_by"] for row in result["volumes"]] == [["172.30.0.12"], []]

"""The restore module, run whole against fake zbsadm and zbs programs."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls, zbs
from ansible_collections.zstack.zbs.tests.unit.plugins.support import clients, programs
from ansible_collections.zstack.zbs.tests.unit.plugins.support.modules import failure_of, run_module

NAME = "zbs_vhost_restore"
ONE = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"  # pool1/vol1
SUCCESS = programs.answering('{"success": true, "error": {"code": 0, "message": ""}}')
REFUSED = programs.answering('{"success": false, "error": {"code": 410032, "message": "File exists"}}')
LISTING = programs.answering(
    '{"result": [{"fileName": "vol0"}, {"fileName": "vol1"}], "error": {"code": 0, "message": ""}}'
)
VM = {"pid": 3, "started_ticks": 1, "name": "web", "uuid": None}


@pytest.fixture
def admin(tmp_path, monkeypatch):
    """Make an admin node: options that use it; `calls()` are the argument lists of zbsadm, `listed()` those of zbs but for clients, which
    are `asked()`."""
    monkeypatch.setattr(calls, "LOCK_DIR", str(tmp_path))
    log, listed = tmp_path / "log", tmp_path / "listed"

    def make(body=SUCCESS, listing=LISTING, **more):
        listing = clients.zbs(otherwise=listing) if "list client" not in listing else listing
        zbsadm = programs.write_program(tmp_path, "zbsadm", programs.logging_argv(log, body))
        zbs = programs.write_program(tmp_path, "zbs", programs.logging_argv(listed, listing))
        observed = {"protocols": {"vhost": {"verdict": "healthy", "reason": "ok"}}, "volumes": []}
        given = {"host_ip": "172.30.0.11", "zbsadm": zbsadm, "zbs": zbs, "observed": observed, "timeout": 20}
        given.update(volumes=[{"bdev": ONE, "vm": VM}], pools=["pool0", "pool1"])
        given.update(more)
        return given

    make.calls = lambda: programs.calls(log)
    make.listed = lambda: [call for call in programs.calls(listed) if call[1] != "client"]
    make.asked = lambda: [call[2:4] for call in programs.calls(listed) if call[1] == "client"]
    return make


def create(volume="pool1/vol1_zbs_", bdev=ONE):
    """The call that creates."""
    return ["vhost", "create-bdev", "--host", "172.30.0.11", "--volume", volume, "--name", bdev, "--silent"]


def test_a_bdev_is_traced_through_the_pools_and_created(admin):
    status, result = run_module(NAME, admin())
    assert (status, result["changed"]) == (0, True)
    assert result["volumes"] == [{"bdev": ONE, "path": "pool1/vol1", "created": True, "held_by": [], "error": None}]
    assert admin.calls() == [create()]
    assert [call[3] for call in admin.listed()] == ["pool0", "pool1"]


def test_one_whose_path_is_known_asks_no_pool(admin):
    status, result = run_module(NAME, admin(volumes=[{"bdev": "mine", "path": "p/v", "vm": VM}]))
    assert (status, admin.calls(), admin.listed()) == (0, [create("p/v_zbs_", "mine")], [])
    assert result["volumes"][0]["path"] == "p/v"


def test_a_damaged_path_is_traced_again(admin):
    run_module(NAME, admin(volumes=[{"bdev": ONE, "path": "../etc", "vm": VM}]))
    assert admin.calls() == [create()]


def test_check_mode_says_the_same_and_creates_nothing(admin):
    _status, real = run_module(NAME, admin())
    status, said = run_module(NAME, admin(), check_mode=True)
    assert status == 0 and len(admin.calls()) == 1
    assert {key: said[key] for key in ("changed", "volumes", "diff")} == {
        key: real[key] for key in ("changed", "volumes", "diff")
    }


MANY = [{"bdev": "b%d" % number, "path": "p/v%d" % number, "vm": VM} for number in range(5)]
# Counts the calls that are at work, for a while; `most` is the highest count.
TOGETHER = """
cd %s
until mkdir lock 2>/dev/null; do :; done
now=$(( $(cat now 2>/dev/null || echo 0) + 1 )); echo $now >now
[ $now -le $(cat most 2>/dev/null || echo 0) ] || echo $now >most
rmdir lock
sleep 0.3
%s
until mkdir lock 2>/dev/null; do :; done
echo $(( $(cat now) - 1 )) >now
rmdir lock
"""


def test_volumes_are_created_two_at_a_time(admin, tmp_path):
    status, result = run_module(NAME, admin(TOGETHER % (tmp_path, "(%s)" % SUCCESS), volumes=MANY))
    assert status == 0 and all(row["created"] for row in result["volumes"])
    assert [row["bdev"] for row in result["volumes"]] == [item["bdev"] for item in MANY]
    assert (tmp_path / "most").read_text().strip() == "2" and len(admin.calls()) == len(MANY)


def test_a_zbsadm_that_takes_one_at_a_time_creates_them_all(admin, tmp_path):
    busy = programs.answering('{"success": false, "error": {"code": 7, "message": "another call is under way"}}')
    body = "if mkdir %s/busy 2>/dev/null; then\nsleep 0.5\n%s\nrmdir %s/busy\nelse\n%s\nfi" % (
        tmp_path,
        "(%s)" % SUCCESS,
        tmp_path,
        busy,
    )
    _status, result = run_module(NAME, admin(body, volumes=MANY))
    assert [row["error"] for row in result["volumes"]] == [None] * len(MANY)


def test_what_fails_alone_is_not_tried_again(admin):
    _status, result = run_module(NAME, admin(REFUSED))
    assert result["volumes"][0]["error"] and len(admin.calls()) == 1


def test_what_is_served_already_is_left_alone(admin):
    observed = {"protocols": {"vhost": {"verdict": "healthy"}}, "volumes": [{"controller": ONE, "broken": False}]}
    status, result = run_module(NAME, admin(observed=observed))
    assert (status, result["changed"], result["volumes"][0]["error"], admin.calls()) == (0, False, None, [])


def test_one_that_cannot_be_traced_keeps_no_other_from_it(admin):
    volumes = [{"bdev": "zbs-bdev-0", "vm": dict(VM, name=None)}, {"bdev": ONE, "vm": VM}]
    status, result = run_module(NAME, admin(volumes=volumes))
    lost, restored = result["volumes"]
    assert status == 0 and restored["created"] and not lost["created"]
    assert "zbs-bdev-0 of VM process 3" in lost["error"] and "pool0, pool1" in lost["error"]
    assert result["warnings"] == [lost["error"]]


@pytest.mark.parametrize(
    "listing, words",
    [
        (
            programs.answering('{"error": {"code": 410061, "message": "kPoolNotExists"}}', rc=1),
            "listed: kPoolNotExists",
        ),
        (programs.answering("[]"), "could not be listed"),
        (programs.answering("garbage"), "could not be listed"),
        ("exit 1", "could not be listed: no answer"),
        (programs.answering('{"result": 7}'), "an unknown form"),
    ],
)
def test_a_pool_that_cannot_be_listed_is_in_the_reason(admin, listing, words):
    _status, result = run_module(NAME, admin(listing=listing))
    assert words in result["volumes"][0]["error"] and admin.calls() == []


def test_without_pools_the_cluster_is_asked_for_them(admin):
    """The names of both kinds, a pool whose name begins like another's, one listing a pool."""
    new = "zbs-bdev-0123456789abcdef0123456789abcdef"
    listing = """case "$*" in
*logical-pool*) echo '{"error": {"code": 0}, "result": [{"logicalPoolInfos": [{"logicalPoolName": "pool1"}, {"logicalPoolName": "pool10"}]}]}' ;;
*"--pool pool1 "*) echo '{"result": [{"fileName": "vol1"}, {"fileName": "volume_0123456789abcdef0123456789abcdef"}]}' ;;
*) echo '{"result": []}' ;;
esac"""
    volumes = [{"bdev": ONE, "vm": VM}, {"bdev": new, "vm": VM}]
    status, result = run_module(NAME, admin(listing=listing, pools=[], volumes=volumes))
    path = "pool1/volume_0123456789abcdef0123456789abcdef"
    assert (status, [row["path"] for row in result["volumes"]]) == (0, ["pool1/vol1", path])
    assert sorted(admin.calls()) == sorted([create(), create(path + "_zbs_", new)])
    assert [call[1] for call in admin.listed()] == ["logical-pool", "file", "file"]


def test_a_cluster_that_does_not_tell_its_pools_is_the_reason(admin):
    _status, result = run_module(NAME, admin(pools=[], listing="exit 1"))
    assert "zbs_vhost_heal_pools" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_refusal_of_zbsadm_is_the_rows(admin):
    status, result = run_module(NAME, admin(REFUSED))
    assert status == 0 and "File exists" in result["volumes"][0]["error"] and result["changed"] is False


def test_no_target_no_volume(admin):
    observed = {"protocols": {"vhost": {"verdict": "stopped", "reason": "exited"}}, "volumes": []}
    _status, result = run_module(NAME, admin(observed=observed))
    assert "heal the target first" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_broken_controller_under_a_vm_is_never_deleted(admin):
    row = {"controller": ONE, "broken": True, "sessions": 1}
    observed = {"protocols": {"vhost": {"verdict": "healthy"}}, "volumes": [row]}
    _status, result = run_module(NAME, admin(observed=observed))
    assert "have a session" in result["volumes"][0]["error"] and admin.calls() == []


def test_no_password_anywhere(admin):
    given = admin(REFUSED, ssh_port=22, ssh_username="root", ssh_password="hunter2-x")
    _status, result = run_module(NAME, given)
    assert admin.calls()[0][8:10] == ["-p", "hunter2-x"] and "hunter2-x" not in json.dumps(result)


def test_nothing_to_restore(admin):
    status, result = run_module(NAME, admin(volumes=[]))
    assert (status, result["changed"], admin.calls(), admin.listed()) == (0, False, [], [])


@pytest.mark.parametrize("bad", [{"volumes": [{}]}, {"volumes": [{"bdev": "a/b"}]}, {"host_ip": "-x"}, {"timeout": 0}])
def test_options_that_cannot_be(admin, bad):
    failure, _result = failure_of(NAME, admin(**bad))
    assert failure["code"] == "bad_option" and admin.calls() == []


def test_a_pool_that_takes_too_long_is_in_the_reason(admin, monkeypatch):
    monkeypatch.setattr(zbs, "ASK_SECONDS", 0.2)
    _status, result = run_module(NAME, admin(listing="exec sleep 100", pools=["pool0"]))
    assert "the pool pool0 could not be listed within 0 s" in result["volumes"][0]["error"] and admin.calls() == []


def test_a_pool_is_not_asked_once_all_are_found(admin):
    run_module(NAME, admin(pools=["pool1", "pool2"]))
    assert [call[3] for call in admin.listed()] == ["pool1"]


def test_when_the_time_is_over_the_next_attempt_goes_on(admin):
    """The first creations, two at a time, take all the time there is; the third volume is not begun and says so."""
    volumes = [{"bdev": name, "path": "p/" + name, "vm": VM} for name in ("first", "second", "third")]
    status, result = run_module(NAME, admin("exec sleep 100", volumes=volumes, timeout=1, fence="off"))
    assert status == 0 and len(admin.calls()) == 2 and result["changed"] is False
    assert "no time was left for it within 1 s; the next attempt continues" in result["volumes"][2]["error"]


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


OTHER = "zbs-bdev-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "traced, listed",
    [
        ({ONE: {"path": "pool9/vol9", "reason": None}}, 0),
        ({ONE: {"path": None, "reason": "it may be two"}}, 0),
        # What is not in it, or can't be, is traced here.
        ({}, 2),
        ({OTHER: {"path": "pool9/vol9"}}, 2),
        ({ONE: {"path": "../etc"}}, 2),
        ({ONE: {}}, 2),
        ({ONE: "pool9/vol9"}, 2),
    ],
)
def test_what_was_traced_for_all_hosts_is_not_listed_again(admin, traced, listed):
    _status, result = run_module(NAME, admin(traced=traced))
    row = result["volumes"][0]
    assert len(admin.listed()) == listed
    if listed:
        assert row["path"] == "pool1/vol1"
    elif traced[ONE]["path"]:
        assert admin.calls() == [create("pool9/vol9_zbs_")]
    else:
        assert "it may be two" in row["error"] and admin.calls() == []

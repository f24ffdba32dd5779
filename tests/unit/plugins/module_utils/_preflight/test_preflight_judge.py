"""The preflight's judgement: a row a question, and not knowing is no `no`."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._preflight import judge
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

RULES = [{"zbsadm": "1.6.*", "image": "1.6.*"}, {"zbsadm": "1.5.*", "image": "*:1.5.*"}]
IMAGE = "registry.example.com:5000/zbs/vhost:1.6.1"


@pytest.mark.parametrize(
    "version, image, labels, ok",
    [
        ("1.6.1", IMAGE, {}, True),
        ("1.6.0", IMAGE, {}, True),
        ("1.5.3", IMAGE, {}, False),
        ("1.5.3", "a/b:1.5.0", {}, True),
        ("1.7.0", IMAGE, {}, None),
        (None, IMAGE, {}, None),
        ("1.6.1", None, {}, None),
        ("1.6.1", "a/b:latest", {}, False),
        ("1.6.1", "a/b:latest", {"org.opencontainers.image.version": "1.6.4"}, True),
        ("1.6.1", "a/b:latest", {"build": "1.6.4"}, False),
        ("1.6.1", "a/b@sha256:00", {}, False),
    ],
)
def test_compatibility(version, image, labels, ok):
    row = judge.judge_compatibility(version, image, labels, RULES)
    assert (row["check"], row["ok"]) == ("compatibility", ok)
    assert (row["remedy"] is None) is (ok is True)


@pytest.mark.parametrize(
    "state, has_login, ok, says, remedy",
    [
        ("present", False, True, "/etc/zbs/client.conf is there", None),
        ("present", True, True, "/etc/zbs/client.conf is there", None),
        ("missing", True, True, "a heal deploys the client first", None),
        ("missing", False, None, "is missing", "zbs_vhost_heal_cbd_ssh_username"),
        ("no_file", True, None, "is not a file", "remove it"),
        ("no_file", False, None, "is not a file", "remove it"),
        ("unknown", True, None, "can't be told", "run as root"),
    ],
)
def test_the_client(state, has_login, ok, says, remedy):
    row = judge.judge_client(state, has_login)
    assert (row["check"], row["ok"]) == ("client", ok) and says in row["detail"]
    assert (row["remedy"] is None) is (remedy is None) and (remedy or "") in (row["remedy"] or "")
    assert judge.failing([row]) == []  # whether a target can do without it is not known


def test_without_rules_nothing_is_known():
    assert judge.judge_compatibility("1.6.1", IMAGE, {}, [])["ok"] is None


@pytest.mark.parametrize("bad", [{}, {"zbsadm": "1"}, {"zbsadm": "1", "image": 2}, {"zbsadm": "1", "image": ""}, "x"])
def test_rules_that_are_none(bad):
    with pytest.raises(ZbsError) as caught:
        judge.check_rules([RULES[0], bad])
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize(
    "image, tag, registry",
    [
        (IMAGE, "1.6.1", "registry.example.com:5000"),
        ("localhost/vhost", None, "localhost"),
        ("zbs/vhost:1", "1", "registry-1.docker.io"),
        ("vhost", None, "registry-1.docker.io"),
        ("host:5000/vhost@sha256:00", None, "host:5000"),
    ],
)
def test_names_of_images(image, tag, registry):
    assert (judge.tag_of(image), judge.registry_of(image)) == (tag, registry)


@pytest.mark.parametrize(
    "image, present, registry, ok",
    [
        (None, None, None, None),
        (IMAGE, True, None, True),
        (IMAGE, False, (True, "it answers"), True),
        (IMAGE, None, (True, "it answers"), True),
        (IMAGE, False, (False, "it does not resolve"), False),
        (IMAGE, None, (False, "it does not resolve"), False),
    ],
)
def test_images(image, present, registry, ok):
    assert judge.judge_image(image, present, registry)["ok"] is ok


def test_what_a_prepare_found():
    prepared = {
        "missing": [
            {"what": "docker", "detail": "none", "remedy": "install"},
            {"what": "new", "detail": "d", "remedy": "r"},
        ],
        "actions": ["grow the pool of 2048 KiB pages by 64"],
    }
    rows = {row["check"]: row for row in judge.judge_prepared(prepared)}
    assert {check: row["ok"] for check, row in rows.items()} == {
        "hugepages": True,
        "hugetlbfs": True,
        "docker": False,
        "new": False,
    }
    assert "grow the pool" in rows["hugepages"]["detail"] and rows["docker"]["remedy"] == "install"
    assert [row["ok"] for row in judge.judge_prepared({})] == [None, None, None]


@pytest.mark.parametrize(
    "cpus, locks, pinned, truncated, ok",
    [
        ([], {}, [], False, None),
        ([2, 3], {}, [], False, True),
        ([2, 3], {3: "process 9 (reactor_3)"}, [], False, False),
        ([2, 3], {4: "process 9 (reactor_4)"}, [(5, "process 8 (qemu)")], False, True),
        ([2, 3], {}, [(2, "process 8 (qemu)")], False, False),
        ([2, 3], {}, [(2, "process 8 (qemu)")], True, False),
        ([2, 3], {}, [], True, None),
    ],
)
def test_cores(cpus, locks, pinned, truncated, ok):
    row = judge.judge_cores(cpus, locks, pinned, truncated)
    assert row["ok"] is ok
    if ok is False:
        assert "process" in row["detail"]


def test_the_report_and_what_fails():
    rows = [
        judge.row("a", True, "good", "unneeded"),
        judge.row("bb", False, "bad", "mend"),
        judge.row("c", None, "?"),
    ]
    assert judge.lines(rows) == ["ok  a   good", "NO  bb  bad -> mend", "?   c   ?"]
    assert judge.failing(rows) == ["bb: bad; mend"]

"""What the program zbs says of pools and volumes, run whole against a fake one."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbs
from ansible_collections.zstack.zbs.plugins.module_utils._tools import answers, command
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.tests.unit.plugins.support import clients as fake
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs

POOLS = {
    "error": {"code": 0, "message": ""},
    "result": [
        {
            "logicalPoolInfos": [
                {"logicalPoolName": "lpool1", "physicalPoolName": "pool1"},
                {"logicalPoolName": "lpool2"},
            ]
        },
        {"logicalPoolInfos": [{"logicalPoolName": "lpool10", "physicalPoolName": "pool1"}, {"logicalPoolID": 3}, 7]},
    ],
}


def test_pools_with_their_physical_pools():
    assert zbs.parse_pools(POOLS) == {"lpool1": "pool1", "lpool2": None, "lpool10": "pool1"}
    assert zbs.parse_pools({"result": []}) == {}


@pytest.mark.parametrize(
    "data", [None, [], {}, {"result": {}}, {"result": [1]}, {"result": [{}]}, {"result": [{"logicalPoolInfos": {}}]}]
)
def test_pools_of_another_shape(data):
    with pytest.raises(ZbsError) as caught:
        zbs.parse_pools(data)
    assert caught.value.code == "bad_listing" and "zbs list logical-pool" in caught.value.message


@pytest.mark.parametrize(
    "data, names",
    [
        ({"result": [{"fileName": "a"}, {"fileName": "b"}]}, ["a", "b"]),
        ({"result": {"fileInfo": [{"fileName": "a", "length": 1}]}}, ["a"]),
        ({"result": []}, []),
        ({"result": [{"length": 1}, "x", {"fileName": 3}]}, []),
    ],
)
def test_a_listing(data, names):
    assert zbs.parse_volumes(data) == names


@pytest.mark.parametrize("data", [None, [], {}, {"result": None}, {"result": {"fileInfo": {}}}, {"result": "a"}])
def test_a_listing_of_another_shape(data):
    with pytest.raises(ZbsError) as caught:
        zbs.parse_volumes(data)
    assert caught.value.code == "bad_listing"


@pytest.mark.parametrize(
    "body, code, words",
    [
        (
            programs.answering('{"error": {"code": 410061, "message": "kPoolNotExists"}}', rc=1),
            "zbs_failed",
            "listed: kPoolNotExists",
        ),
        (programs.answering('{"error": {"code": 7}}'), "zbs_failed", "listed: no answer"),
        (programs.answering("garbage"), "zbs_failed", "garbage"),
        ("exit 1", "zbs_failed", "no answer"),
        ("exec sleep 60", "zbs_timeout", "could not be listed within"),
    ],
)
def test_what_zbs_did_not_list_is_an_error(tmp_path, body, code, words):
    program = programs.write_program(tmp_path, "zbs", body)
    with pytest.raises(ZbsError) as caught:
        zbs.Zbs(program).volumes("pool0", Deadline(0.5 if code == "zbs_timeout" else 30))
    assert caught.value.code == code and words in caught.value.message and "pool0" in caught.value.message


def _pool_of(folder, count):
    """A zbs whose pools have `count` volumes with as many fields as a real one tells."""
    fields = {"field%d" % number: 123456789 for number in range(20)}
    rows = [dict(fields, fileName="volume_%032x" % number) for number in range(count)]
    (folder / "listing").write_text(json.dumps({"error": {"code": 0}, "result": rows}))
    return zbs.Zbs(programs.write_program(folder, "zbs", "exec cat '%s'" % (folder / "listing")))


def test_a_pool_with_many_volumes_is_listed_whole(tmp_path):
    listed = _pool_of(tmp_path, 20000).volumes("pool0", Deadline(60))
    assert (tmp_path / "listing").stat().st_size > 2 * command.MAX_OUTPUT
    assert (len(listed), listed[-1]) == (20000, "volume_%032x" % 19999)


@pytest.mark.parametrize(
    "text, names",
    [
        ('{"result": [{"fileName": "a", "id": 1}, {"id": 2, "fileName" : "b\\"}"}]}', ["a", 'b"}']),
        ('{"result": {"fileInfo": [{"id": [1], "owner": {"a": 1}, "fileName": "c"}]}}', ["c"]),
        ('{"result": [{"description": "\\"fileName\\": \\"x\\"", "fileName": "d"}]}', ["d"]),
        ('{"result": [{"fileName": 3, "a": "bbbbbbbbbb"}, {"fileName": ""}, {}]}', [""]),
        ('noise {"fileName": "x", "y": 1}\n{"result": [{"fileName": "e", "length": 12345}]}', ["e"]),
    ],
)
def test_a_row_is_its_name(text, names):
    assert zbs.parse_volumes(answers.last_object(zbs.shortened(text), ("error", "result"))) == names
    assert zbs.parse_volumes(answers.last_object(text, ("error", "result"))) == names


@pytest.mark.parametrize(
    "text",
    [
        "{" * 10000000,
        "{}" * 5000000,
        '{"fileName":""},' * 600000,
        "{" + '"fileName":"a",' * 600000 + "{",
        ("{" + '"fileName"  :' * 600 + "}") * 1200,
        "{" + " " * 10000000,
        ("{" + '"fileName":"' + "\\" * 8000 + "}") * 1200,
    ],
    ids=range(7),
)
def test_ten_megabytes_of_rows_take_no_minutes(text):
    before = time.process_time()
    answers.last_object(zbs.shortened(text), ("error", "result"))
    assert time.process_time() - before < 10  # others use the machine too


def test_a_pool_with_more_than_can_be_read_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(zbs, "_LISTING_BYTES", 1000)
    with pytest.raises(ZbsError, match="the pool pool0 could not be listed: the answer is larger than can be read"):
        _pool_of(tmp_path, 200).volumes("pool0", Deadline(60))


def test_the_words_that_zbs_is_asked_with(tmp_path):
    log = tmp_path / "log"
    body = programs.answering('WARN: noise\n{"result": [{"logicalPoolInfos": []}], "error": {"code": 0}}')
    program = programs.write_program(tmp_path, "zbs", programs.logging_argv(log, body))
    assert zbs.Zbs(program).pools(Deadline(30)) == {}
    assert programs.calls(log) == [["list", "logical-pool", "--format", "json"]]


def clients(tmp_path, body, seconds=30):
    """What is found of who has pool1/vol1 open, and the calls that it took."""
    log = tmp_path / "log"
    program = programs.write_program(tmp_path, "zbs", programs.logging_argv(log, body))
    return zbs.Zbs(program).clients("pool1/vol1", Deadline(seconds)), programs.calls(log)


@pytest.mark.parametrize(
    "rows, found",
    [
        ("", []),
        ('{"ip": "10.0.0.12", "port": 9001}', ["10.0.0.12"]),
        ('{"ip": "10.0.0.12", "port": 9001}, {"ip": "fd00::1", "port": 9002}', ["10.0.0.12", "fd00::1"]),
        ('{"ip": ""}', [""]),
        ('{"port": 9001}, {"ip": null}, {"ip": 7}, 5, "10.0.0.12"', [None] * 5),
    ],
)
def test_who_has_a_volume_open(tmp_path, rows, found):
    asked, called = clients(
        tmp_path, fake.zbs("WARN: noise\n" + '{"error": {"code": 0, "message": ""}, "result": [%s]}' % rows)
    )
    assert asked == found
    assert called == [
        ["list", "client", "--help"],
        ["list", "client", "--path", "pool1/vol1", "--format", "json"],
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"result": []},
        {"error": None, "result": []},
        {"error": "", "result": []},
        {"error": {}, "result": []},
        {"error": {"code": False}, "result": []},
        {"error": {"code": "0"}, "result": []},
        {"error": {"code": 0}},
        {"error": {"code": 0}, "result": None},
        {"error": {"code": 0}, "result": {}},
        {"error": {"code": 0}, "result": {"ip": "10.0.0.12"}},
        {"error": {"code": 0}, "result": "10.0.0.12"},
    ],
)
def test_nobody_is_told_by_an_empty_list_alone(data):
    with pytest.raises(ZbsError) as caught:
        zbs.parse_clients(data)
    assert caught.value.code == "bad_listing" and "zbs list client" in caught.value.message


@pytest.mark.parametrize(
    "body, code, words",
    [
        (fake.zbs(help_text=fake.OLD_HELP), "no_path", "no --path"),
        (fake.zbs(help_text="  --pathology string\\n  --no-path"), "no_path", "no --path"),
        ("exit 1", "no_path", "no --path"),
        ("exec sleep 60", "zbs_timeout", "--help` did not end within"),
        (fake.zbs(body="exec sleep 60"), "zbs_timeout", "could not be listed within"),
        (fake.zbs(body="echo garbage"), "zbs_failed", "garbage"),
        (fake.zbs(body="exit 1"), "zbs_failed", "no answer"),
        (fake.zbs('{"error": {"code": 3, "message": "kFileNotExists"}}'), "zbs_failed", "kFileNotExists"),
        (fake.zbs('{"error": {"code": 0}, "result": null}'), "bad_listing", "an unknown form"),
    ],
)
def test_what_is_not_told_is_an_error(tmp_path, body, code, words):
    with pytest.raises(ZbsError) as caught:
        clients(tmp_path, body, seconds=1 if code == "zbs_timeout" else 30)
    assert caught.value.code == code and words in caught.value.message


def test_a_zbs_that_is_missing(tmp_path):
    with pytest.raises(ZbsError) as caught:
        zbs.Zbs(str(tmp_path / "none")).clients("pool1/vol1", Deadline(30))
    assert caught.value.code == "command_missing"


def test_the_help_is_asked_once_and_the_first_silence_shortens_the_next(tmp_path, monkeypatch):
    """Many disks behind a cluster that hangs must not cost a whole time-out each."""
    monkeypatch.setattr(zbs, "CLIENT_SECONDS", 1.0)
    monkeypatch.setattr(zbs, "NEXT_SECONDS", 0.2)
    log = tmp_path / "log"
    program = programs.write_program(tmp_path, "zbs", programs.logging_argv(log, fake.zbs(body="exec sleep 60")))
    asked, messages = zbs.Zbs(program), []
    for _number in range(3):
        with pytest.raises(ZbsError) as caught:
            asked.clients("pool1/vol1", Deadline(30))
        messages.append(caught.value.message)
    assert ["1 s" in message for message in messages] == [True, False, False]
    assert [call[-1] for call in programs.calls(log)] == ["--help", "json", "json", "json"]

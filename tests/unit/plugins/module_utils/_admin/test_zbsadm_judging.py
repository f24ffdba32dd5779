"""Judging what zbsadm answered: its JSON first, its exit status last."""

import json
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._admin import zbsadm
from ansible_collections.zstack.zbs.plugins.module_utils._tools.command import Result
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

SUCCESS = '{"success": true, "error": {"code": 0, "message": ""}}'
FAILURE = '{"success": false, "error": {"code": 410032, "message": "docker is not running"}}'


def judge(out, err="", rc=0, timed_out=False):
    return zbsadm.judge("vhost deploy", Result(None if timed_out else rc, out, err, timed_out), 300.0)


GOOD = [
    SUCCESS,
    json.dumps(json.loads(SUCCESS), indent=4),
    SUCCESS + "\n\n",
    "connecting to 172.30.0.11 ...\n" + SUCCESS + "\n",
    '{"progress": 50}\n' + SUCCESS,
    FAILURE + "\n" + SUCCESS,  # the last word counts
    '{"error": {"code": 0, "message": ""}}',  # client deploy, cluster ls
    '{"error": {"code": 0}, "result": []}',
    '{"success": true}',
    '{"success": true, "error": null}',
]


@pytest.mark.parametrize("out", GOOD)
def test_a_success(out):
    answer = judge(out)
    assert answer.warnings == [] and isinstance(answer.data, dict)


@pytest.mark.parametrize("out", GOOD)
def test_a_success_that_exits_1_is_a_success_with_a_warning(out):
    """zbsadm cluster ls of 1.5.1 to 1.6.0 does that."""
    assert "exit status 1" in judge(out, rc=1).warnings[0]


BAD = [
    (FAILURE, 410032, "docker is not running"),
    ("deploying\n" + FAILURE, 410032, "docker is not running"),
    ('{"success": false}', None, "no message"),
    ('{"success": false, "error": {"code": 0, "message": ""}}', 0, "no message"),
    ('{"success": true, "error": {"code": 7, "message": "half done"}}', 7, "half done"),
    ('{"success": "true", "error": {"code": 0}}', 0, "no message"),
    ('{"success": 1, "error": {"code": 0}}', 0, "no message"),
    ('{"success": null, "error": {"code": 0}}', 0, "no message"),
    ('{"error": {"code": 3, "message": "no"}}', 3, "no"),
    ('{"error": {"code": "0"}}', "0", "no message"),
    ('{"error": "text"}', None, "no message"),
    ("{}", None, "no message"),
    ('{"foo": 1}', None, "no message"),
    (SUCCESS + "\n" + FAILURE, 410032, "docker is not running"),
]


@pytest.mark.parametrize("out, code, words", BAD)
@pytest.mark.parametrize("rc", [0, 1])
def test_a_failure_whatever_the_status(out, code, words, rc):
    with pytest.raises(ZbsError) as caught:
        judge(out, rc=rc)
    assert caught.value.code == "zbsadm_failed" and words in caught.value.message
    assert caught.value.details["zbsadm_code"] == code and caught.value.details["rc"] == rc
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "error",
    [
        {"code": 1, "message": "login " * 1000000},
        {"code": "7" * 1000000, "message": "x" * 1000000},
        {"code": [[1]] * 100000, "message": {"a": ["no"]}},
    ],
)
def test_a_failure_in_many_words_is_cut_and_takes_no_minutes(error):
    before = time.process_time()
    with pytest.raises(ZbsError) as caught:
        judge(json.dumps({"success": False, "error": error}))
    assert time.process_time() - before < 5
    assert len(caught.value.message) < 1500 and "; " in caught.value.message
    assert len(json.dumps(caught.value.details)) < 1500


@pytest.mark.parametrize("rc", [0, 1, -9, 255])
def test_nothing_said(rc):
    for blank in ("", "\n \n"):
        with pytest.raises(ZbsError) as caught:
            judge(blank, rc=rc)
        assert (caught.value.code, caught.value.details) == ("zbsadm_empty", {"rc": rc})


@pytest.mark.parametrize("out", ["hello", "[]", "17", "null", '"text"', '{"half', "[" * 100000, "{" * 100000, "\0\0"])
@pytest.mark.parametrize("rc", [0, 1])
def test_garbage(out, rc):
    with pytest.raises(ZbsError) as caught:
        judge(out, rc=rc)
    assert caught.value.code == "zbsadm_garbage" and len(caught.value.message) < 500
    assert len(caught.value.details["output"]) <= 2000


def test_an_error_on_stderr_only_is_in_the_message():
    with pytest.raises(ZbsError) as caught:
        judge("", "panic: runtime error\ngoroutine 1\n", 2)
    assert "panic: runtime error goroutine 1" in caught.value.message


def test_a_json_on_stderr_is_no_answer():
    with pytest.raises(ZbsError) as caught:
        judge("", SUCCESS)
    assert caught.value.code == "zbsadm_garbage"


def test_a_timeout_whatever_it_said():
    for out in ("", SUCCESS, FAILURE):
        with pytest.raises(ZbsError) as caught:
            judge(out, timed_out=True)
        assert caught.value.code == "zbsadm_timeout" and "300 s" in caught.value.message


@pytest.mark.parametrize(
    "message, code, remedy",
    [
        ("The SSH login as root was refused by 172.30.0.11 port 22: Permission denied", "zbsadm_login", "ssh_username"),
        (
            "ssh: unable to authenticate, attempted methods [none password]: authentication failed",
            "zbsadm_login",
            "list",
        ),
        ("private_key_file required", "zbsadm_login", "private_key_file"),
        ("host not found: 172.30.0.11 is not in zbsadm's host list", "zbsadm_failed", "host list"),
        ("Host 172.30.0.11 port 22 can't be reached by SSH: No route to host", "zbsadm_failed", "reach the host"),
        ("too few free 2M hugepages", "zbsadm_failed", "zbs_hugepages"),
        ("Image a:1 is not on this host and can't be pulled", "zbsadm_failed", "the image"),
        ("docker is not running", "zbsadm_failed", "Docker Engine"),
        ("of tomorrow", "zbsadm_failed", "check the host"),
        ("two\nlines", "zbsadm_failed", "check the host"),
    ],
)
def test_a_failure_says_what_to_do(message, code, remedy):
    with pytest.raises(ZbsError) as caught:
        judge(json.dumps({"success": False, "error": {"code": 1, "message": message}}))
    assert caught.value.code == code and remedy in caught.value.message.split("(code 1); ")[1]
    assert "\n" not in caught.value.message


def test_a_secret_that_json_spells_otherwise():
    text = '{"success": false, "error": {"code": 1, "message": "the login hu\\u006eter2 of \\"root\\" is no good"}}'
    with pytest.raises(ZbsError) as caught:
        zbsadm.judge("vhost deploy", Result(0, text, ""), 1.0, ["hunter2"])
    assert "hunter2" not in str(caught.value.as_failure()) and "********" in caught.value.message

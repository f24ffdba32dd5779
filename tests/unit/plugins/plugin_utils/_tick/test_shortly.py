"""The question to the host's own code, and its answer."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import shortly

ASKED = {"host_ip": "192.0.2.1", "timeout": "5", "hold": "no", "phase": "observe"}


def test_the_question_has_what_the_module_would_have():
    text, params = shortly.question("c0de", shortly.TICK, ASKED, True)
    asked = json.loads(text)
    assert (asked["hash"], asked["module"]) == ("c0de", "zbs_vhost_recovery")
    assert (asked["check_mode"], asked["params"]) == (True, params)
    assert (params["timeout"], params["hold"], params["max_skip"], params["who"]) == (5.0, False, 64, "ansible")


@pytest.mark.parametrize(
    "more",
    [
        {"timeout": "long"},
        {"phase": "dance"},
        {"max_skip": 0},
        {"primary_storage": " "},
        {"unknown": 1},
        {"phase": "finish"},
        {"facts_dir": "~/facts"},
        {"admin_socket": "$HOME/admin.sock"},
        {"attempt_timeout": 0},
    ],
)
def test_what_only_the_module_can_say_is_not_asked(more):
    assert shortly.question("c0de", shortly.TICK, dict(ASKED, **more), False) == (None, None)


BEGIN = {"host_ip": "192.0.2.1", "phase": "begin", "counts": True, "cpuset": "4-7", "secrets": ["hidden"]}


def test_an_attempt_has_what_its_module_would_have():
    text, params = shortly.question("c0de", shortly.ATTEMPT, BEGIN, False)
    asked = json.loads(text)
    assert (asked["module"], asked["params"]["protocols"]) == ("zbs_vhost_attempt", ["vhost"])
    assert (params["hugepage_size"], params["cpuset"], params["evidence_keep"]) == ("2M", "4-7", 20)


@pytest.mark.parametrize(
    "more", [{"phase": "observe"}, {"cpuset": {1, 2}}, {"evidence_dir": "~/evidence"}, {"max_skip": 0}, {"hold": "x"}]
)
def test_of_an_attempt_too_the_module_says_what_cannot_be(more):
    assert shortly.question("c0de", shortly.ATTEMPT, dict(BEGIN, **more), False) == (None, None)


def test_no_secret_is_in_an_answer():
    _text, params = shortly.question("c0de", shortly.ATTEMPT, BEGIN, False)
    told = {"result": {"error": "the login hidden was refused", "secret": "hidden", "warn": ["hidden!"]}}
    found = shortly.answer(0, json.dumps(told), params)
    assert "hidden" not in json.dumps(found) and found["error"] == "the login ******** was refused"
    assert params["secrets"] == ["hidden"]


def test_a_result_is_the_modules():
    found = shortly.answer(0, json.dumps({"result": {"changed": False, "warn": ["w"], "due": []}}), {"a": 1})
    assert found == {"changed": False, "warnings": ["w"], "due": [], "invocation": {"module_args": {"a": 1}}}
    assert "warnings" not in shortly.answer(0, json.dumps({"result": {"changed": False, "warn": []}}), {})


def test_a_guard_that_is_not_at_work_is_a_warning():
    told = {"result": {"changed": False, "warn": ["w"]}, "guard": "no guard is at work"}
    assert shortly.answer(0, json.dumps(told), {})["warnings"] == ["w", "no guard is at work"]
    assert "warnings" not in shortly.answer(0, json.dumps({"result": {}, "guard": None}), {})


def test_a_failure_is_the_modules():
    failure = {"code": "bad_option", "message": "no", "details": {}}
    found = shortly.answer(0, json.dumps({"failure": failure}), {})
    assert (found["failed"], found["msg"], found["failure"]) == (True, "no", failure)


@pytest.mark.parametrize(
    "status, output",
    [
        (127, ""),
        (126, ""),
        (1, "Traceback"),
        (1, json.dumps({"result": {}})),
        (0, ""),
        (0, "{"),
        (0, "[]"),
        (0, json.dumps({"declined": "other code"})),
        (0, "noise " + json.dumps({"result": {}})),
        (1, "noise\n" + json.dumps({"result": {}})),
        (0, json.dumps({"result": 7})),
        (0, json.dumps({"result": ["x"]})),
        (0, json.dumps({"failure": "x"})),
        (0, json.dumps({"failure": {"code": "x"}, "result": {}})),
        (0, "[" * 100000),
        (0, '{"result": ' + '{"a": ' * 900 + "1" + "}" * 901),
        (0, '{"result": {"a": NaN}}'),
    ],
)
def test_whatever_else_goes_the_long_way(status, output):
    assert shortly.answer(status, output, {}) is None


@pytest.mark.parametrize("before", ["Welcome\n", '{"motd": 1}\n', "\x1b[1mhello\x1b[0m\n\n"])
@pytest.mark.parametrize("after", ["", "\nBye\n", '\n{"a": 1}'])
def test_what_a_login_says_beside_it_costs_no_answer(before, after):
    """An answer that is not read is an attempt that nobody ends."""
    output = before + json.dumps({"result": {"begun": ["vhost"], "diff": {"before": {}}}}) + after
    assert shortly.answer(0, output, {})["begun"] == ["vhost"]


@pytest.mark.parametrize(
    "status, output, certain",
    [
        (127, "", True),
        (126, "noise", True),
        (0, '{"declined": "other code"}', True),
        (0, 'noise\n{"declined": "other code"}', True),
        (1, "", False),
        (0, "", False),
        (0, "junk", False),
        (0, '{"result": 7}', False),
        (-9, '{"failure"', False),
    ],
)
def test_when_it_is_certain_that_nothing_was_done(status, output, certain):
    assert shortly.untouched(status, output) is certain


@pytest.mark.parametrize(
    "errors, words",
    [
        ("", "it ended with status 1 and no answer"),
        (" \n", "it ended with status 1 and no answer"),
        ("Traceback\nKeyError: 'x'\n", "it ended with status 1 and no answer: KeyError: 'x'"),
    ],
)
def test_the_last_line_of_its_errors_is_told(errors, words):
    assert shortly.reason(1, "", errors) == words


@pytest.mark.parametrize(
    "output, why",
    [
        ('{"declined": "other code"}', "other code"),
        ("[" * 100000, "it ended with status 0 and no answer"),
        ('{"declined": null}', "it ended with status 0 and no answer"),
        ("7", "it ended with status 0 and no answer"),
    ],
)
def test_the_reason(output, why):
    assert shortly.reason(0, output) == why

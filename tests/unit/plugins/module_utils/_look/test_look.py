"""The look: the module's result by the code that lies on the host."""

import io
import json
from types import SimpleNamespace

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._attempt import phase as attempt
from ansible_collections.zstack.zbs.plugins.module_utils._look import look
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

CODE = "c0de"


def asked(**more):
    found = {"hash": CODE, "module": "zbs_vhost_recovery", "params": {"a": 1}, "check_mode": False}
    return json.dumps(dict(found, **more)).encode()


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"7", b"{}", b"\xff", asked(params=7), asked(module=["x"]), b"[" * 100000]
)
def test_a_question_that_is_none_is_declined(text):
    assert look.respond(text, CODE) == {"declined": "the question can't be understood"}


def test_other_code_is_declined_and_nothing_is_done(monkeypatch):
    monkeypatch.setattr(phases, "run", None)
    assert "the controller's is other" in look.respond(asked(hash="other"), CODE)["declined"]


def test_the_result_is_that_of_the_phase(monkeypatch):
    monkeypatch.setattr(phases, "run", lambda params, check_mode: {"params": params, "check": check_mode})
    assert look.respond(asked(check_mode=True), CODE) == {"result": {"params": {"a": 1}, "check": True}}


@pytest.mark.parametrize(
    "phase, there, said", [("observe", True, True), ("observe", False, False), ("begin", True, False)]
)
def test_a_host_that_should_have_a_guard_says_so(monkeypatch, tmp_path, phase, there, said):
    monkeypatch.setattr(phases, "run", lambda params, check_mode: {})
    monkeypatch.setattr(look.options, "FILE", str(tmp_path / "guard.json"))
    monkeypatch.setattr(look.status, "FILE", str(tmp_path / "status.json"))
    if there:
        (tmp_path / "guard.json").write_text("{}")
    answer = look.respond(asked(params={"phase": phase}), CODE)
    assert ("no guard is at work" in answer["guard"]) if said else ("guard" not in answer)


@pytest.mark.parametrize("phase", ["begin", "finish"])
def test_an_attempt_is_that_of_its_module(monkeypatch, phase):
    monkeypatch.setattr(phases, "run", None)
    monkeypatch.setitem(attempt.PHASES, phase, lambda params, check_mode: {"params": params, "check": check_mode})
    answer = look.respond(asked(module="zbs_vhost_attempt", params={"phase": phase}, check_mode=True), CODE)
    assert answer == {"result": {"params": {"phase": phase}, "check": True}}


def test_what_is_no_module_of_a_tick_is_declined(monkeypatch):
    monkeypatch.setattr(phases, "run", None)
    for name in ("zbs_vhost_deploy", None):
        assert "has no module %s" % name in look.respond(asked(module=name), CODE)["declined"]


@pytest.mark.parametrize("refuse", [False, True])
def test_no_secret_leaves_the_host(monkeypatch, refuse):
    def begin(_params, _check_mode):
        if refuse:
            raise ZbsError("hunter2 was refused", "bad_option", {"login": "hunter2"})
        return {"error": "hunter2", "warn": ["with hunter2"]}

    monkeypatch.setitem(attempt.PHASES, "begin", begin)
    params = {"phase": "begin", "secrets": ["hunter2"]}
    answer = look.respond(asked(module="zbs_vhost_attempt", params=params), CODE)
    assert ("failure" in answer) is refuse and "hunter2" not in json.dumps(answer)


def test_nothing_from_outside_acts_on_a_terminal(monkeypatch):
    monkeypatch.setattr(phases, "run", lambda _params, _check_mode: {"vm": "a\x1b[2J", "warn": ["b\x07"]})
    assert look.respond(asked(), CODE) == {"result": {"vm": "a\\x1b[2J", "warn": ["b\\x07"]}}


def test_an_intended_error_is_a_failure(monkeypatch):
    def refuse(_params, _check_mode):
        raise ZbsError("the ledger can't be written", "ledger_unwritable")

    monkeypatch.setattr(phases, "run", refuse)
    failure = {"code": "ledger_unwritable", "message": "the ledger can't be written", "details": {}}
    assert look.respond(asked(), CODE) == {"failure": failure}


def test_the_program(monkeypatch, capsys):
    monkeypatch.setattr(look.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(asked(hash="x"))))
    assert look.main(CODE) == 0
    assert "declined" in json.loads(capsys.readouterr().out)

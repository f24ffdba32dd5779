"""One call from its words to its exit status, the same way for zbsadm and for zbs."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Callable, NoReturn

from . import faults, settings, store
from .codes import GENERIC
from .commands import Command
from .errors import Failure, UsageError
from .flags import HelpAsked, parse
from .journal import Call

#: sub-command words, as in "vhost deploy"
Table = dict[str, Command]


def execute(program: str, table: Table, words: Sequence[str]) -> int:
    """Do what the words ask and return the exit status; 2 with a sentence on stderr when they are wrong."""
    call = Call(program, words)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    try:
        return _run(program, table, list(words), call)
    except UsageError as error:
        call.write("usage", 2, message=str(error))
        print(f"Error: {error}. Try '{program} --help'.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        call.write("interrupted", 130)
        return 130
    except SystemExit as error:
        call.write("interrupted", int(error.code or 0))
        raise
    except Exception as error:  # a bug here must still be one sentence, and be in the log
        call.write("broken", 70, message=repr(error))
        print(f"Error: the stand-in of {program} is broken: {error!r}. Report it.", file=sys.stderr)
        return 70


def _interrupted(number: int, _frame: Any) -> NoReturn:
    raise SystemExit(128 + number)


def _find(program: str, table: Table, words: list[str]) -> str:
    for name in sorted(table, key=lambda name: -len(name.split())):
        if words[: len(name.split())] == name.split():
            return name
    asked = " ".join(word for word in words[:2] if not word.startswith("-"))
    raise UsageError(f"unknown command {asked!r} for {program!r}" if asked else "a command is missing")


def _run(program: str, table: Table, words: list[str], call: Call) -> int:
    name = _find(program, table, words)
    command = table[name]
    journal_name = name if program == "zbsadm" else f"{program} {name}"
    call.about(journal_name, None, "")
    try:
        chosen = settings.read(store.load())
    except Failure as error:
        # Without settings not even the dialect is known, so the words can't be judged.
        return _fail(call, command, error, 1)
    flags = command.flags_of(chosen)
    try:
        given = parse(words[len(name.split()) :], flags)
    except HelpAsked:
        print(f"Usage: {program} {name} [flags]\n\nFlags:")
        for flag in flags:
            print(f"  {flag.shown:18} {flag.help}{' (required)' if flag.required else ''}")
        return 0
    except UsageError as error:
        if command.login is None and chosen.dialect == "hosts-list" and str(error).startswith("unknown"):
            raise UsageError(f"{error}; this release reads the login from its own host list") from None
        raise
    secret = given.get("password", "")
    call.about(journal_name, given.get("host"), secret)
    try:
        hit = store.update(lambda document: faults.take(document, journal_name, given.get("host"), bool(secret)))
        for fault in hit:
            ended = _suffer(fault, command, chosen, call)
            if ended is not None:
                return ended
        extra = command.act(given, chosen)
    except Failure as error:
        return _fail(call, command, error, chosen.failure_exit_status)
    return _succeed(call, name, command, chosen, extra, given)


def _answer(command: Command, code: int, message: str, extra: dict[str, Any]) -> None:
    document: dict[str, Any] = {"success": code == 0} if command.tells_success else {}
    document["error"] = {"code": code, "message": message}
    document.update(extra)
    print(json.dumps(document), flush=True)


def _fail(call: Call, command: Command, error: Failure, status: int, outcome: str = "failed") -> int:
    _answer(command, error.code, error.message, {})
    call.write(outcome, status, error.code, error.message)
    return status


def _succeed(
    call: Call, name: str, command: Command, chosen: settings.Settings, extra: dict[str, Any], given: dict[str, Any]
) -> int:
    status = 1 if name == "cluster ls" and chosen.cluster_ls_exits_1 else 0
    if name == "cluster ls" and given.get("format", "table") == "table":
        for cluster in extra["clusters"]:
            print("  ".join(f"{key}={value}" for key, value in cluster.items()))
    else:
        _answer(command, 0, "", extra)
    call.write("ok", status, 0)
    return status


def _suffer(fault: dict[str, Any], command: Command, chosen: settings.Settings, call: Call) -> Any:
    """Let a fault happen: the exit status when it ends the call, None when the call goes on."""
    kind = fault["kind"]
    outcome = f"fault {kind}"
    if kind == "slow":
        _pass_time(fault["seconds"])
        return None
    if kind == "hang":
        call.write(outcome, 124)
        _pass_time(fault["seconds"])
        return 124
    if kind == "fail":
        return _fail(call, command, Failure(fault["code"], fault["message"]), chosen.failure_exit_status, outcome)
    if kind == "echo-password":
        # As it is, not quoted: the log finds and masks it by its exact text, and so must whoever reads the answer.
        said = f"ssh: handshake failed with password {call.secret} : unable to authenticate"
        return _fail(call, command, Failure(GENERIC, said), chosen.failure_exit_status, outcome)
    if kind == "garbage":
        print(fault["text"], flush=True)
    call.write(outcome, 0)
    return 0


def _pass_time(seconds: float, now: Callable[[], float] = time.monotonic) -> None:
    """Wait; but a call whose caller has gone ends, so that no test leaves one behind."""
    caller = os.getppid()
    end = now() + seconds
    while now() < end:
        if os.getppid() != caller:
            raise SystemExit(129)
        time.sleep(min(0.2, max(0.0, end - now())))

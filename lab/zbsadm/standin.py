"""``zbsadm standin``: what the real zbsadm has not: settings, faults, the log of calls."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import Any

from . import faults, journal, settings, store, values
from .errors import Failure


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 86400:
        raise argparse.ArgumentTypeError("must be above 0 and at most 86400")
    return number


def _address(text: str) -> str:
    try:
        return values.host(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zbsadm standin", allow_abbrev=False, description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def fault(name: str, text: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
        amount = verb.add_mutually_exclusive_group()
        amount.add_argument("--next", type=_positive, default=1, metavar="N", help="hit the next N calls (default: 1)")
        amount.add_argument("--always", action="store_true", help="hit all calls until cleared")
        verb.add_argument("--host", type=_address, help="only calls for this compute host")
        verb.add_argument("--command", choices=faults.COMMANDS, help="only this command (else all of zbsadm's)")
        return verb

    fail = fault("fail", "answer with a failure")
    fail.add_argument("--code", type=_positive, help="error.code (default: 410032)")
    fail.add_argument("--message", help="error.message")
    fault("garbage", "print something that is no JSON").add_argument("--text", help="what to print")
    fault("empty", "print nothing, exit 0")
    hang = fault("hang", "print nothing and do not end")
    hang.add_argument("--seconds", type=_seconds, default=3600.0, help="the end of it after all (default: 3600)")
    fault("slow", "wait, then do as asked").add_argument("seconds", type=_seconds, metavar="SECONDS")
    fault("echo-password", "fail with a message that holds the password of the call; calls without one are not hit")

    verbs.add_parser("clear", help="switch all faults off")
    verbs.add_parser("show", help="settings and faults as JSON")
    setting = verbs.add_parser("set", help="change a setting", description="Settings: " + ", ".join(settings.NAMES))
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE")
    calls = verbs.add_parser("calls", help="the log of calls, one JSON line each")
    calls.add_argument("--host", type=_address, help="only calls for this compute host")
    calls.add_argument("--command", choices=faults.COMMANDS, help="only calls of this command")
    calls.add_argument("--count", action="store_true", help="print how many, not which")
    calls.add_argument("--clear", action="store_true", help="forget all calls")
    return parser


def main(words: list[str] | None = None) -> int:
    """Returns the exit status."""
    asked = _parser().parse_args(words)
    try:
        return _do(asked)
    except Failure as error:
        print(f"Error: {error.message}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
    return 1


def _do(asked: argparse.Namespace) -> int:
    if asked.verb == "show":
        document = store.load()
        shown = {**dataclasses.asdict(settings.read(document)), "faults": document["faults"]}
        print(json.dumps(shown, indent=2))
    elif asked.verb == "clear":
        store.update(lambda document: document["faults"].clear())
    elif asked.verb == "set":
        value = settings.check(asked.key, asked.value)
        store.update(lambda document: document.update({asked.key: value}))
    elif asked.verb == "calls":
        _calls(asked)
    else:
        store.update(lambda document: document["faults"].append(_fault(asked)))
    return 0


def _fault(asked: argparse.Namespace) -> dict[str, Any]:
    details = {key: getattr(asked, key, None) for key in ("code", "message", "text", "seconds", "host", "command")}
    return faults.make(asked.verb, None if asked.always else asked.next, **details)


def _calls(asked: argparse.Namespace) -> None:
    if asked.clear:
        journal.clear()
        return
    chosen = [
        entry
        for entry in journal.read()
        if (not asked.host or entry["host"] == asked.host) and (not asked.command or entry["command"] == asked.command)
    ]
    if asked.count:
        print(len(chosen))
        return
    for entry in chosen:
        print(json.dumps(entry))

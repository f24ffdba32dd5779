"""Faults that a test or the demo switches on, and the counting down of them.

A fault is an object: ``kind``, ``left`` (calls that it still hits; null: until cleared), and what it needs:
``code`` and ``message`` (fail), ``text`` (garbage), ``seconds`` (slow, hang), ``host`` and ``command`` (whom it hits).
"""

from __future__ import annotations

from typing import Any

from .codes import GENERIC

#: kinds that answer in zbsadm's place; of these a call meets at most one, the oldest
ENDING = ("fail", "garbage", "empty", "hang", "echo-password")
KINDS = (*ENDING, "slow")
COMMANDS = (
    "vhost deploy",
    "vhost destroy",
    "vhost create-bdev",
    "vhost delete-bdev",
    "client deploy",
    "cluster ls",
    "zbs list file",
    "zbs list client",
    "zbs status mds",
)
_TYPES: dict[str, Any] = {
    "code": int,
    "message": str,
    "text": str,
    "host": str,
    "command": str,
    "seconds": (int, float),
}


def check(faults: Any) -> None:
    """Raise ValueError when the list is none or holds something that is no fault."""
    if not isinstance(faults, list):
        raise ValueError("faults must be a list")
    for fault in faults:
        if not isinstance(fault, dict) or fault.get("kind") not in KINDS:
            raise ValueError(f"{fault!r} is no fault; the kinds are {', '.join(KINDS)}")
        left = fault.get("left")
        if left is not None and (isinstance(left, bool) or not isinstance(left, int) or left < 1):
            raise ValueError(f"left must be a number of calls above 0 or null in {fault!r}")
        for key, value in fault.items():
            if key not in ("kind", "left") and not isinstance(value, _TYPES.get(key, ())):
                raise ValueError(f"{key} can't be {value!r} in {fault!r}")
        if fault["kind"] in ("slow", "hang") and not fault.get("seconds", -1) > 0:
            raise ValueError(f"seconds must be above 0 in {fault!r}")
        if fault.get("command") not in (None, *COMMANDS):
            raise ValueError(f"command must be one of {', '.join(COMMANDS)} in {fault!r}")


def make(kind: str, calls: int | None, **details: Any) -> dict[str, Any]:
    """A fault that hits the next ``calls`` calls, or all until cleared."""
    fault = {"kind": kind, "left": calls, **{key: value for key, value in details.items() if value is not None}}
    if kind == "fail":
        fault.setdefault("code", GENERIC)
        fault.setdefault("message", "A fault of the stand-in: zbsadm was told to fail")
    if kind == "garbage":
        fault.setdefault("text", "panic: runtime error: index out of range [3] with length 3")
    check([fault])
    return fault


def _hits(fault: dict[str, Any], command: str, host: str | None, has_password: bool) -> bool:
    # The zbs command line is another program: only a fault that names it hits it.
    if command.startswith("zbs ") and "command" not in fault:
        return False
    if fault["kind"] == "echo-password" and not has_password:
        return False
    return fault.get("command", command) == command and fault.get("host", host) == host


def take(document: dict[str, Any], command: str, host: str | None, has_password: bool) -> list[dict[str, Any]]:
    """The faults that hit this call, counted down in the document: all slow ones, then at most one that ends it."""
    hit: list[dict[str, Any]] = []
    ended = False
    for fault in document["faults"]:
        ends = fault["kind"] in ENDING
        if not _hits(fault, command, host, has_password) or (ends and ended):
            continue
        ended = ended or ends
        hit.append(dict(fault))
        if fault["left"] is not None:
            fault["left"] -= 1
    document["faults"] = [fault for fault in document["faults"] if fault["left"] != 0]
    return sorted(hit, key=lambda fault: fault["kind"] in ENDING)

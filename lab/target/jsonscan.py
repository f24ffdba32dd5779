"""Where does the first JSON value of a growing buffer end? The strict, incremental half of SPDK's JSON parser.

Python's own decoder cannot tell "incomplete" (SPDK waits in silence) from "malformed" (SPDK closes the connection),
and it accepts NaN. Limits are SPDK's: 1024 values a request, 64 levels.
"""

from __future__ import annotations

import re

MAX_VALUES = 1024
MAX_DEPTH = 64

_SPACE = re.compile(rb"[ \t\r\n]*")
_CHARS = rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*'
_STRING = re.compile(_CHARS + b'"')
_STRING_BEGUN = re.compile(_CHARS + rb"(?:\\(?:u[0-9a-fA-F]{0,3})?)?\Z")
_NUMBER_RUN = re.compile(rb"[-+.eE0-9]+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_BEGUN = re.compile(rb"-|-?(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][+-]?)")
_LITERALS = (b"true", b"false", b"null")

# What may come next.
_VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _COMMA_OR_END = range(6)


class Malformed(Exception):
    """The bytes can never become a JSON value that SPDK accepts."""


class _Incomplete(Exception):
    """More bytes are needed."""


def scan(data: bytes) -> int:
    """Return the length of the first complete JSON value in ``data`` (leading white space included), 0 if more bytes
    are needed. Raise Malformed when no further byte could help."""
    try:
        end = _scan(data)
    except _Incomplete:
        return 0
    try:
        data[:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(str(error)) from error
    return end


def _scan(data: bytes) -> int:
    stack: list[int] = []  # the opening bytes still waiting for their end
    state, values, pos = _VALUE, 0, 0
    while True:
        pos = _space(data, pos)
        byte = data[pos : pos + 1]
        if state == _COLON:
            _expect(byte, b":", pos)
            state, pos = _VALUE, pos + 1
            continue
        if state == _COMMA_OR_END and byte == b",":
            state, pos = (_KEY if stack[-1] == 0x7B else _VALUE), pos + 1
            continue
        closing = b"}" if stack and stack[-1] == 0x7B else b"]"
        if state in (_VALUE_OR_END, _KEY_OR_END, _COMMA_OR_END) and byte == closing:
            stack.pop()
            pos += 1
            state = _COMMA_OR_END
        elif state == _COMMA_OR_END:
            raise Malformed(f"unexpected byte at {pos}")
        elif state in (_KEY, _KEY_OR_END):
            _expect(byte, b'"', pos)
            state, pos = _COLON, _string(data, pos)
        elif byte in (b"{", b"["):
            stack.append(byte[0])
            if len(stack) > MAX_DEPTH:
                raise Malformed(f"more than {MAX_DEPTH} levels")
            state, pos = (_KEY_OR_END if byte == b"{" else _VALUE_OR_END), pos + 1
        else:
            state, pos = _COMMA_OR_END, _scalar(data, pos)
        values += 1
        if values > MAX_VALUES:
            raise Malformed(f"more than {MAX_VALUES} values")
        if not stack:
            return pos


def _space(data: bytes, pos: int) -> int:
    match = _SPACE.match(data, pos)
    pos = match.end() if match else pos
    if pos >= len(data):
        raise _Incomplete
    return pos


def _expect(byte: bytes, wanted: bytes, pos: int) -> None:
    if byte != wanted:
        raise Malformed(f"expected {wanted!r} at {pos}")


def _string(data: bytes, pos: int) -> int:
    match = _STRING.match(data, pos)
    if match:
        return match.end()
    if _STRING_BEGUN.match(data, pos):
        raise _Incomplete
    raise Malformed(f"bad string at {pos}")


def _scalar(data: bytes, pos: int) -> int:
    if data[pos : pos + 1] == b'"':
        return _string(data, pos)
    run = _NUMBER_RUN.match(data, pos)
    if run:
        if _NUMBER.fullmatch(run.group()):
            return run.end()
        if run.end() == len(data) and _NUMBER_BEGUN.fullmatch(run.group()):
            raise _Incomplete
        raise Malformed(f"bad number at {pos}")
    for literal in _LITERALS:
        if data.startswith(literal, pos):
            return pos + len(literal)
        if literal.startswith(data[pos:]):
            raise _Incomplete
    raise Malformed(f"unexpected byte at {pos}")

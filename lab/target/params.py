"""Decoding ``params`` as strictly as SPDK's ``spdk_json_decode_object``: types, required names, no unknown names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class DecodeError(Exception):
    """The parameters do not fit; each method has its own code and message for that."""


class JsonObject(dict):
    """A JSON object that remembers whether a name came twice (SPDK refuses such objects)."""

    duplicate = False


def _pairs(pairs: list[tuple[str, Any]]) -> JsonObject:
    obj = JsonObject(pairs)
    obj.duplicate = len(obj) != len(pairs)
    return obj


def loads(data: bytes) -> Any:
    """Decode one complete JSON value (already checked by ``jsonscan``), objects as JsonObject."""
    return json.loads(data, object_pairs_hook=_pairs)


@dataclass(frozen=True)
class Field:
    """One parameter: ``kind`` is string, bool, uint32, uint64 or int32."""

    kind: str
    required: bool = True


_RANGES = {"uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1), "int32": (-(2**31), 2**31 - 1)}


def _fits(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    low, high = _RANGES[kind]
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def decode(params: Any, fields: Mapping[str, Field], relaxed: bool = False) -> dict[str, Any]:
    """Return the values by name; absent optional ones are left out. ``relaxed`` lets unknown names pass, as
    ``spdk_json_decode_object_relaxed`` does. Raises DecodeError."""
    if not isinstance(params, JsonObject) or params.duplicate:
        raise DecodeError("params is no object with unique names")
    unknown = set(params) - set(fields)
    if unknown and not relaxed:
        raise DecodeError(f"unknown parameter {sorted(unknown)[0]}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in params:
            if field.required:
                raise DecodeError(f"parameter {name} is missing")
            continue
        if not _fits(params[name], field.kind):
            raise DecodeError(f"parameter {name} is no {field.kind}")
        values[name] = params[name]
    return values

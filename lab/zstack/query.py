# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A query as the manager answers it: conditions, sort, paging, fields, count. Unknown fields are refused."""

from __future__ import annotations

import re
from typing import Any, Callable, Optional, Sequence

Row = dict[str, Any]
#: what a query without a limit gets at most
DEFAULT_LIMIT = 1000
_PARAMETERS = ("q", "limit", "start", "count", "groupBy", "replyWithCount", "sort", "fields")
# An operator that holds another must be looked for first.
_OPERATORS = ("!=", ">=", "<=", "!?=", "!~=", "~=", "?=", "=", ">", "<", "is null", "not null")


class Refused(Exception):
    """The query is none that the manager takes: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def answer(rows: Sequence[Row], fields: Sequence[str], parameters: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`{"inventories": [...], "total": N}` as the parameters ask for it. Raises Refused."""
    given: dict[str, str] = {}
    conditions = []
    for name, value in parameters:
        if name not in _PARAMETERS:
            raise Refused(400, f"unknown query parameter[{name}]")
        if name == "q":
            conditions.append(_condition(value, fields))
        else:
            given[name] = value.strip()
    found = [row for row in rows if all(holds(row) for holds in conditions)]
    if given.get("count") == "true":
        return {"total": len(found)}
    page = _page(_sorted(found, given.get("sort"), fields), given)
    result: dict[str, Any] = {"inventories": [_shown(row, given.get("fields"), fields) for row in page]}
    if given.get("replyWithCount") == "true":
        result["total"] = len(found)
    return result


def _condition(text: str, fields: Sequence[str]) -> Callable[[Row], bool]:
    operator = next((word for word in _OPERATORS if word in text), None)
    if operator is None:
        raise Refused(400, f"The '{text}' in the parameter[q] doesn't contain any query operator")
    name, _, value = text.partition(operator)
    name = _known(name.strip(), fields)

    def holds(row: Row) -> bool:
        return _compare(row.get(name), operator, value)

    return holds


def _compare(have: Any, operator: str, value: str) -> bool:
    if operator in ("is null", "not null"):
        return (have is None) == (operator == "is null")
    if have is None:
        return False
    if operator in (">", "<", ">=", "<="):
        try:
            left, right = float(have), float(value)
        except ValueError:
            left, right = str(have), value  # type: ignore[assignment]
        return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]
    text = str(have)
    if operator.endswith("~="):
        like = re.fullmatch(".*".join(re.escape(part) for part in value.split("%")), text, re.S | re.I) is not None
        return like != operator.startswith("!")
    if operator.endswith("?="):
        return (text in value.split(",")) != operator.startswith("!")
    return (text == value) != operator.startswith("!")


def _sorted(rows: list[Row], wanted: Optional[str], fields: Sequence[str]) -> list[Row]:
    if wanted is None:
        return rows
    name = _known(wanted.lstrip("+-"), fields)
    return sorted(rows, key=lambda row: str(row.get(name)), reverse=wanted.startswith("-"))


def _page(rows: list[Row], given: dict[str, str]) -> list[Row]:
    numbers = {}
    for name, default in (("start", 0), ("limit", DEFAULT_LIMIT)):
        text = given.get(name, str(default))
        if not text.isdigit():
            raise Refused(400, f"Invalid query parameter. '{name}' must be an integer")
        numbers[name] = int(text)
    return rows[numbers["start"] : numbers["start"] + numbers["limit"]]


def _shown(row: Row, wanted: Optional[str], fields: Sequence[str]) -> Row:
    if wanted is None:
        return row
    names = [_known(name.strip(), fields) for name in wanted.split(",")]
    return {name: row[name] for name in names if name in row}


def _known(name: str, fields: Sequence[str]) -> str:
    if name not in fields:
        raise Refused(503, f"the queried table has no field[{name}]")
    return name

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of fields and what they take, after the serializers of AWX (and of Django REST framework below them)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import yaml


class Refused(Exception):
    """An answer that is no success: its status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def wrong(name: str, *words: str) -> Refused:
    """The 400 for one field."""
    return Refused(400, {name: list(words)})


@dataclass(frozen=True)
class Field:
    """One field. `kind` is char, vars (YAML or JSON as text), choice, int, bool, json, ref (an id in `table`) or fixed (read only)."""

    kind: str
    default: Any = None
    required: bool = False
    table: str = ""
    choices: tuple[str, ...] = ()
    blank: bool = True
    least: int | None = None

    def take(self, name: str, value: Any, has: Any) -> Any:
        """The value as it is kept. `has(table, id)` tells whether there is such an object. Raises Refused."""
        return getattr(self, f"_{self.kind}")(name, value, has)

    def _char(self, name: str, value: Any, _has: Any) -> str:
        if value is None:
            value = ""  # AWX's CharNullField
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise wrong(name, "Not a valid string.")
        if self.required and not str(value).strip():
            raise wrong(name, "This field may not be blank.")
        return str(value)

    def _vars(self, name: str, value: Any, has: Any) -> str:
        text = self._char(name, value, has)
        try:
            found = yaml.safe_load(text) if text.strip() else {}
        except yaml.YAMLError:
            raise wrong(name, "Cannot parse as JSON or YAML.") from None
        if not isinstance(found, dict):
            raise wrong(name, "Input type `%s` is not a dictionary" % type(found).__name__)
        return text

    def _choice(self, name: str, value: Any, _has: Any) -> str:
        value = "" if value is None else value
        if value == "" and self.blank:
            return ""
        if value not in self.choices:
            raise wrong(name, f'"{value}" is not a valid choice.')
        return str(value)

    def _int(self, name: str, value: Any, _has: Any) -> int:
        if isinstance(value, bool):
            raise wrong(name, "A valid integer is required.")
        try:
            number = int(str(value))
        except ValueError:
            raise wrong(name, "A valid integer is required.") from None
        if self.least is not None and number < self.least:
            raise wrong(name, f"Ensure this value is greater than or equal to {self.least}.")
        return number

    def _bool(self, name: str, value: Any, _has: Any) -> bool:
        if value in (None, ""):
            return False  # AWX's BooleanNullField
        if isinstance(value, (list, dict)) or value not in (True, False, "true", "false", "True", "False", "0", "1"):
            raise wrong(name, "Must be a valid boolean.")
        return value in (True, "true", "True", "1")

    def _json(self, name: str, value: Any, _has: Any) -> Any:
        if not isinstance(value, type(self.default)):
            raise wrong(name, f"Expected a value of type {type(self.default).__name__}.")
        return json.loads(json.dumps(value))

    def _ref(self, name: str, value: Any, has: Any) -> int | None:
        if value in (None, ""):
            if self.required:
                raise wrong(name, "This field may not be null.")
            return None
        if isinstance(value, bool) or not str(value).isdigit():
            raise wrong(name, f"Incorrect type. Expected pk value, received {type(value).__name__}.")
        if not has(self.table, int(value)):
            raise wrong(name, f'Invalid pk "{value}" - object does not exist.')
        return int(value)


@dataclass(frozen=True)
class Resource:
    """One list of the API: the fields of its objects, what can be associated with them ({path: table}), what is unique."""

    type: str
    fields: dict[str, Field]
    related: dict[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ("name",)
    #: Objects that go with an object of this one: {table: field that names it}.
    owns: dict[str, str] = field(default_factory=dict)
    #: The status of a deletion; AWX deletes inventories in the background.
    deleted: int = 204

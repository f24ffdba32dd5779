# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a controller as they lie there: found by id, by name, by what refers to them. Rules read them, the store changes them."""

from __future__ import annotations

from typing import Any

from .fields import Refused
from .resources import RESOURCES, UNIFIED

Thing = dict[str, Any]


class Tables:
    """`tables` {table: {id: object}}, `links` {(table, id, path): ids}, `surveys` {(table, id): spec}, project updates by id."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[int, Thing]] = {table: {} for table in RESOURCES}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Thing] = {}
        self.updates: dict[int, Thing] = {}
        self.found_playbooks: dict[int, list[str]] = {}

    def has(self, table: str, number: int) -> bool:
        """Whether there is an object of that id; `unified_job_templates` is the list of all that can be started."""
        return any(number in self.tables[one] for one in (UNIFIED if table == "unified_job_templates" else (table,)))

    def get(self, table: str, number: int) -> Thing:
        """One object. Raises Refused."""
        if number not in self.tables[table]:
            raise Refused(404, {"detail": "Not found."})
        return self.tables[table][number]

    def unified(self, number: int) -> tuple[str, Thing]:
        """The table and the object of something that can be started. Raises Refused."""
        for table in UNIFIED:
            if number in self.tables[table]:
                return table, self.tables[table][number]
        raise Refused(404, {"detail": "Not found."})

    def named(self, table: str, name: str) -> Thing:
        """The one object of that name, for tests. KeyError where there is none."""
        for thing in self.tables[table].values():
            if thing.get("name") == name:
                return thing
        raise KeyError(name)

    def linked(self, table: str, number: int, path: str) -> list[int]:
        """The ids that an object is associated with."""
        return self.links.setdefault((table, number, path), [])

    def using(self, table: str, name: str, number: int) -> list[int]:
        """The ids of the objects of a table that refer to `number` by the field `name`."""
        return [one for one, thing in self.tables[table].items() if thing.get(name) == number]

    def playbooks(self, number: int) -> list[str]:
        """The playbooks that AWX found in a project when it last looked."""
        return self.found_playbooks.get(number, [])

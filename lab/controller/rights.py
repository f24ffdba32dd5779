# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may what: the administrator of AWX everything, one of an organization what is that organization's."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Refused
from .tables import Tables, Thing

# AWX has these once for all organizations, so that only its own administrator makes or changes them.
_SHARED = ("credential_types", "execution_environments", "organizations", "instance_groups")
# What an object is part of, which has the organization.
_ABOVE = (
    ("inventory", ("inventories",)),
    ("workflow_job_template", ("workflow_job_templates",)),
    ("unified_job_template", ("job_templates", "workflow_job_templates", "projects", "inventory_sources")),
)


@dataclass(frozen=True)
class User:
    """Somebody who can log in; of an organization where it is not an administrator of AWX."""

    name: str
    organization: int | None = None
    #: Whether it administers its organization, or may only read there.
    administers: bool = True

    def sees(self, store: Tables, table: str, thing: Thing) -> bool:
        """Whether an object is in this user's lists."""
        return self.organization is None or owner(store, table, thing) in (None, self.organization)

    def may(self, store: Tables, table: str, thing: Thing) -> bool:
        """Whether this user may change an object, or take it away."""
        if self.organization is None:
            return True
        if not self.administers:
            return False
        if table == "organizations":
            return bool(thing["id"] == self.organization)
        return table not in _SHARED and owner(store, table, thing) == self.organization

    def check(self, store: Tables, table: str, thing: Thing) -> None:
        """Raises Refused."""
        if not self.may(store, table, thing):
            raise Refused(403, {"detail": "You do not have permission to perform this action."})

    def check_new(self, store: Tables, table: str, data: Thing) -> None:
        """Whether an object may be made. Raises Refused."""
        if self.organization is None:
            return
        if (
            table in _SHARED
            or not self.administers
            or owner(store, table, {"id": 0, **data}) not in (None, self.organization)
        ):
            raise Refused(403, {"detail": "You do not have permission to perform this action."})


def owner(store: Tables, table: str, thing: Thing) -> int | None:
    """The organization that an object belongs to; None for what is of all."""
    if table == "organizations":
        return int(thing["id"])
    if thing.get("organization"):
        return int(thing["organization"])
    for name, tables in _ABOVE:
        for above in tables:
            if thing.get(name) in store.tables[above]:
                return owner(store, above, store.tables[above][thing[name]])
    return None

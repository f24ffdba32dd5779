# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts an event can name: those of one group of the inventory, and nobody else. Pure."""

from __future__ import annotations

import re
from typing import Any

# What is only a name wherever a limit is read: no pattern, no list, no range, no file, no option, no template.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Names:
    """The hosts of the group: {name: its ansible_host, or None}."""

    def __init__(self, hosts: dict[str, str | None]) -> None:
        self.hosts = hosts
        self._of: dict[str, list[str]] = {}
        for name, address in hosts.items():
            if address:
                self._of.setdefault(address, []).append(name)

    def find(self, written: str) -> str | None:
        """The host of the inventory that is meant by a name or an address, with or without a port; None where it is nobody's or of two."""
        for word in (written, _without_port(written)):
            if word in self.hosts:
                return word
            if len(self._of.get(word, [])) == 1:
                return self._of[word][0]
        return None


def read(inventory: Any, group: str) -> tuple[Names, list[str]]:
    """The names in what `ansible-inventory --list` prints, and those that can't be a limit.

    ValueError where the group is not there or has nobody in it: most likely it's the wrong inventory.
    """
    if not isinstance(inventory, dict) or not isinstance(inventory.get(group), dict):
        raise ValueError(f"the inventory has no group {group}")
    variables = (inventory.get("_meta") or {}).get("hostvars") or {}
    members = _members(inventory, group)
    if not members:
        raise ValueError(f"the group {group} of the inventory has no hosts")
    # A host that is called as a group is means the group, as a limit.
    unfit = sorted(name for name in members if not _PLAIN.fullmatch(name) or name in inventory or name in _ALWAYS)
    return Names({name: _address(variables.get(name)) for name in sorted(members.difference(unfit))}), unfit


_ALWAYS = ("all", "ungrouped", "localhost")


def _members(inventory: dict[str, Any], group: str) -> set[str]:
    found: set[str] = set()
    left, seen = [group], set()
    while left:
        name = left.pop()
        if name in seen or not isinstance(inventory.get(name), dict):
            continue
        seen.add(name)
        found.update(inventory[name].get("hosts") or [])
        left += inventory[name].get("children") or []
    return found


def _address(variables: Any) -> str | None:
    address = variables.get("ansible_host") if isinstance(variables, dict) else None
    return address if isinstance(address, str) and address else None


def _without_port(written: str) -> str:
    """`kvm1:9100` without its port, `[fd00::1]:9100` without that and its brackets."""
    inside = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?", written)
    if inside:
        return inside.group(1)
    return re.sub(r"^([^:]+):\d{1,5}$", r"\1", written)

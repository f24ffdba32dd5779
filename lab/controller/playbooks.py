# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that AWX offers of a project's checkout."""

from __future__ import annotations

import os
import re
from pathlib import Path

# What AWX takes for a playbook, by a look into the file: awx/main/utils/ansible.py.
_PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|(?:ansible\.builtin\.)?(?:import_playbook|include)):\s*?.*?$", re.M)
_NOT_LOOKED_INTO = {"roles", "tasks", "group_vars", "host_vars"}


def below(folder: Path) -> list[str]:
    """As AWX finds them in `folder`, by their paths there: YAML files, not among roles and tasks, that look like one."""
    found = []
    for place, folders, names in os.walk(folder):
        # Never looked into: others work in a checkout's hidden folders meanwhile, and what vanishes there is none of ours.
        folders[:] = [name for name in folders if name not in _NOT_LOOKED_INTO and not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.suffix not in (".yml", ".yaml"):
                continue
            if _PLAYBOOK.search(path.read_text(encoding="utf-8", errors="replace")):
                found.append(str(path.relative_to(folder)))
    return sorted(found)

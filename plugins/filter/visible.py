# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' way to _tools/visible, for what others said and a task repeats: Ansible prints a message as it is."""

from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible


def _visible(value):
    return visible(str(value))


class FilterModule:
    """One filter."""

    def filters(self):
        """By name."""
        return {"visible": _visible}

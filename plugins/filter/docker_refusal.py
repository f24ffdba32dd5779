# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role zbs_docker's way to plugin_utils/_docker/refusal: its variables are checked in one task."""

from ansible_collections.zstack.zbs.plugins.plugin_utils._docker.refusal import refusal


class FilterModule:
    """One filter."""

    def filters(self):
        """By name."""
        return {"docker_refusal": refusal}

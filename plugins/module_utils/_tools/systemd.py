# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host has systemd: asked before anything is left to it."""

import os


def has_systemd(root="/"):
    """Whether systemd runs this host; see sd_booted(3)."""
    return os.path.isdir(os.path.join(root, "run/systemd/system"))

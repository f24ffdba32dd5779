# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose word a file is: what lies on the disk is believed only where nobody else could have put it there."""

import os


def is_trusted(info):
    """Whether a file (its os.stat_result) is root's or ours and nobody else may write to it."""
    return info.st_uid in (0, os.geteuid()) and not others_write(info)


def others_write(info):
    """Whether somebody besides the owner and root may write to it."""
    group = info.st_mode & 0o020 and info.st_gid not in (0, os.getegid())
    return bool(group or info.st_mode & 0o002)

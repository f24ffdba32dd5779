# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path that somebody else wrote: one that no file can have (JSON may hold a zero in it) is one that is not there."""

import os


def real(path):
    """The path without links; as it is where there can be no such file."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return path


def exists(path, link=False):
    """Whether there is such a file. `link`: whether a link that leads nowhere counts."""
    try:
        return (os.path.lexists if link else os.path.exists)(path)
    except ValueError:  # before Python 3.8
        return False

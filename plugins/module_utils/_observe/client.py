# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the ZBS client on a compute host, which `zbsadm client deploy` writes. Read only."""

import os
import stat

CONFIGURATION = "/etc/zbs/client.conf"


def state(root="/"):
    """`present`, `missing` (no such file, or an empty one), `no_file` (a folder, which Docker makes where a mount names a file that is
    not there, or another thing that is no file), or `unknown` where that can't be told."""
    try:
        found = os.stat(os.path.join(root, CONFIGURATION.lstrip("/")))
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unknown"
    if not stat.S_ISREG(found.st_mode):
        return "no_file"
    return "present" if found.st_size else "missing"

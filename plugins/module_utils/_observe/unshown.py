# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a user who is not root is shown the processes of others at all; see hidepid in proc(5)."""

import os
import re

_HIDES = re.compile(r"\bhidepid=(?!0\b|off\b)")


def sentences(root="/"):
    """On what may be missing."""
    try:
        with open(os.path.join(root, "proc/self/mounts"), encoding="utf-8", errors="replace") as handle:
            mounts = [line.split() for line in handle]
    except OSError:
        return []
    if not any(len(mount) > 3 and mount[1:3] == ["/proc", "proc"] and _HIDES.search(mount[3]) for mount in mounts):
        return []
    return [
        "VMs or disks may be missing from what is known of this host, since /proc hides others' processes (hidepid); run as root"
    ]

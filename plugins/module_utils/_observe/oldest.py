# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target of the oldest releases, which the manager's agent ran itself before zbsadm deployed any: its names. Pure.

It may still serve VMs of a host that was upgraded. zbsadm knows nothing of it, so nothing here deploys or replaces one.
"""

import os

from .sockets import OLDEST_ADMIN, OLDEST_PREFIX

CONTAINER = "zbs-vhost"
FOLDER = "/var/tmp/vhost-sockets"


def has_socket(path):
    """Whether a socket of that path is one of such a target, by its name."""
    return os.path.basename(path).startswith(OLDEST_PREFIX) or path.endswith("/" + OLDEST_ADMIN)


def is_folder(folder):
    """Whether the folder is where such a target has its sockets."""
    return os.path.normpath(folder) == FOLDER

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share, beside the documentation fragment of the same name."""

from ._observe import sockets
from ._window import ledger

ADMIN_SOCKET = "%s/%s" % (sockets.FOLDER, sockets.ADMIN_NAME)

PROBE = {
    "host_ip": {"type": "str"},
    "container_name": {"type": "str"},
    "admin_socket": {"type": "path", "default": ADMIN_SOCKET},
    "protocols": {"type": "list", "elements": "str", "choices": ["vhost", "cbd"], "default": ["vhost"]},
    "cbd_heartbeat": {"type": "str"},
    "timeout": {"type": "float", "default": 5.0},
    "start_grace": {"type": "float", "default": 30.0},
    "wait": {"type": "float", "default": 0.0},
    "interval": {"type": "float", "default": 0.5},
}

FACTS_DIR = {"type": "path", "default": ledger.FACTS_DIR}

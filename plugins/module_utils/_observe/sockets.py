# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens on which unix socket, from /proc/net/unix: no connection, no Docker needed."""

import os
import re

# Num RefCount Protocol Flags Type St Inode Path, as wide as the kernel writes them. Another line is the rest of a path with a line end in
# it, which anybody can bind.
_ROW = re.compile(
    rb"^[^\s:]+: [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{8}) [0-9A-F]{4} ([0-9A-F]{2}) +[0-9]+ +([^\n]{1,108})$", re.M
)
# __SO_ACCEPTCON of the kernel's flags column: the socket listens.
_LISTENS = 0x00010000
# Where zbsadm's targets have their sockets; what it calls those of volumes, and the admin socket.
FOLDER = "/var/zbsvhost/sockets"
VOLUME_PREFIX = "zbs-bdev-"
ADMIN_NAME = "admin.sock"
# The same of the oldest releases' target, which the manager's agent ran itself; see _observe/oldest.
OLDEST_PREFIX = "zbs-vhost-"
OLDEST_ADMIN = "vhost-sockets/vhost.sock"
# SS_CONNECTED of the state column.
_CONNECTED = 0x03


def read_unix_sockets(root="/"):
    """{path: (listens, connections)} of every named unix socket; None when the table can't be read.

    A listening entry keeps its path even when the file was unlinked; a connection to a listener bears its path too.
    """
    try:
        with open(os.path.join(root, "proc/net/unix"), "rb") as handle:
            text = handle.read()
    except OSError:
        return None
    table: dict[str, tuple] = {}
    for match in _ROW.finditer(text):
        flags, state = int(match.group(1), 16), int(match.group(2), 16)
        path = match.group(3).decode("utf-8", "surrogateescape")
        listens, connections = table.get(path, (False, 0))
        if flags & _LISTENS:
            listens = True
        elif state == _CONNECTED:
            connections += 1
        table[path] = (listens, connections)
    return table


def count_listening(table, folder, but):
    """How many sockets directly in `folder`, other than the path `but`, are listened on."""
    return sum(
        1 for path, (listens, _count) in table.items() if listens and path != but and os.path.dirname(path) == folder
    )


def find_elsewhere(table, folder):
    """Listening sockets outside of `folder` whose names are those of a ZBS target: sorted, an admin socket first.

    A volume's socket says so by its name alone. Other programs have an admin.sock or a vhost.sock as well (HAProxy and Open
    vSwitch have), so those count only in a folder of the name that a target's has.
    """
    found = []
    for path, (listens, _count) in table.items():
        parent, name = os.path.split(path)
        if not listens or parent == folder:
            continue
        if name.startswith((VOLUME_PREFIX, OLDEST_PREFIX)):
            found.append((1, path))
        elif (name == ADMIN_NAME and "zbs" in parent) or path.endswith("/" + OLDEST_ADMIN):
            found.append((0, path))
    return [path for _rank, path in sorted(found)]

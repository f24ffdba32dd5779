# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which socket a connection leads to, from the kernel's socket diagnosis (netlink), as `ss -x` does it.

/proc/net/unix names the server's end of a connection and says nothing of who is at the other one. Here the client's end, whose
inode is among its process's file descriptors, is led to the path that it is connected to. Nothing is connected to.
"""

import socket
import struct

from .netlink import NLMSG_ERROR, attributes, dump, messages

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_UDIAG_SHOW_NAME_PEER = 0x05
_UNIX_DIAG_NAME = 0
_UNIX_DIAG_PEER = 2
_ESTABLISHED = 1 << 1
_MESSAGE = struct.Struct("=BBBBIII")


def read_peers():
    """{inode of a client's end: path that it is connected to}; None when the kernel does not tell (no unix_diag)."""
    request = struct.pack(
        "=BBHIIIII", socket.AF_UNIX, 0, 0, _ESTABLISHED, 0, _UDIAG_SHOW_NAME_PEER, 0xFFFFFFFF, 0xFFFFFFFF
    )
    try:
        return peers_of(dump(_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, request))
    except OSError:
        return None


def peers_of(chunks):
    """{inode of a client's end: path} of the kernel's answers; None when one of them is an error."""
    names, peers = {}, {}
    for chunk in chunks:
        for kind, body in messages(chunk):
            if kind == NLMSG_ERROR:
                return None
            if kind == _SOCK_DIAG_BY_FAMILY and len(body) >= _MESSAGE.size:
                inode = _MESSAGE.unpack_from(body)[4]
                for attribute, value in attributes(body, _MESSAGE.size):
                    if attribute == _UNIX_DIAG_NAME:
                        names[inode] = value.rstrip(b"\0").decode("utf-8", "replace")  # as the arguments of a VM
                    elif attribute == _UNIX_DIAG_PEER and len(value) == 4:
                        peers[inode] = struct.unpack("=I", value)[0]
    return {inode: names[peer] for inode, peer in peers.items() if inode not in names and peer in names}

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which socket a connection leads to, from the kernel's socket diagnosis (netlink), as `ss -x` does it.

/proc/net/unix names the server's end of a connection and says nothing of who is at the other one. Here the client's end, whose
inode is among its process's file descriptors, is led to the path that it is connected to. Nothing is connected to.
"""

import os
import socket
import struct

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_REQUEST_DUMP = 0x301
_UDIAG_SHOW_NAME_PEER = 0x05
_UNIX_DIAG_NAME = 0
_UNIX_DIAG_PEER = 2
_ESTABLISHED = 1 << 1
_HEADER = struct.Struct("=IHHII")
_MESSAGE = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")
# One answer of the kernel takes far less; whoever does not answer at all is not waited for.
_SECONDS = 1.0
_BUFFER = 65536


def read_peers():
    """{inode of a client's end: path that it is connected to}; None when the kernel does not tell (no unix_diag)."""
    request = struct.pack(
        "=BBHIIIII", socket.AF_UNIX, 0, 0, _ESTABLISHED, 0, _UDIAG_SHOW_NAME_PEER, 0xFFFFFFFF, 0xFFFFFFFF
    )
    header = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0)
    chunks: list[bytes] = []
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as conn:
            conn.settimeout(_SECONDS)
            conn.send(header + request)
            while not chunks or not _ended(chunks[-1]):
                chunks.append(conn.recv(_BUFFER))
    except OSError:
        return None
    return peers_of(chunks)


def _messages(chunk):
    """(type, body) of each netlink message in one answer."""
    offset = 0
    while offset + _HEADER.size <= len(chunk):
        size, kind, _flags, _sequence, _port = _HEADER.unpack_from(chunk, offset)
        if size < _HEADER.size:
            return
        yield kind, chunk[offset + _HEADER.size : offset + size]
        offset += (size + 3) & ~3


def _ended(chunk):
    return any(kind in (_NLMSG_DONE, _NLMSG_ERROR) for kind, _body in _messages(chunk))


def peers_of(chunks):
    """{inode of a client's end: path} of the kernel's answers; None when one of them is an error."""
    names, peers = {}, {}
    for chunk in chunks:
        for kind, body in _messages(chunk):
            if kind == _NLMSG_ERROR:
                return None
            if kind == _SOCK_DIAG_BY_FAMILY and len(body) >= _MESSAGE.size:
                inode = _MESSAGE.unpack_from(body)[4]
                for attribute, value in _attributes(body):
                    if attribute == _UNIX_DIAG_NAME:
                        names[inode] = os.fsdecode(value.rstrip(b"\0"))
                    elif attribute == _UNIX_DIAG_PEER and len(value) == 4:
                        peers[inode] = struct.unpack("=I", value)[0]
    return {inode: names[peer] for inode, peer in peers.items() if inode not in names and peer in names}


def _attributes(body):
    """(type, value) of each attribute behind the fixed part of a message."""
    offset = _MESSAGE.size
    while offset + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, offset)
        if size < _ATTRIBUTE.size:
            return
        yield kind, body[offset + _ATTRIBUTE.size : offset + size]
        offset += (size + 3) & ~3

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to the kernel over netlink, for the whole of a table. Read only; no program is started."""

import socket
import struct

# linux/netlink.h
NLMSG_ERROR = 2
NLMSG_DONE = 3
HEADER = struct.Struct("=IHHII")
_NLM_F_REQUEST_DUMP = 0x301
# The table changed while it was told: what came of it is no table of any moment.
_NLM_F_DUMP_INTR = 0x10
_ATTRIBUTE = struct.Struct("=HH")
# One answer of the kernel takes far less; one that does not answer at all is not waited for.
_SECONDS = 1.0
_BUFFER = 65536


def dump(protocol, kind, request):
    """The kernel's answers to a request for a table, as the bytes that it sent; OSError where it does not tell.

    protocol  of netlink
    kind      of the message
    request   its body
    """
    chunks: list[bytes] = []
    header = HEADER.pack(HEADER.size + len(request), kind, _NLM_F_REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as conn:
        conn.settimeout(_SECONDS)
        conn.send(header + request)
        while not chunks or not _ended(chunks[-1]):
            chunks.append(conn.recv(_BUFFER))
    return chunks


def messages(chunk):
    """(type, body) of each message in one answer."""
    for kind, _flags, body in _split(chunk):
        yield kind, body


def _split(chunk):
    offset = 0
    while offset + HEADER.size <= len(chunk):
        size, kind, flags, _sequence, _port = HEADER.unpack_from(chunk, offset)
        if size < HEADER.size:
            return
        yield kind, flags, chunk[offset + HEADER.size : offset + size]
        offset += (size + 3) & ~3


def _ended(chunk):
    return any(kind in (NLMSG_DONE, NLMSG_ERROR) for kind, _body in messages(chunk))


def is_whole(chunks):
    """Whether the answers are a whole table of one moment: no error among them, none at their end, nothing changed meanwhile."""
    for chunk in chunks:
        for kind, flags, body in _split(chunk):
            failed = kind == NLMSG_DONE and len(body) >= 4 and struct.unpack_from("=i", body)[0] < 0
            if kind == NLMSG_ERROR or failed or flags & _NLM_F_DUMP_INTR:
                return False
    return any(_ended(chunk) for chunk in chunks)


def attributes(body, offset):
    """(type, value) of each attribute behind the fixed part of a message, which is `offset` bytes long."""
    while offset + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, offset)
        if size < _ATTRIBUTE.size:
            return
        yield kind, body[offset + _ATTRIBUTE.size : offset + size]
        offset += (size + 3) & ~3

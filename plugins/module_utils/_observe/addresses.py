# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of this host, from the kernel's own table (netlink, as `ip address` asks it). Read only; no program is started.

By them a client that the cluster names is known to be this host, whichever of its networks it used: see _volumes/fence. A tick that
looks at a host needs none of it, so this is imported where a health is shown or a volume is about to be created.
"""

import ipaddress
import socket
import struct

from . import netlink

# linux/rtnetlink.h, linux/if_addr.h
_NETLINK_ROUTE = 0
_RTM_NEWADDR = 20
_RTM_GETADDR = 22
_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_FLAGS = 8
_RT_SCOPE_HOST = 254
# Not yet shown to be this host's alone, or shown to be another one's.
_IFA_F_DADFAILED = 0x08
_IFA_F_TENTATIVE = 0x40
_MESSAGE = struct.Struct("=BBBBI")
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}
# A table that changed while it was told is asked for again.
_TRIES = 3


def enter(health):
    """Enter `addresses` into a health: sorted text, or None with a warning where the kernel does not tell."""
    health["addresses"] = read_addresses()
    if health["addresses"] is None:
        health["warnings"].append(
            "the kernel does not tell the addresses of this host, so only host_ip counts as its own when the clients of a volume "
            "are compared with it"
        )


def read_addresses():
    """Every address of this host by which another one can know it, sorted; None where that can't be told.

    Left out: loopback and link-local addresses, which other hosts have too, and those that duplicate address detection has not
    passed. An address on the interface lo counts where it is no loopback address: routed fabrics keep a host's own there.
    """
    request = _MESSAGE.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    for _try in range(_TRIES):
        try:
            chunks = netlink.dump(_NETLINK_ROUTE, _RTM_GETADDR, request)
        except OSError:
            return None
        if netlink.is_whole(chunks):
            return addresses_of(chunks)
    return None


def addresses_of(chunks):
    """The addresses in the kernel's answers, see read_addresses."""
    found = set()
    for chunk in chunks:
        for kind, body in netlink.messages(chunk):
            if kind == _RTM_NEWADDR and len(body) >= _MESSAGE.size:
                address = _address(body)
                if address is not None:
                    found.add(str(address))
    return sorted(found)


def _address(body):
    """The address of one message, None for one that says nothing about who this host is."""
    family, _prefix, flags, scope, _index = _MESSAGE.unpack_from(body)
    values = dict(netlink.attributes(body, _MESSAGE.size))
    # Of a link between two, IFA_ADDRESS is the other end's.
    value = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS) or b""
    if len(value) != _SIZES.get(family) or scope >= _RT_SCOPE_HOST:
        return None
    more = values.get(_IFA_FLAGS) or b""
    if len(more) == 4:
        flags = struct.unpack("=I", more)[0]
    address = ipaddress.ip_address(value)
    if flags & (_IFA_F_TENTATIVE | _IFA_F_DADFAILED) or address.is_loopback or address.is_link_local:
        return None
    return address

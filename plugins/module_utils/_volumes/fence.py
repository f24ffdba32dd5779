# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a volume may be created on a host: only where no other host has it open. Pure.

Two hosts that write one volume destroy it, so not knowing is decided by rule and never by hope. What the ledger saw is the one thing that
can stand in for the cluster's answer: a disk that was served to a process of a VM a moment ago is that VM's still, as long as the
process lives, since no manager starts a VM anew elsewhere while it runs here. But not where the cluster has said otherwise since.
"""

import ipaddress

MODES = ("when_possible", "required", "off")
DEFAULT = "when_possible"
# Seconds for which the ledger's word holds.
RECENT = 600


class Decision:
    """`go`; `held_by` (addresses of others that have the volume open, [] for none, None where that is not known); `why` not, a clause."""

    def __init__(self, go, held_by=None, why=None):
        self.go = go
        self.held_by = held_by
        self.why = why


def decide(mode, clients, problem, own, served_s_ago, last_held_by=None):
    """The Decision.

    mode          one of MODES
    clients       the addresses that the cluster named (None for a client without one); None where it did not tell
    problem       why it did not tell
    own           the host's own addresses, of own_addresses
    served_s_ago  seconds since the disk was last seen served to this very process of its VM in this boot; None where it was not
    last_held_by  the addresses of others that the cluster named the last time it was asked, if any
    """
    if mode == "off":
        return Decision(True)
    if clients is not None:
        known = {client: normalised(client) for client in clients}
        others = sorted({address for address in known.values() if address is not None and address not in own})
        if others:
            return Decision(
                False, others, "%s %s it open" % (" and ".join(others), "has" if len(others) == 1 else "have")
            )
        unread = [client for client, address in known.items() if address is None]
        if not unread:
            return Decision(True, [])
        problem = "the cluster names a client by %r, which is no address" % unread[0]
    if mode == "required":
        return Decision(False, None, "%s, and the fence is required" % problem)
    if last_held_by:
        return Decision(
            False,
            None,
            "%s, and the last time that it was known, %s had it open" % (problem, " and ".join(last_held_by)),
        )
    if served_s_ago is not None and 0 <= served_s_ago <= RECENT:
        return Decision(True)
    return Decision(False, None, "%s, and %s" % (problem, _unseen(served_s_ago)))


def _unseen(served_s_ago):
    if served_s_ago is None:
        return "no tick has seen it served to this process of its VM since the host booted"
    return "it was last seen served to its VM %d s ago, more than %d" % (served_s_ago, RECENT)


def own_addresses(addresses, host_ip):
    """The host's own addresses, normalised: those that it told (None where it did not), and host_ip, which may be a name."""
    told = addresses if isinstance(addresses, list) else []
    return {address for address in map(normalised, told + [host_ip]) if address is not None}


def normalised(text):
    """An address in its one spelling: without brackets and scope, an IPv4 address that is mapped into IPv6 as itself. None for no address."""
    if not isinstance(text, str):
        return None
    bare = text.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)

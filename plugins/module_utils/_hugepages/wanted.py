# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many hugepages there should be, and how many of them are missing. Pure."""

from .._tools import sizes
from .._tools.errors import ZbsError


class Demand:
    """What must be available: `target` pages for the target and `guests` pages for VMs; `held` the target has already.

    nodes  {node: (pages wanted there, pages the target holds there)} where the target's pages must lie on certain nodes

    Pages in use by others than the target are guests' pages: they count towards `guests`, or every run would ask for the
    guests' memory once more as soon as the VMs use it.
    """

    def __init__(self, target, guests=0, held=0, nodes=None):
        self.target = target
        self.guests = guests
        self.held = held
        self.nodes = nodes or {}

    def short(self, pool):
        """Pages by which the pool must grow. What the running target holds counts as available for it."""
        used_by_guests = max(0, pool.total - pool.unclaimed() - self.held)
        return self._open() + max(0, self.guests - used_by_guests) - pool.unclaimed()

    def lacking(self, pool):
        """({node: pages by which it must grow}, pages that may come on any node): what `short` says, told apart."""
        nodes = {}
        for node, (wanted, held) in self.nodes.items():
            short = wanted - held - pool.unclaimed_on(node)
            if short > 0:
                nodes[node] = short
        return nodes, max(0, self.short(pool) - sum(nodes.values()))

    def lacks(self, pool):
        """How many pages are missing in all."""
        nodes, anywhere = self.lacking(pool)
        return sum(nodes.values()) + anywhere

    def _open(self):
        """Pages that the target does not hold yet."""
        if self.nodes:
            return sum(max(0, wanted - held) for wanted, held in self.nodes.values())
        return max(0, self.target - self.held)


def size_kib(size):
    """KiB of a page size by its name (`2M`, `1G`)."""
    return sizes.amount(size) // 1024


def parse_memory_kib(text):
    """KiB of an amount such as `16G`, `512M`, or a plain number of bytes; ZbsError when it is none."""
    bytes_ = sizes.amount(text)
    if bytes_ is None:
        raise ZbsError("guest_memory is %r; give an amount such as 16G" % (text,), "bad_option")
    return -(-bytes_ // 1024)


def pages_for(amount_kib, page_kib):
    """Pages that hold `amount_kib`, rounded up."""
    return -(-amount_kib // page_kib)

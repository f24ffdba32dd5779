# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which NUMA nodes the target's pages must lie: the option `numa`, and what the target holds where."""

import os
import re

from .._tools.errors import ZbsError

ANY = "any"
TARGET = "target"
_WORDS = "any, target, the number of a node, or pages by node such as {0: 512, 1: 512}"


def parse(value):
    """The option `numa`: `any`, `target`, a node (int) or {node: pages}; ZbsError `bad_option` names what can't be."""
    if value in (ANY, TARGET):
        return value
    if isinstance(value, dict) and value:
        return {_number(node, value): _number(pages, value) for node, pages in value.items()}
    return _number(value, value)


def _number(value, whole):
    # A template gives a number as text; True and 1.5 would pass for one with int().
    if isinstance(value, bool) or not re.match(r"^[0-9]{1,9}$", str(value)):
        raise ZbsError("numa is %r; give %s" % (whole, _WORDS), "bad_option")
    return int(value)


def wanted_on_nodes(numa, pages, pool, cpu_node):
    """{node: pages wanted there}, {} where any node will do; ZbsError `bad_option` for a node that isn't there.

    numa      as `parse` returns it
    pages     what the target needs where `numa` does not say it
    cpu_node  the node of the CPU choice, None when no CPU can be seen
    """
    if numa == ANY or (numa == TARGET and not pool.nodes):
        return {}  # without NUMA the machine is the node
    if numa == TARGET and cpu_node is None:
        raise ZbsError("numa is target, but the kernel shows no CPU of this host; name the node instead", "bad_option")
    nodes = numa if isinstance(numa, dict) else {cpu_node if numa == TARGET else numa: pages}
    for node in sorted(nodes):
        if node not in pool.nodes:
            there = ", ".join(str(number) for number in sorted(pool.nodes)) or "none"
            raise ZbsError(
                "numa names node %d, and the nodes with pages of %d KiB are: %s; name one of these"
                % (node, pool.size_kib, there),
                "bad_option",
            )
    return nodes


class Held:
    """Pages that the running target holds: `pages` in all, `nodes` {node: pages}; None where that can't be told."""

    def __init__(self, pages=0, nodes=None):
        self.pages = pages
        self.nodes = nodes

    def on(self, node, wanted_there):
        """Pages held on `node`. What can't be told counts as held: no reason to take memory for it a second time."""
        return wanted_there if self.nodes is None else self.nodes.get(node, 0)


def memory_kib(node, root="/"):
    """(memory of a node, what of it could be had for pages) in KiB; (None, None) when it can't be read.

    A node has no MemAvailable: free memory and page cache come close.
    """
    numbers = {}
    try:
        with open(os.path.join(root, "sys/devices/system/node/node%d/meminfo" % node), encoding="ascii") as handle:
            for line in handle:
                match = re.match(r"^Node\s+\d+\s+(\S+):\s+(\d+)", line)
                if match:
                    numbers[match.group(1)] = int(match.group(2))
    except (OSError, ValueError):
        pass
    if "MemTotal" not in numbers or "MemFree" not in numbers:
        return None, None
    cache = sum(numbers.get(name, 0) for name in ("Active(file)", "Inactive(file)", "SReclaimable"))
    return numbers["MemTotal"], numbers["MemFree"] + cache

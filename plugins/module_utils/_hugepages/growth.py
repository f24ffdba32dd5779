# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Growing a pool of hugepages by exactly what is missing, and predicting it."""

import os

from .._tools.errors import ZbsError
from . import asking, node_pools, numa


def grow(page_kib, demand, compact, root="/"):
    """Grow the pool until `demand` is met, by the shortage only; returns the Pool that came of it.

    A write that the kernel can't satisfy succeeds and gives fewer pages, so it is read back; then, where `compact`
    allows, caches are dropped and memory is compacted once and the rest is asked for again.
    """
    pool = node_pools.read_pool(page_kib, root)
    for attempt in ("plain", "compacted"):
        nodes, anywhere = demand.lacking(pool)
        if not nodes and anywhere <= 0:
            break
        if attempt == "compacted":
            if not compact:
                break
            asking.write(os.path.join(root, "proc/sys/vm/drop_caches"), "3")
            asking.write(os.path.join(root, "proc/sys/vm/compact_memory"), "1")
        for node, short in sorted(nodes.items()):
            asking.set_pages(page_kib, pool.nodes[node].total + short, root, node)
        if nodes:
            pool = node_pools.read_pool(page_kib, root)
        if anywhere > 0:
            asking.set_pages(page_kib, pool.total + anywhere, root)
        pool = node_pools.read_pool(page_kib, root)
    return pool


def predict(pool, demand):
    """The Pool that `grow` would bring about where the kernel gives all that it is asked for.

    Of pages that may come on any of several nodes the kernel chooses the place: such a prediction has no `nodes`.
    """
    shares, anywhere = demand.lacking(pool)
    if anywhere > 0 and len(pool.nodes) == 1:
        only = next(iter(pool.nodes))
        shares, anywhere = {only: shares.get(only, 0) + anywhere}, 0
    nodes = {
        number: node_pools.NodePool(node.total + shares.get(number, 0), node.free + shares.get(number, 0), node.surplus)
        for number, node in pool.nodes.items()
    }
    more = anywhere + sum(shares.values())
    known = nodes if anywhere <= 0 else {}
    return node_pools.Pool(pool.size_kib, pool.total + more, pool.free + more, pool.reserved, pool.surplus, known)


def unaffordable(pool, demand, root="/", spent_kib=0):
    """A sentence when growing would take more memory than is available, so would push guests out; else None.

    spent_kib  what a prediction took before
    """
    page_kib = pool.size_kib
    nodes, anywhere = demand.lacking(pool)
    asked = [(memory_kib(root, "MemAvailable") - spent_kib, sum(nodes.values()) + anywhere, "")]
    asked += [(numa.memory_kib(node, root)[1], short, " on node %d" % node) for node, short in sorted(nodes.items())]
    for available, short, where in asked:
        if available is not None and short * page_kib > available:
            return (
                "%d more pages of %d KiB are needed%s, but only %d MiB of memory are available there, so the pool "
                "was left alone"
            ) % (short, page_kib, where, max(0, available) // 1024)
    return None


def memory_kib(root="/", name="MemTotal"):
    """A line of /proc/meminfo in KiB: the machine's memory, or what of it is available."""
    with open(os.path.join(root, "proc/meminfo"), encoding="ascii") as handle:
        for line in handle:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise ZbsError("/proc/meminfo names no %s" % name, "unreadable")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving hugepages back: those that nobody uses, never one that is in use or promised."""

from . import asking, node_pools


def plan(pool, nodes, keep_free):
    """{node: pages to give back}; the key None stands for the whole machine.

    nodes      the nodes that give back, none for the whole machine
    keep_free  pages that stay free: in the pool, or on each of these nodes
    """
    # The kernel keeps as many lasting pages as are in use and promised, whichever of them are surplus ones.
    left = pool.unclaimed() - pool.surplus
    if not nodes:
        give = min(left, pool.unclaimed() - keep_free)
        return {None: give} if give > 0 else {}
    gifts = {}
    for node in sorted(nodes):
        # The kernel does not tell on which node the promised pages are, so no node gives more than the machine can.
        give = min(pool.nodes[node].free - keep_free, left)
        if give > 0:
            gifts[node] = give
            left -= give
    return gifts


def predict(pool, gifts):
    """The Pool without the gifts; of a gift of the whole machine the kernel chooses the nodes."""
    gone = sum(gifts.values())
    gifts = dict(gifts)
    if None in gifts and len(pool.nodes) == 1:
        gifts = {next(iter(pool.nodes)): gifts[None]}
    nodes = {}
    if None not in gifts:
        for number, node in pool.nodes.items():
            gift = gifts.get(number, 0)
            nodes[number] = node_pools.NodePool(node.total - gift, node.free - gift, node.surplus)
    return node_pools.Pool(pool.size_kib, pool.total - gone, pool.free - gone, pool.reserved, pool.surplus, nodes)


def give_back(page_kib, nodes, keep_free, root="/"):
    """Give back what `plan` says and return the Pool after it."""
    pool = node_pools.read_pool(page_kib, root)
    for node, give in plan(pool, nodes, keep_free).items():
        before = _part(node_pools.read_pool(page_kib, root), node)
        # The kernel takes the number without the surplus, although it shows it with it.
        asking.set_pages(page_kib, before.total - before.surplus - give, root, node)
        after = _part(node_pools.read_pool(page_kib, root), node)
        if after.surplus > before.surplus:
            # Somebody took pages meanwhile, and they would be lost to the pool when they are let go of: not asked for.
            kept = after.surplus - before.surplus
            asking.set_pages(page_kib, after.total - after.surplus + kept, root, node)
    return node_pools.read_pool(page_kib, root)


def _part(pool, node):
    return pool if node is None else pool.nodes[node]

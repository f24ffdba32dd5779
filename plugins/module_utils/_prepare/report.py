# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The return of zbs_vhost_prepare: numbers before and after, and the diff."""

from .._hugepages import guests
from .._tools import sizes


def report(size, wish, before, after):
    """The part of the return that both states share; `before` and `after` are host.Host."""
    return {
        "hugepages": _hugepages_of(size, wish, before, after),
        "guest_hugepages": _guests_of(wish, before, after),
        "hugetlbfs": {"dir": after.mount, "mounted_by_us": after.ours},
        "docker": after.engine.as_dict() if after.engine else None,
        "cpuset": {"cpus": after.cpus[0], "node": after.cpus[1], "reason": after.cpus[2]},
        "diff": {"before": _numbers(size, wish, before, after), "after": _numbers(size, wish, after, before)},
    }


def _hugepages_of(size, wish, before, after):
    """The pool's part; None where it was not looked at."""
    if before.pool is None:
        return None
    return {
        "size": size,
        "before": before.pool.as_dict(),
        "after": after.pool.as_dict(),
        "nodes": [_node(wish, before, after, number) for number in sorted(before.pool.nodes)],
        "held_by_target": before.held.pages,
        "short_by": before.demand(wish).lacks(after.pool) if wish.present else 0,
    }


def _guests_of(wish, before, after):
    """The pool that guests use; None where it was not looked at, or guests find none."""
    seen = after.guests
    if before.pool is None or seen.pool is None:
        return None
    was = before.guests.pool if before.guests.page_kib == seen.page_kib else None
    return {
        "size": sizes.name(seen.page_kib),
        "dir": seen.path,
        "same_as_target": not seen.apart,
        "before": (was or seen.pool).as_dict(),
        "after": seen.pool.as_dict(),
        "wanted": seen.pages,
        "short_by": _guests_short(wish, before, after),
        "difference": guests.difference(seen, wish.page_kib),
        "unknown_to": seen.unknown_to,
    }


def _guests_short(wish, before, after):
    """Pages that guests lack; of a pool that they share with the target, what both lack."""
    if not wish.present:
        return 0
    return (
        after.guest_demand().lacks(after.guests.pool) if after.guests.apart else before.demand(wish).lacks(after.pool)
    )


def _node(wish, before, after, number):
    """What was asked of a node and what came; what only the kernel knows beforehand is None in a prediction."""
    was, now = before.pool.nodes[number], after.pool.nodes.get(number)
    asked = None
    if before.nodes and wish.present:
        asked = before.demand(wish).lacking(before.pool)[0].get(number, 0)
    return {
        "node": number,
        "asked": asked,
        "came": now.total - was.total if now else None,
        "before": was.as_dict(),
        "after": now.as_dict() if now else None,
        "held_by_target": before.held.nodes.get(number, 0) if before.held.nodes is not None else None,
    }


def _numbers(size, wish, host, other):
    """One side of the diff; the nodes where both sides know them."""
    numbers = {"hugetlbfs": host.mount}
    if host.engine:
        numbers["docker_active"] = host.engine.active
    if host.pool is not None:
        numbers["hugepages"] = dict(host.pool.as_dict(), size=size)
        if host.pool.nodes and other.pool.nodes:
            nodes = host.pool.nodes
            numbers["hugepages"]["nodes"] = {str(number): nodes[number].as_dict() for number in sorted(nodes)}
    seen = host.guests
    if seen.apart and seen.pool is not None and wish.guest_kib:
        numbers["guest_hugepages"] = dict(seen.pool.as_dict(), size=sizes.name(seen.page_kib))
    return numbers

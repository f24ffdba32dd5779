# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a compute host fit for a target: pages, mount, engine. Nothing that exists is made smaller or restarted."""

from .._engine import starting
from .._hugepages import growth, mounts, node_pools, own_mounts
from .._tools import lock
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .host import Host, is_ours, look_for_mount

LOCK = "run/zbs_vhost_prepare.lock"
MOUNT_TIMEOUT = 10.0
# Long beside what compaction takes.
LOCK_TIMEOUT = 60.0


def prepare(wish, host, check_mode):
    """Do what is missing: (Host after it, actions as sentences, missing as dicts {what, detail, remedy}, warnings).

    In check mode nothing is done and the Host is the predicted one.
    """
    actions: list[str] = []
    missing: list[dict] = []
    warnings: list[str] = []
    pool, mount, ours = host.pool, host.mount, host.ours
    if wish.hugepages and check_mode:
        pool = _pages(wish, host, True, actions, missing)
        mount, ours = _mount(wish, host, True, actions, missing, warnings)
    elif wish.hugepages:
        try:
            # Growing is read, add, write, and mounting is look, mount: two at once would add up, so the second waits.
            with hold_lock(wish.root):
                pool = _pages(wish, host, False, actions, missing)
                mount, ours = _mount(wish, host, False, actions, missing, warnings)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "fix that, then run again"})
    engine = starting.provide(host.engine, wish.root, check_mode, actions, missing)
    if wish.hugepages and not check_mode and not missing:
        _look_again(wish, host, pool, missing)
    return Host(pool, host.held, mount, ours, engine, host.cpus, host.nodes), actions, missing, warnings


def hold_lock(root):
    """The lock of everything that changes this host's pages and mounts."""
    return lock.hold(mounts.below(root, LOCK), Deadline(LOCK_TIMEOUT), "preparing this host")


def _pages(wish, host, check_mode, actions, missing):
    demand = host.demand(wish)
    before = pool = host.pool if check_mode else node_pools.read_pool(wish.page_kib, wish.root)
    if demand.lacks(pool) <= 0:
        return pool
    refusal = growth.unaffordable(pool, demand, wish.root)
    if refusal is not None:
        remedy = "free memory on the host, or ask for less"
        missing.append({"what": "hugepages", "detail": refusal, "remedy": remedy})
        return pool
    trouble = None
    if check_mode:
        pool = growth.predict(pool, demand)
    else:
        try:
            pool = growth.grow(wish.page_kib, demand, wish.compact, wish.root)
        except ZbsError as exc:
            trouble = exc.message
            pool = node_pools.read_pool(wish.page_kib, wish.root)  # some pages may have come before it failed
    if pool.total > before.total:
        actions.append("grow the pool of %d KiB pages by %d" % (wish.page_kib, pool.total - before.total))
    if trouble is not None:
        missing.append({"what": "hugepages", "detail": trouble, "remedy": "fix that, then run again"})
    elif demand.lacks(pool) > 0:
        missing.append(_shortage(wish, host, demand, before, pool))
    return pool


def _shortage(wish, host, demand, before, pool):
    """What to say of pages that did not come."""
    wanted = ", ".join("%d on node %d" % (pages, node) for node, pages in sorted(host.nodes.items()))
    detail = "%d pages of %d KiB are missing: the target needs %s (and holds %d), guests need %d, and %d are free" % (
        demand.lacks(pool),
        wish.page_kib,
        wanted or wish.target_pages,
        host.held.pages,
        wish.guest_pages,
        pool.unclaimed(),
    )
    short = demand.lacking(pool)[0]
    if short:
        came = ["node %d gave %d" % (node, pool.nodes[node].total - before.nodes[node].total) for node in sorted(short)]
        detail += "; " + ", ".join(came)
    if pool.total < before.total:
        detail += "; the pool went from %d to %d pages when it should have grown, so something else shrinks it" % (
            before.total,
            pool.total,
        )
        return {"what": "hugepages", "detail": detail, "remedy": "find out what sets the pool on this host"}
    remedy = "free memory on the host, or reserve the pages at boot, when memory is not yet fragmented"
    return {"what": "hugepages", "detail": detail, "remedy": remedy}


def _look_again(wish, host, pool, missing):
    """Starting an engine takes seconds, in which somebody may have taken what was there."""
    now = node_pools.read_pool(wish.page_kib, wish.root)
    if host.demand(wish).lacks(now) > 0 and now.total < pool.total:
        missing.append(_shortage(wish, host, host.demand(wish), pool, now))


def _mount(wish, host, check_mode, actions, missing, warnings):
    """(path, whether it is ours) of the mount."""
    mount = look_for_mount(wish)  # another run may have been first
    if mount:
        ours = is_ours(mount, wish.root)
        if ours and not check_mode:
            _note(mount, wish.root, warnings)  # where it is its unit that makes it ours: also when that is gone
        return mount.path, ours
    action = "mount hugetlbfs (%d KiB pages) on %s" % (wish.page_kib, wish.hugetlbfs_dir)
    if check_mode:
        actions.append(action)
        return wish.hugetlbfs_dir, True
    try:
        mount = mounts.mount(wish.hugetlbfs_dir, wish.page_kib, Deadline(MOUNT_TIMEOUT), wish.root)
    except ZbsError as exc:
        missing.append({"what": "hugetlbfs", "detail": exc.message, "remedy": "mount it by hand and look at dmesg"})
        return None, False
    actions.append(action)
    _note(mount, wish.root, warnings)
    return mount.path, True


def _note(mount, root, warnings):
    try:
        if not own_mounts.is_ours(mount, root):
            own_mounts.note(mount, root)
    except ZbsError as exc:
        warnings.append(exc.message)

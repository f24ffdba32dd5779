# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a compute host fit for a target: pages, mount, engine. Nothing that exists is made smaller or restarted."""

from .._engine import starting
from .._hugepages import boot, choice, growth, guests, libvirt, mounts, node_pools, own_mounts
from .._hugepages.paths import as_kernel, below
from .._tools import lock, sizes
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from .host import NOW, Host, choose_mount, is_ours, look_at_guests, needs

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
    after = Host(host.pool, host.held, host.mount, host.ours, host.engine, host.cpus, host.nodes, host.guests)
    if wish.hugepages and check_mode:
        _memory(wish, host, after, True, actions, missing, warnings)
    elif wish.hugepages:
        try:
            # Growing is read, add, write, and mounting is look, mount: two at once would add up, so the second waits.
            with hold_lock(wish.root):
                _memory(wish, host, after, False, actions, missing, warnings)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "fix that, then run again"})
    after.engine = starting.provide(host.engine, wish.root, check_mode, actions, missing)
    if wish.hugepages and not check_mode and not missing:
        _look_again(wish, host, after, missing)
    return after, actions, missing, warnings


def hold_lock(root):
    """The lock of everything that changes this host's pages and mounts."""
    return lock.hold(below(root, LOCK), Deadline(LOCK_TIMEOUT), "preparing this host")


def _memory(wish, host, after, check_mode, actions, missing, warnings):
    """Pages and mount, entered into `after`."""
    before = host.pool if check_mode else node_pools.read_pool(wish.page_kib, wish.root)
    after.pool = _pages(wish, host, before, check_mode, actions, missing, warnings)
    after.mount, after.ours, after.guests = _mount(wish, host, check_mode, actions, missing, warnings)
    spent_kib = (after.pool.total - before.total) * wish.page_kib if check_mode else 0
    _guest_pages(wish, after, spent_kib, check_mode, actions, missing, warnings)


def _pages(wish, host, before, check_mode, actions, missing, warnings):
    demand = host.demand(wish)
    said = (actions, missing, warnings)
    return _grow(
        wish, before, demand, check_mode, said, "hugepages", lambda pool: _shortage(wish, host, demand, before, pool)
    )


def _grow(wish, before, demand, check_mode, said, what, explain, spent_kib=0):
    """The Pool `before` after it grew by what `demand` lacks; what did not come is in `missing`, said by `explain(pool)`."""
    actions, missing, warnings = said
    if demand.lacks(before) <= 0:
        return before
    _say_shrunk(wish, before, warnings)
    refusal = growth.unaffordable(before, demand, wish.root, spent_kib)
    if refusal is not None:
        missing.append({"what": what, "detail": refusal, "remedy": "free memory on the host, or ask for less"})
        return before
    trouble = None
    if check_mode:
        pool = growth.predict(before, demand)
    else:
        try:
            pool = growth.grow(before.size_kib, demand, wish.compact, wish.root)
        except ZbsError as exc:
            trouble = exc.message
            pool = node_pools.read_pool(before.size_kib, wish.root)  # some pages may have come before it failed
    if pool.total > before.total:
        actions.append("grow the pool of %d KiB pages by %d" % (before.size_kib, pool.total - before.total))
    if trouble is not None:
        missing.append({"what": what, "detail": trouble, "remedy": "fix that, then run again"})
    elif demand.lacks(pool) > 0:
        missing.append(explain(pool))
    return pool


def _say_shrunk(wish, pool, warnings):
    """A pool that has less than our unit asks for at boot was made smaller since, or never came."""
    asked = boot.asked(sizes.name(wish.page_kib), wish.root).get(pool.size_kib, 0)
    if pool.total < asked:
        warnings.append(
            "the pool of %d KiB pages has %d pages, and its unit asks for %d at boot: they did not come, or something took them "
            "since, as the manager's hugepage switch does" % (pool.size_kib, pool.total, asked)
        )


def _guest_pages(wish, after, spent_kib, check_mode, actions, missing, warnings):
    """The pool of the guests where it is not the target's, entered into `after`; and what is to be said of it."""
    seen = after.guests
    if wish.guest_kib and seen.page_kib is None:
        detail = (
            "VMs find no hugetlbfs to take guest_memory from (hugetlbfs_mount in /%s names none)" % guests.QEMU_CONF
        )
        missing.append(
            {"what": "guest_hugepages", "detail": detail, "remedy": "name a mounted hugetlbfs there, or none"}
        )
        return
    if not seen.apart:
        after.guests = seen.after(after.pool if seen.page_kib else None)
    elif seen.pages:
        before = seen.pool if check_mode else node_pools.read_pool(seen.page_kib, wish.root)
        demand = after.guest_demand()
        grown = _grow(
            wish,
            before,
            demand,
            check_mode,
            (actions, missing, warnings),
            "guest_hugepages",
            lambda pool: _guest_shortage(seen, demand, before, pool),
            spent_kib,
        )
        after.guests = seen.after(grown)
    if wish.guest_kib and seen.apart:
        warnings.append(guests.difference(seen, wish.page_kib))
    if seen.unknown_to and seen.path == after.mount:
        warnings.append(libvirt.sentence(seen.unknown_to, after.mount))


def _guest_shortage(seen, demand, before, pool):
    """What to say of guests' pages that did not come."""
    detail = "%d pages of %d KiB are missing: guests need %d, and %d are free" % (
        demand.lacks(pool),
        seen.page_kib,
        seen.pages,
        pool.unclaimed(),
    )
    return _told("guest_hugepages", detail, before, pool)


def _shortage(wish, host, demand, before, pool):
    """What to say of pages that did not come."""
    wanted = ", ".join("%d on node %d" % (pages, node) for node, pages in sorted(host.nodes.items()))
    detail = "%d pages of %d KiB are missing: the target needs %s (and holds %d), guests need %d, and %d are free" % (
        demand.lacks(pool),
        wish.page_kib,
        wanted or wish.target_pages,
        host.held.pages,
        demand.guests,
        pool.unclaimed(),
    )
    short = demand.lacking(pool)[0]
    if short:
        came = ["node %d gave %d" % (node, pool.nodes[node].total - before.nodes[node].total) for node in sorted(short)]
        detail += "; " + ", ".join(came)
    return _told("hugepages", detail, before, pool)


def _told(what, detail, before, pool):
    """The entry in `missing` for a pool that stayed short."""
    if pool.total < before.total:
        detail += "; the pool went from %d to %d pages when it should have grown, so something else shrinks it" % (
            before.total,
            pool.total,
        )
        return {"what": what, "detail": detail, "remedy": "find out what sets the pool on this host"}
    remedy = "free memory on the host, or reserve the pages at boot, when memory is not yet fragmented"
    return {"what": what, "detail": detail, "remedy": remedy}


def _look_again(wish, host, after, missing):
    """Starting an engine takes seconds, in which somebody may have taken what was there."""
    now = node_pools.read_pool(wish.page_kib, wish.root)
    if host.demand(wish).lacks(now) > 0 and now.total < after.pool.total:
        missing.append(_shortage(wish, host, host.demand(wish), after.pool, now))
    seen = after.guests
    if seen.apart and seen.pages:
        now = node_pools.read_pool(seen.page_kib, wish.root)
        if after.guest_demand().lacks(now) > 0 and now.total < seen.pool.total:
            missing.append(_guest_shortage(seen, after.guest_demand(), seen.pool, now))


def _mount(wish, host, check_mode, actions, missing, warnings):
    """(path, whether it is ours, guests.Guests beside it) of the mount."""
    found = mounts.read_hugetlbfs(wish.root)
    mount = choose_mount(wish, found)  # another run may have been first
    if mount:
        ours = is_ours(mount, wish.root)
        if not check_mode:
            _note(mount, ours, wish, warnings)  # where it is its unit that makes it ours: also when that is gone
        return mount.path, ours, look_at_guests(wish, found, mount)
    warnings += choice.refusals(found, wish.page_kib, needs(wish))
    action = "mount hugetlbfs (%d KiB pages) on %s" % (wish.page_kib, wish.hugetlbfs_dir)
    if check_mode:
        actions.append(action)
        return as_kernel(wish.hugetlbfs_dir, wish.root), True, host.guests
    try:
        mount = mounts.mount(wish.hugetlbfs_dir, wish.page_kib, Deadline(MOUNT_TIMEOUT), wish.root)
    except ZbsError as exc:
        missing.append({"what": "hugetlbfs", "detail": exc.message, "remedy": "mount it by hand and look at dmesg"})
        return None, False, host.guests
    actions.append(action)
    _note(mount, True, wish, warnings, own_mounts.uptime(wish.root))
    return mount.path, True, look_at_guests(wish, mounts.read_hugetlbfs(wish.root), mount, NOW)


def _note(mount, ours, wish, warnings, at=None):
    """Write down whose the mount is and that a target's pages come from it."""
    try:
        if ours and not own_mounts.is_ours(mount, wish.root):
            own_mounts.note(mount, wish.root, at)
        own_mounts.note_choice(wish.page_kib, mount.path, wish.root)
    except ZbsError as exc:
        warnings.append(exc.message)

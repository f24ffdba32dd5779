# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take back what a prepare brought: the mount that is ours and that nobody uses, and pages that nobody uses."""

from .._hugepages import boot, giveback, mounts, node_pools, own_mounts
from .._observe.container import inspect_container
from .._tools import sizes
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import prepare
from .host import ASK_TIMEOUT, Host, choose_mount, is_ours

UMOUNT_TIMEOUT = 10.0


def release(wish, host, check_mode):
    """(Host after it, actions as sentences, missing, kept, warnings); `missing` is what failed, `kept` what is in use.

    In check mode nothing is done and the Host is the predicted one.
    """
    actions: list[str] = []
    missing: list[dict] = []
    kept: list[str] = []
    warnings: list[str] = []
    pool, mount, ours, guests = host.pool, host.mount, host.ours, host.guests
    if wish.hugepages and check_mode:
        gone = _mount(wish, True, actions, missing, kept, warnings)
        pool = _pages(wish, wish.page_kib, host.pool, host.nodes, True, actions, missing)
        guests = _guest_pages(wish, host, pool, True, actions, missing)
        mount, ours = _after([item for item in mounts.read_hugetlbfs(wish.root) if item.path not in gone], wish)
    elif wish.hugepages:
        try:
            with prepare.hold_lock(wish.root):
                _mount(wish, False, actions, missing, kept, warnings)
                pool = _pages(wish, wish.page_kib, host.pool, host.nodes, False, actions, missing)
                guests = _guest_pages(wish, host, pool, False, actions, missing)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "fix that, then run again"})
        mount, ours = _after(mounts.read_hugetlbfs(wish.root), wish)
    after = Host(pool, host.held, mount, ours, host.engine, host.cpus, host.nodes, guests)
    return after, actions, missing, kept, warnings


def _after(left, wish):
    mount = choose_mount(wish, left)
    return mount and mount.path, is_ours(mount, wish.root)


def _mount(wish, check_mode, actions, missing, kept, warnings):
    """Unmount what is ours and unused; the paths that are gone, or would be."""
    gone = []
    if not check_mode:
        try:
            own_mounts.note_choice(wish.page_kib, None, wish.root)
        except ZbsError as exc:
            warnings.append(exc.message)
    for mount in mounts.read_hugetlbfs(wish.root):
        if mount.pagesize_kib != wish.page_kib or not is_ours(mount, wish.root):
            continue
        users = mounts.users(mount, wish.root) + _container_users(wish.container_name)
        if not users and not check_mode:
            try:
                mounts.unmount(mount.path, Deadline(UMOUNT_TIMEOUT), wish.root)
            except ZbsError as exc:
                users = [exc.message]
                if exc.code != "busy":
                    remedy = "unmount it by hand and look at dmesg"
                    missing.append({"what": "hugetlbfs", "detail": exc.message, "remedy": remedy})
                    continue
        if users:
            kept.append({"what": "hugetlbfs", "detail": "%s stays mounted: %s" % (mount.path, "; ".join(users))})
        else:
            actions.append("unmount %s" % mount.path)
            gone.append(mount.path)
        if not check_mode:
            try:
                # What stays is still ours when the unit that brought it is gone.
                own_mounts.note(mount, wish.root) if users else own_mounts.forget(mount.path, wish.root)
            except ZbsError as exc:
                warnings.append(exc.message)
    return gone


def _container_users(name):
    """A container of the target uses the mount, also one that is stopped: its next start would fail without it."""
    container = inspect_container(name, Deadline(ASK_TIMEOUT))
    if container.found():
        return ["the container %s exists (%s)" % (name, container.state)]
    if container.answer in ("missing", "no_docker", "podman"):
        return []
    return ["it is not known whether the container %s exists (%s)" % (name, container.detail)]


def _guest_pages(wish, host, pool, check_mode, actions, missing):
    """The guests.Guests afterwards. Their own pool is touched only if it was ours to fill, by guest_memory or by our unit."""
    seen = host.guests
    if seen.pool is None:
        return seen
    if seen.apart:
        asked = wish.guest_kib or seen.page_kib in boot.asked(sizes.name(wish.page_kib), wish.root)
        pool = _pages(wish, seen.page_kib, seen.pool, {}, check_mode, actions, missing) if asked else seen.pool
    return seen.after(pool)


def _pages(wish, page_kib, before, nodes, check_mode, actions, missing):
    """The Pool after what nobody uses of it was given back; `nodes` gives it back, or the whole machine."""
    pool = before if check_mode else node_pools.read_pool(page_kib, wish.root)
    gifts = giveback.plan(pool, nodes, wish.keep_free)
    if not gifts:
        return pool
    before = pool
    if check_mode:
        pool = giveback.predict(pool, gifts)
    else:
        try:
            pool = giveback.give_back(page_kib, nodes, wish.keep_free, wish.root)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "fix that, then run again"})
            pool = node_pools.read_pool(page_kib, wish.root)
    if pool.total < before.total:
        actions.append("give back %d pages of %d KiB" % (before.total - pool.total, page_kib))
    return pool

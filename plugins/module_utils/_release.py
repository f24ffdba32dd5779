# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take back what a prepare brought: the mount that is ours and that nobody uses, and pages that nobody uses."""

from . import _container, _giveback, _host, _hugepages, _mounts, _own_mounts, _prepare
from ._deadline import Deadline
from ._errors import ZbsError

UMOUNT_TIMEOUT = 10.0


def release(wish, host, check_mode):
    """(Host after it, actions as sentences, missing, kept, warnings); `missing` is what failed, `kept` what is in use.

    In check mode nothing is done and the Host is the predicted one.
    """
    actions: list[str] = []
    missing: list[dict] = []
    kept: list[str] = []
    warnings: list[str] = []
    pool, mount, ours = host.pool, host.mount, host.ours
    if wish.hugepages and check_mode:
        gone = _mount(wish, True, actions, missing, kept, warnings)
        pool = _pages(wish, host, True, actions, missing)
        mount, ours = _after([item for item in _mounts.read_hugetlbfs(wish.root) if item.path not in gone], wish)
    elif wish.hugepages:
        try:
            with _prepare.hold_lock(wish.root):
                _mount(wish, False, actions, missing, kept, warnings)
                pool = _pages(wish, host, False, actions, missing)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "see the message"})
        mount, ours = _after(_mounts.read_hugetlbfs(wish.root), wish)
    after = _host.Host(pool, host.held, mount, ours, host.engine, host.cpus, host.nodes)
    return after, actions, missing, kept, warnings


def _after(mounts, wish):
    mount = _mounts.find(mounts, wish.page_kib)
    return mount and mount.path, _host.is_ours(mount, wish.root)


def _mount(wish, check_mode, actions, missing, kept, warnings):
    """Unmount what is ours and unused; the paths that are gone, or would be."""
    gone = []
    for mount in _mounts.read_hugetlbfs(wish.root):
        if mount.pagesize_kib != wish.page_kib or not _host.is_ours(mount, wish.root):
            continue
        users = _mounts.users(mount, wish.root) + _container_users(wish.container_name)
        if not users and not check_mode:
            try:
                _mounts.unmount(mount.path, Deadline(UMOUNT_TIMEOUT), wish.root)
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
                _own_mounts.note(mount, wish.root) if users else _own_mounts.forget(mount.path, wish.root)
            except ZbsError as exc:
                warnings.append(exc.message)
    return gone


def _container_users(name):
    """A container of the target uses the mount, also one that is stopped: its next start would fail without it."""
    container = _container.inspect(name, Deadline(_host.ASK_TIMEOUT))
    if container.found():
        return ["the container %s is there (%s)" % (name, container.state)]
    if container.answer in ("missing", "no_docker", "podman"):
        return []
    return ["it can't be told whether the container %s is there (%s)" % (name, container.detail)]


def _pages(wish, host, check_mode, actions, missing):
    pool = host.pool if check_mode else _hugepages.read_pool(wish.page_kib, wish.root)
    gifts = _giveback.plan(pool, host.nodes, wish.keep_free)
    if not gifts:
        return pool
    before = pool
    if check_mode:
        pool = _giveback.predict(pool, gifts)
    else:
        try:
            pool = _giveback.give_back(wish.page_kib, host.nodes, wish.keep_free, wish.root)
        except ZbsError as exc:
            missing.append({"what": "hugepages", "detail": exc.message, "remedy": "see the message"})
            pool = _hugepages.read_pool(wish.page_kib, wish.root)
    if pool.total < before.total:
        actions.append("give back %d pages of %d KiB" % (before.total - pool.total, wish.page_kib))
    return pool

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a compute host fit for a target: pages, mount, engine. Nothing that exists is made smaller or restarted."""

import os

from . import _container, _docker_engine, _hugepages, _lock, _mounts, _process, _spdk, _topology
from ._deadline import Deadline
from ._errors import ZbsError

LOCK = "/run/zbs_vhost_prepare.lock"
# Asking Docker or mounting takes milliseconds; starting an engine on a busy host takes seconds.
ASK_TIMEOUT = 10.0
START_TIMEOUT = 90.0
LISTENER_TIMEOUT = 2.0


class Wish:
    """What the host must have; see the options of zbs_vhost_prepare. `target_pages` and `guest_pages` are pages."""

    def __init__(
        self,
        page_kib,
        target_pages,
        guest_pages,
        compact,
        hugetlbfs_dir,
        docker,
        hugepages,
        container_name,
        admin_socket,
    ):
        self.page_kib = page_kib
        self.target_pages = target_pages
        self.guest_pages = guest_pages
        self.compact = compact
        self.hugetlbfs_dir = hugetlbfs_dir
        self.docker = docker
        self.hugepages = hugepages
        self.container_name = container_name
        self.admin_socket = admin_socket


class Host:
    """What is there now: `pool`, `held` (pages of the running target), `mount` (path or None), `engine`, `cpus`."""

    def __init__(self, pool, held, mount, engine, cpus):
        self.pool = pool
        self.held = held
        self.mount = mount
        self.engine = engine
        self.cpus = cpus


def look(wish):
    """Read the host: only what the wish is about. ZbsError when the kernel lacks the page size."""
    engine = _docker_engine.look(Deadline(ASK_TIMEOUT)) if wish.docker == "require" else None
    cpus = _topology.choose(_topology.read_cpus())
    if not wish.hugepages:
        return Host(None, 0, None, engine, cpus)
    pool = _hugepages.read_pool(wish.page_kib)
    mount = _mounts.find(_mounts.read_hugetlbfs(), wish.page_kib)
    return Host(pool, _held(wish), mount, engine, cpus)


def refuse_bad(wish, host, memory_kib):
    """ZbsError for a wish that can't be right, before anything is touched.

    memory_kib  the machine's memory; asking for more pages than it holds can only drive VMs out of memory
    """
    wanted = (wish.target_pages + wish.guest_pages) * wish.page_kib
    if wanted > memory_kib:
        raise ZbsError(
            "hugepage_count and guest_memory ask for %d MiB and the machine has %d MiB; ask for less"
            % (wanted // 1024, memory_kib // 1024),
            "too_much",
        )
    path = wish.hugetlbfs_dir
    if host.mount is None and os.path.lexists(path) and not os.path.isdir(path):
        raise ZbsError("hugetlbfs_dir %s is no folder; name another one" % path, "hugetlbfs_dir")
    if host.mount is None and os.path.ismount(path):
        raise ZbsError(
            "hugetlbfs_dir %s is already a mount of something else; name another folder" % path, "hugetlbfs_dir"
        )


def prepare(wish, host, check_mode):
    """Do what is missing and return (Host after it, actions as sentences, missing as dicts {what, detail, remedy}).

    In check mode nothing is done and the Host is the predicted one.
    """
    actions, missing = [], []
    pool, mount = host.pool, host.mount
    if wish.hugepages:
        pool = _pages(wish, host, check_mode, actions, missing)
        mount = _mount(wish, host, check_mode, actions, missing)
    engine = _engine(wish, host, check_mode, actions, missing)
    return Host(pool, host.held, mount, engine, host.cpus), actions, missing


def _pages(wish, host, check_mode, actions, missing):
    demand = _hugepages.Demand(wish.target_pages, wish.guest_pages, host.held)
    before, pool = host.pool, host.pool
    short = demand.short(pool)
    if short <= 0:
        return pool
    if check_mode:
        actions.append("grow the pool of %d KiB pages by %d" % (wish.page_kib, short))
        return _hugepages.Pool(pool.size_kib, pool.total + short, pool.free + short, pool.reserved)
    available = memory_kib(name="MemAvailable")
    if short * wish.page_kib > available:
        detail = (
            "%d more pages of %d KiB are needed and only %d MiB of memory are available, so the pool was left alone"
            % (
                short,
                wish.page_kib,
                available // 1024,
            )
        )
        missing.append({"what": "hugepages", "detail": detail, "remedy": "free memory on the host, or ask for less"})
        return pool
    try:
        # Growing is read, add, write: two at once would add up, so the second waits for the first.
        with _lock.hold(LOCK, Deadline(ASK_TIMEOUT), "growing the hugepage pool"):
            pool = _hugepages.grow(wish.page_kib, demand, wish.compact)
    except ZbsError as exc:
        missing.append({"what": "hugepages", "detail": exc.message, "remedy": "see the message"})
        pool = _hugepages.read_pool(wish.page_kib)  # some pages may have come before it failed
    if pool.total > before.total:
        actions.append("grew the pool of %d KiB pages by %d" % (wish.page_kib, pool.total - before.total))
    short = demand.short(pool)
    if short > 0 and not missing:
        detail = "%d pages of %d KiB are missing: %d for the target (which holds %d) and %d for guests, %d are free" % (
            short,
            wish.page_kib,
            wish.target_pages,
            host.held,
            wish.guest_pages,
            pool.unclaimed(),
        )
        remedy = "free memory on the host, or reserve the pages at boot, where memory is not yet in pieces"
        missing.append({"what": "hugepages", "detail": detail, "remedy": remedy})
    return pool


def _mount(wish, host, check_mode, actions, missing):
    if host.mount is not None:
        return host.mount
    actions.append("mount hugetlbfs (%d KiB pages) on %s" % (wish.page_kib, wish.hugetlbfs_dir))
    if check_mode:
        return wish.hugetlbfs_dir
    try:
        _mounts.mount(wish.hugetlbfs_dir, wish.page_kib, Deadline(ASK_TIMEOUT))
    except ZbsError as exc:
        actions.pop()
        missing.append({"what": "hugetlbfs", "detail": exc.message, "remedy": "mount it by hand and look at dmesg"})
        return None
    return wish.hugetlbfs_dir


def _engine(wish, host, check_mode, actions, missing):
    engine = host.engine
    if engine is None:
        return None
    problem = _engine_problem(engine)
    if problem is None and not engine.active:
        actions.append("start docker.service")
        if check_mode:
            return engine
        try:
            _docker_engine.start(Deadline(START_TIMEOUT))
            engine = _docker_engine.look(Deadline(ASK_TIMEOUT))
        except ZbsError as exc:
            actions.pop()
            missing.append({"what": "docker", "detail": exc.message, "remedy": "look why it does not start"})
            return engine
        if not engine.active:
            problem = ("the engine was started and does not answer: %s" % engine.detail, "see `journalctl -u docker`")
    if problem is not None:
        missing.append({"what": "docker", "detail": problem[0], "remedy": problem[1]})
    return engine


def _engine_problem(engine):
    """(detail, remedy) of what keeps this engine from being used or started, None when nothing does."""
    if not engine.installed:
        return "no Docker Engine is installed", "run the role zstack.zbs.zbs_docker"
    if engine.iptables:
        return (
            "the Docker Engine is configured to change the firewall, which cuts bridged VMs off",
            'put "iptables": false into /etc/docker/daemon.json and restart the engine in a maintenance window',
        )
    return None


def _held(wish):
    """Pages of this size that the running target holds.

    smaps counts hugetlb memory of every size together; a target uses one size, the one that it was given.
    """
    pid = _listener(wish.admin_socket) or _container.inspect(wish.container_name, Deadline(ASK_TIMEOUT)).pid
    process = _process.read_process(pid) if pid else None
    if process is None:
        return 0
    if process.hugepages_kib is None:
        return wish.target_pages  # it runs and can't be read: no reason to take memory for it a second time
    return process.hugepages_kib // wish.page_kib


def _listener(admin_socket):
    """Process id of the target by the kernel's word, which needs no Docker; None when nobody listens."""
    try:
        return _spdk.call(admin_socket, "spdk_get_version", Deadline(LISTENER_TIMEOUT)).pid
    except _spdk.SpdkProblem as exc:
        return exc.details.get("pid")
    except _spdk.SpdkError:
        return None


def memory_kib(root="/", name="MemTotal"):
    """A line of /proc/meminfo in KiB: the machine's memory, or what of it is available."""
    with open(os.path.join(root, "proc/meminfo"), encoding="ascii") as handle:
        for line in handle:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise ZbsError("/proc/meminfo names no %s" % name, "unreadable")

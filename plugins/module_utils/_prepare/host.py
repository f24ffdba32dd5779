# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a prepare wants of a host and what it finds there; read only."""

from .._engine import docker_engine
from .._hugepages import boot, guests, libvirt, mounts, node_pools, own_mounts, refusals, wanted
from .._hugepages.numa import ANY, Held, wanted_on_nodes
from .._hugepages.paths import as_kernel, below
from .._observe import spdk, topology
from .._observe.container import inspect_container
from .._observe.process import read_process
from .._tools.deadline import Deadline

# Where the host begins: a folder in tests.
ROOT = "/"
# Asking Docker takes milliseconds.
ASK_TIMEOUT = 10.0
LISTENER_TIMEOUT = 2.0
# Later than the start of whatever runs.
NOW = float("inf")


class Wish:
    """What the host must have; see the options of zbs_vhost_prepare. `target_pages` and `guest_pages` are pages of the target's size;
    `guest_kib` is the guests' memory, whichever pool it comes from."""

    def __init__(
        self,
        page_kib,
        target_pages=0,
        guest_pages=0,
        numa=ANY,
        compact=True,
        hugetlbfs_dir="/dev/hugepages2m",
        docker="require",
        hugepages=True,
        container_name="",
        admin_socket="",
        keep_free=0,
        present=True,
        root=None,
        guest_kib=None,
    ):
        self.page_kib = page_kib
        self.target_pages = target_pages
        self.guest_kib = guest_pages * page_kib if guest_kib is None else guest_kib
        self.guest_pages = wanted.pages_for(self.guest_kib, page_kib)
        self.numa = numa
        self.compact = compact
        self.hugetlbfs_dir = hugetlbfs_dir
        self.docker = docker
        self.hugepages = hugepages
        self.container_name = container_name
        self.admin_socket = admin_socket
        self.keep_free = keep_free
        self.present = present
        self.root = ROOT if root is None else root


class Host:
    """What is there: `pool`, `held` (numa.Held of the running target), `mount` (its path or None), `ours` (whether this
    collection made it), `engine`, `cpus` (of _observe/topology), `nodes` ({node: pages wanted there}), `guests` (guests.Guests)."""

    def __init__(self, pool, held, mount, ours, engine, cpus, nodes, guests_=None):
        self.pool = pool
        self.held = held
        self.mount = mount
        self.ours = ours
        self.engine = engine
        self.cpus = cpus
        self.nodes = nodes
        self.guests = guests_ or guests.Guests()

    def demand(self, wish):
        """The wanted.Demand on the target's pool."""
        nodes = {node: (pages, self.held.on(node, pages)) for node, pages in self.nodes.items()}
        return wanted.Demand(wish.target_pages, self.guests_beside(wish), self.held.pages, nodes)

    def guests_beside(self, wish):
        """Pages of the target's pool that are for guests: none where they take another pool's, or find none."""
        return wish.guest_pages if self.guests.page_kib == wish.page_kib else 0

    def guest_demand(self):
        """The wanted.Demand on the guests' pool, where that is another one."""
        return wanted.Demand(0, self.guests.pages)


def look(wish):
    """Read the host: only what the wish is about. ZbsError when the kernel lacks the page size or a node."""
    engine = docker_engine.look(Deadline(ASK_TIMEOUT), root=wish.root) if wish.docker == "require" else None
    cpus = topology.choose(topology.read_cpus(wish.root))
    if not wish.hugepages:
        return Host(None, Held(), None, False, engine, cpus, {})
    pool = node_pools.read_pool(wish.page_kib, wish.root)
    nodes = wanted_on_nodes(wish.numa, wish.target_pages, pool, cpus[1])
    found = mounts.read_hugetlbfs(wish.root)
    mount = choose_mount(wish, found)
    held = _held(wish, sum(nodes.values()) or wish.target_pages)
    ours = is_ours(mount, wish.root)
    return Host(pool, held, mount and mount.path, ours, engine, cpus, nodes, look_at_guests(wish, found, mount))


def choose_mount(wish, found):
    """The mounts.Mount for the target among `found`, None where none is fit. What is taken back stays with no choice."""
    earlier = own_mounts.chosen(wish.page_kib, wish.root) if wish.present else None
    return mounts.find(found, wish.page_kib, needs(wish), earlier, as_kernel(wish.hugetlbfs_dir, wish.root))


def needs(wish):
    """Pages that a target may take of its mount."""
    return sum(wish.numa.values()) if isinstance(wish.numa, dict) else wish.target_pages


def look_at_guests(wish, found, mount, at=None):
    """The guests.Guests of the host with the mounts `found`, and with the one that the target is to get.

    mount  the target's, None where it is yet to come
    at     when that was mounted, in seconds after the boot or NOW; None to read it from the notes
    """
    if mount is None and wish.present:
        place = as_kernel(wish.hugetlbfs_dir, wish.root)
        seen = guests.look(found + [mounts.Mount(place, wish.page_kib)], wish.page_kib, wish.guest_kib, wish.root)
        seen.unknown_to = libvirt.older_than(NOW, wish.root)
        return seen
    seen = guests.look(found, wish.page_kib, wish.guest_kib, wish.root)
    at = own_mounts.made_at(mount, wish.root) if at is None and mount is not None else at
    if at is not None and wish.present:
        seen.unknown_to = libvirt.older_than(at, wish.root)
    return seen


def is_ours(mount, root):
    """Whether this collection made the mount, by hand or by its unit."""
    return mount is not None and (own_mounts.is_ours(mount, root) or boot.has_our_unit(mount.path, root))


def refuse_bad(wish, host):
    """ZbsError for a wish that can't be right, before anything is touched."""
    pages = sum(host.nodes.values()) if host.nodes else wish.target_pages
    apart = host.guests.pages * host.guests.page_kib if host.guests.apart else 0
    refusals.check_amount(pages + host.guests_beside(wish), host.nodes, wish.page_kib, wish.root, apart)
    refusals.check_folder_name(wish.hugetlbfs_dir)
    if host.mount is None:
        refusals.check_folder(wish.hugetlbfs_dir, wish.root, needs(wish))


def _held(wish, pages):
    """The numa.Held of the running target: what it took itself, and nothing of the VMs whose memory it maps."""
    # By the kernel's word where it has one: that needs no Docker, and no answer of a target that hangs.
    pid = (
        spdk.listener(below(wish.root, wish.admin_socket), Deadline(LISTENER_TIMEOUT))
        or inspect_container(wish.container_name, Deadline(ASK_TIMEOUT)).pid
    )
    process = read_process(pid, wish.root) if pid else None
    if process is None:
        return Held(0, {})
    if process.own_pages is None:
        return Held(pages)  # it runs and can't be read: no reason to take memory for it a second time
    nodes = process.own_pages.get(wish.page_kib, {})
    return Held(sum(nodes.values()), None if None in nodes else nodes)

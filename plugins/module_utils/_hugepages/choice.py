# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hugetlbfs a target gets: whose each is, whether it is fit, and in which order they are taken. Pure.

Of the mounts with the right pages, leaving out those of a container or pod (they go with it), those of libvirt, and those whose
options or limits are too small, it is the first of:

1. the one that an earlier run chose, so that a mount that comes along later moves no target
2. the one that the option hugetlbfs_dir names
3. the one that was mounted last
"""

import re

from .._tools import sizes

# Where container engines, kubelets, libvirt and sessions of users keep mounts of their own.
_FOREIGN = re.compile(
    r"^/(?:var/)?run/(?:containers?|containerd|crio|cri-o|docker|k3s|libvirt|lxc|lxd|netns|podman|runc|systemd|user)/"
    r"|^/var/lib/(?:kubelet|docker|containers?|containerd|k0s|rancher|lxc|lxd|lxcfs|machines|libvirt|nomad|pods|incus)/"
    r"|^/var/lib/hugetlbfs/(?:global/)?(?:user|group)/"
    r"|^/(?:snap|var/snap|proc)/"
    # The same with their data moved to a folder of the operator's choice.
    r"|/pods/[^/]+/volumes/|/volumes/kubernetes\.io~|/overlay2?/[^/]+/merged/|/libvirt/qemu/"
)


def is_foreign(path):
    """Whether a mount on that path belongs to a container, a pod, a user's session or libvirt."""
    return bool(_FOREIGN.search(path + "/"))


def unfit(mount, pages):
    """Why `pages` pages can't be had of a mounts.Mount, as a clause; None when nothing is in the way.

    SPDK makes a file for each page, and the file system's root is one of its inodes.
    """
    if mount.root != "/":
        return "it shows only the part %s of a hugetlbfs" % mount.root
    if "ro" in mount.flags.split(",") or "ro" in mount.options.split(","):
        return "it is mounted read-only"
    quota, inodes = limit(mount.options, "size"), limit(mount.options, "nr_inodes")
    if quota is not None and quota < pages * mount.pagesize_kib * 1024:
        allowed, needed = quota // 1024**2, pages * mount.pagesize_kib // 1024
        return "its option size allows %d MiB, and the target needs %d MiB" % (allowed, needed)
    if inodes is not None and inodes < pages + 1:
        return "its option nr_inodes allows %d files, and the target makes %d" % (max(0, inodes - 1), pages)
    return None


def limit(options, name):
    """The number of an option such as `size=1G`; None without it, and for a share of the pool (`size=50%`), which nobody can tell."""
    value = option(options, name)
    return None if value is None or value.endswith("%") else sizes.kernel(value)


def option(options, name):
    """The value of an option, the last one where it is given twice; None without it."""
    found = [word[len(name) + 1 :] for word in options.split(",") if word.startswith(name + "=")]
    return found[-1] if found else None


def of_host(mounts, size_kib):
    """The mounts of that page size that are the host's own."""
    return [item for item in mounts if item.pagesize_kib == size_kib and not is_foreign(item.path)]


def choose(mounts, size_kib, pages=0, earlier=None, named=None):
    """The mounts.Mount for a target of `pages` pages, in the order above; None when none is fit.

    earlier, named  paths, of an earlier run's choice and of hugetlbfs_dir
    """
    fit = [item for item in of_host(mounts, size_kib) if unfit(item, pages) is None]
    for path in (earlier, named):
        there = [item for item in fit if item.path == path]
        if there:
            return there[-1]
    return fit[-1] if fit else None


def refusals(mounts, size_kib, pages):
    """Sentences on the host's own mounts of that page size that are not fit."""
    found = [(item, unfit(item, pages)) for item in of_host(mounts, size_kib)]
    return ["the hugetlbfs on %s was passed over: %s" % (item.path, why) for item, why in found if why]

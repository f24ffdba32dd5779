# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an operator brings a hugetlbfs back at every boot: by a line of fstab, or by a unit of theirs or of a package."""

import os

from . import boot_units, choice, fstab, mounts, node_pools
from .paths import as_kernel

_PACKAGES = ("usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
_GENERATED = ("run/systemd/generator.early", "run/systemd/generator", "run/systemd/generator.late")
# What the generator of fstab writes into its units. It writes one for each line, also for those that it does not start.
_OF_FSTAB = "SourcePath=/etc/fstab"


class Theirs:
    """An operator's mount: `doubts` are sentences on why it may not come, or not be fit for a target."""

    def __init__(self, doubts):
        self.doubts = [doubt for doubt in doubts if doubt]


def find(where, page_kib, pages, root="/"):
    """Theirs for the mount point `where`, None where nobody but us brings it back.

    page_kib, pages  what a target needs of it
    """
    name = boot_units.mount_name(where)
    mine = read(root, boot_units.path(name))
    if mine is not None and not boot_units.is_ours(mine):
        if mine == "-> /dev/null":
            return Theirs(["%s is masked, so nothing mounts %s at boot; unmask it" % (name, where)])
        return _by_unit(name, mine, where, page_kib, pages, root)
    for folder in _PACKAGES:
        text = read(root, os.path.join(folder, name))
        if text is not None:
            return _by_unit(name, text, where, page_kib, pages, root)
    for folder in _GENERATED:
        text = read(root, os.path.join(folder, name))
        if text is not None and _OF_FSTAB not in text:
            return Theirs([])
    entry = fstab.find(read(root, "etc/fstab") or "", lambda path: as_kernel(path, root) == where)
    if entry is None or not entry.at_boot():
        return None
    options = ",".join(entry.options)
    return Theirs(
        [_misfit("/etc/fstab", where, options, page_kib, pages, root) if "hugetlbfs" in entry.kinds else None]
    )


def read(root, path):
    """A unit's content, `-> target` of a link, None where there is nothing."""
    there = os.path.join(root, path)
    try:
        if os.path.islink(there):
            return "-> " + os.readlink(there)
        with open(there, encoding="utf-8", errors="surrogateescape") as handle:
            return handle.read()
    except OSError:
        return None


def _by_unit(name, text, where, page_kib, pages, root):
    lines = [line.strip().partition("=") for line in text.splitlines()]
    options = ",".join(value.strip() for key, _equals, value in lines if key.strip() == "Options")
    misfit = None if text.startswith("-> ") else _misfit(name, where, options, page_kib, pages, root)
    idle = None
    if not _pulled(name, root):
        idle = "nothing starts %s at boot, so %s is not mounted then; enable it" % (name, where)
    return Theirs([misfit, idle])


def _pulled(name, root):
    """Whether another unit wants this one."""
    for base in (boot_units.FOLDER, "run/systemd/system") + _GENERATED + _PACKAGES:
        try:
            folders = os.listdir(os.path.join(root, base))
        except OSError:
            continue
        for folder in folders:
            wants = folder.endswith((".wants", ".requires"))
            if wants and os.path.lexists(os.path.join(root, base, folder, name)):
                return True
    return False


def _misfit(who, where, options, page_kib, pages, root):
    """A sentence where what is mounted with these options is not what a target needs."""
    default = node_pools.default_kib(root)
    named = mounts.page_kib(options)
    size = named or default
    if size is not None and size != page_kib:
        return "%s mounts %s with pages of %d KiB at boot, and the target needs %d KiB" % (who, where, size, page_kib)
    why = choice.unfit(mounts.Mount(where, page_kib, options=options), pages)
    return "%s mounts %s at boot, and a target can't use that: %s" % (who, where, why) if why else None

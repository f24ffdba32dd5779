# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepages and their mount at every boot: which units there are to be, which there are, and making it so."""

import contextlib
import os

from .._tools import command, replacing
from .._tools.errors import ZbsError
from .._tools.folder import holding
from .._tools.systemd import has_systemd
from . import boot_units, operator_mount

_MODE = 0o644


class Plan:
    """`before` and `after`: {path of a unit: content, None where there is none}, of those that change or stay; `where` the
    mount point, `mount_by` who brings it back at boot: `unit` (ours), `operator`, or None; `doubts` sentences on the
    operator's mount."""

    def __init__(self, before, after, where, mount_by, doubts=()):
        self.before = before
        self.after = after
        self.where = where
        self.mount_by = mount_by
        self.doubts = list(doubts)

    def changes(self):
        """The paths that are to be written or removed, sorted."""
        return sorted(
            path for path in set(self.before) | set(self.after) if self.before.get(path) != self.after.get(path)
        )

    def units(self):
        """The names of the units that there are afterwards, sorted."""
        return sorted({os.path.basename(path) for path in self.after})


def has_our_unit(path, root="/"):
    """Whether the mount on `path` is one of our units'."""
    return boot_units.is_ours(operator_mount.read(root, boot_units.path(boot_units.mount_name(path))) or "")


def asked(page_name, root="/"):
    """{page size in KiB: pages of the machine} that our unit of a page size asks for at boot."""
    text = operator_mount.read(root, boot_units.path(boot_units.service_name(page_name))) or ""
    return boot_units.asked(text) if boot_units.is_ours(text) else {}


def plan_present(page_name, page_kib, nodes, total, where, pages=0, guests=None, root="/"):
    """The Plan for a host.

    nodes, total  {node: pages there}, and pages of the whole machine
    where, pages  the mount point to bring back, and the pages that a target needs there
    guests        (page size in KiB, pages) of the pool that guests use, None where it is the same pool
    """
    service = boot_units.service_name(page_name)
    after = _enabled(service, boot_units.service(page_name, page_kib, nodes, total, guests))
    there = operator_mount.read(root, boot_units.path(service))
    if there is not None and not boot_units.is_ours(there):
        raise ZbsError(
            "/%s exists and was not written by this collection; remove or rename it" % boot_units.path(service),
            "foreign_unit",
        )
    theirs = operator_mount.find(where, page_kib, pages, root)
    if theirs is None:
        after.update(_enabled(boot_units.mount_name(where), boot_units.mount(where, page_name)))
    doubts = [] if theirs is None else theirs.doubts
    return Plan(_ours(page_name, root, after), after, where, "unit" if theirs is None else "operator", doubts)


def plan_absent(page_name, root="/"):
    """The Plan that takes the units of a page size away."""
    return Plan(_ours(page_name, root, {}), {}, None, None)


def apply(plan, deadline, root="/"):
    """Write and remove what the plan names, then let systemd read it. A unit is neither started nor stopped by this."""
    paths = plan.changes()
    for path in paths:
        _replace(os.path.join(root, path), plan.after.get(path))
    if paths and has_systemd(root):
        result = command.run(["systemctl", "daemon-reload"], deadline)
        if result.rc != 0:
            raise ZbsError(
                "the units are written, but systemd can't load them (%s); run `systemctl daemon-reload`"
                % (result.sentence() or "no answer in time"),
                "daemon_reload",
            )


def _enabled(name, text):
    """A unit and what `systemctl enable` makes of its [Install]: a link, told here by its content `-> /its/place`."""
    return {boot_units.path(name): text, "%s/%s" % (boot_units.WANTS, name): "-> /" + boot_units.path(name)}


def _ours(page_name, root, planned):
    """What is there of our units of this page size, and of the `planned` paths."""
    names = [boot_units.service_name(page_name)]
    with contextlib.suppress(OSError):
        names += sorted(name for name in os.listdir(os.path.join(root, boot_units.FOLDER)) if name.endswith(".mount"))
    found = {}
    for name in names:
        text = operator_mount.read(root, boot_units.path(name)) or ""
        if name.endswith(".service") and boot_units.is_ours(text) or boot_units.mounts_size(text, page_name):
            for path in (boot_units.path(name), "%s/%s" % (boot_units.WANTS, name)):
                found[path] = operator_mount.read(root, path)
    found.update({path: operator_mount.read(root, path) for path in planned if path not in found})
    return {path: text for path, text in found.items() if text is not None}


def _replace(path, content):
    """Write a file or link whole, or remove it."""
    try:
        with holding(path, ours=True, make=0o755) as place:
            if content is None:
                os.unlink(place.name, dir_fd=place.handle)
            elif content.startswith("-> "):
                replacing.put(place, replacing.link_beside(place, content[3:]))
            else:
                data = content.encode("utf-8", "surrogateescape")
                replacing.put(place, replacing.beside(place, data, _MODE))
    except OSError as exc:
        raise ZbsError("%s can't be written (%s); run as root on the host itself" % (path, exc.strerror), "unwritable")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a volume's two names its bdev has on a host, see _volumes/names. Pure."""

from .._tools.errors import ZbsError
from .names import kind_of

NAMINGS = ("auto", "uuid", "hash")


def choose(volume, naming, observed):
    """The name of the volume's bdev.

    naming    one of NAMINGS; `auto` takes the name that the host serves or a VM needs, else the kind of the other names there
    observed  the return of zbs_vhost_health of that host, None when nobody looked

    ZbsError `naming_unknown` where `auto` can't tell: a bdev under the other name would be a second writer beside the VM's disk.
    """
    if naming != "auto" or volume.uuid_name is None:
        return volume.bdev_name(naming)
    seen = seen_names(observed)
    mine = [name for name in (volume.uuid_name, volume.hashed_name) if name in seen]
    if len(mine) == 1:
        return mine[0]
    if len(mine) == 2:
        raise _unknown("the host has %s under both names, %s and %s" % (volume.path, mine[0], mine[1]))
    kinds = sorted({kind for kind in map(kind_of, seen) if kind})
    if len(kinds) == 1:
        return volume.bdev_name(kinds[0])
    if kinds:
        raise _unknown("the host has bdevs named after UUIDs and bdevs named by hash, but none for %s" % volume.path)
    raise _unknown("nothing on the host shows whether %s is named after its UUID or by hash" % volume.path)


def seen_names(observed):
    """The names of what the host serves and of what its VMs need."""
    observed = observed or {}
    names = [row.get("controller") for row in observed.get("volumes") or []]
    names += [need.get("bdev") for need in observed.get("demand") or []]
    return {name for name in names if isinstance(name, str)}


def _unknown(why):
    return ZbsError(
        "%s; give naming (uuid for a newer manager's default, hash for an older one) or bdev_name" % why,
        "naming_unknown",
    )

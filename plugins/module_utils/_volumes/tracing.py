# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name of a bdev back to its volume, through the listings of the cluster's pools."""

from .._tools.errors import ZbsError
from . import names


class Traced:
    """`volumes` {bdev: Volume}, and `reasons` {bdev: why it has none}."""

    def __init__(self):
        self.volumes = {}
        self.reasons = {}

    @classmethod
    def told(cls, traced):
        """What another run of the trace found: `traced` of zbs_vhost_cluster, {bdev: {path, reason}}. What can't be is not taken over."""
        found = cls()
        for bdev, said in traced.items():
            said = said if isinstance(said, dict) else {}
            try:
                if said.get("path"):
                    found.volumes[bdev] = names.parse_path(said["path"])
                elif said.get("reason"):
                    found.reasons[bdev] = said["reason"]
            except ZbsError:
                pass
        return found

    def knows(self, bdev):
        """Whether there is a volume, or a reason why there is none."""
        return bdev in self.volumes or bdev in self.reasons

    def with_(self, other):
        """This one with what `other` knows too."""
        self.volumes.update(other.volumes)
        self.reasons.update(other.reasons)
        return self


def trace(zbs, bdevs, pools, deadline):
    """Find the volume of each of `bdevs`; returns a Traced.

    zbs    a Zbs of _admin/zbs
    pools  names of the logical pools to look in; where there is none, all of the cluster

    A name that was hashed says its pool, so one match is the only one. A name that bears the volume's UUID does not: a copy that a
    migration left in another pool has the same. So it is looked for in every pool, and what more than one volume could be, or a pool
    that did not answer could hold too, is nobody's: the wrong volume under a VM is worse than none.
    """
    found = Traced()
    if not bdevs:
        return found
    try:
        pools = list(pools) or sorted(zbs.pools(deadline))
    except ZbsError as exc:
        found.reasons = dict.fromkeys(bdevs, "%s; fix that, or list the pools in zbs_vhost_heal_pools" % exc.message)
        return found
    wanted, problems = set(bdevs), []
    hashed: dict = {}
    by_uuid: dict = {}
    for pool in pools:
        if wanted.issubset(hashed):
            break
        try:
            listed = zbs.volumes(pool, deadline)
        except ZbsError as exc:
            problems.append(exc.message)
            continue
        for volume in (names.Volume(pool, name) for name in listed):
            by_hash, by_own = volume.hashed_name, volume.uuid_name
            if by_hash in wanted:
                hashed[by_hash] = volume
            if by_own in wanted:
                by_uuid.setdefault(by_own, []).append(volume)
    for bdev in bdevs:
        _choose(bdev, hashed.get(bdev), by_uuid.get(bdev, []), pools, problems, found)
    return found


def _choose(bdev, hashed, by_uuid, pools, problems, found):
    """Enter the one volume that `bdev` can be, or why there is none."""
    candidates = ([hashed] if hashed else []) + by_uuid
    if len(candidates) == 1 and (hashed or not problems):
        found.volumes[bdev] = candidates[0]
    elif len(candidates) > 1:
        paths = " and ".join(sorted(volume.path for volume in candidates))
        found.reasons[bdev] = "it may be %s, which have the same UUID; create it by hand with its path" % paths
    elif candidates:
        found.reasons[bdev] = "it may be %s, but another pool may hold a copy of it (%s)" % (
            candidates[0].path,
            "; ".join(problems),
        )
    elif not pools:
        found.reasons[bdev] = "the cluster has no logical pool to look for its volume in"
    else:
        said = " (%s)" % "; ".join(problems) if problems else ""
        found.reasons[bdev] = "no volume in the pools %s matches %s%s; create it by hand with its path" % (
            ", ".join(pools),
            bdev,
            said,
        )

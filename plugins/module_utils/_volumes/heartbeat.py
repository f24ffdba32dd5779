# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CBD path of the heartbeat volume, from the cluster's pools. Pure."""

from .._observe import cbd
from .._tools.errors import ZbsError

VOLUME = "zbs_zstack_heartbeat"
_GIVE = "set zbs_vhost_heal_cbd_heartbeat (cbd:PHYSICAL_POOL/LOGICAL_POOL/%s)" % VOLUME


def heartbeat(pools, wanted):
    """cbd:<physical pool>/<logical pool>/zbs_zstack_heartbeat of the one pool that it can be in.

    pools   {logical pool: physical pool or None} of the cluster
    wanted  logical pools to choose from; all where there is none

    ZbsError `heartbeat_unknown` where it is not one: reading another pool's would say nothing about the host's storage.
    """
    found = sorted(name for name in pools if not wanted or name in wanted)
    if not found:
        said = "zbs_vhost_heal_pools (%s) names no pool of the cluster" % ", ".join(wanted)
        raise _unknown("%s; correct it, or %s" % (said if wanted else "the cluster has no logical pool", _GIVE))
    if len(found) > 1:
        raise _unknown(
            "the CBD heartbeat may be in any of the pools %s; %s, or name its pool in zbs_vhost_heal_pools"
            % (", ".join(found), _GIVE)
        )
    pool = found[0]
    if not pools[pool]:
        raise _unknown("zbs names no physical pool of the pool %s; %s" % (pool, _GIVE))
    path = "cbd:%s/%s/%s" % (pools[pool], pool, VOLUME)
    if not cbd.valid_path(path):
        raise _unknown("%r, made of the pool's names, is not a CBD path; %s" % (path, _GIVE))
    return path


def _unknown(why):
    return ZbsError(why, "heartbeat_unknown")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to the cluster for all hosts of a run: which volume each bdev is, and where the CBD heartbeat is."""

from .._admin.zbs import Zbs
from .._tools.deadline import Deadline, check_seconds
from .heartbeat import heartbeat
from .names import check_bdev_name
from .tracing import trace


def run(params, _check_mode):
    """Answer the parameters of zbs_vhost_cluster; returns the module's result. It only reads."""
    check_seconds(params, "timeout", 1.0)
    for bdev in params["bdevs"]:
        check_bdev_name(bdev)
    zbs, deadline = Zbs(params["zbs"]), Deadline(params["timeout"])
    bdevs = sorted(set(params["bdevs"]))
    traced = trace(zbs, bdevs, params["pools"], deadline)
    result = {
        "changed": False,
        "traced": {
            bdev: {
                "path": traced.volumes[bdev].path if bdev in traced.volumes else None,
                "reason": traced.reasons.get(bdev),
            }
            for bdev in bdevs
        },
        "heartbeat": None,
        "pools": params["pools"],
    }
    if params["heartbeat"]:
        result["heartbeat"] = heartbeat(zbs.pools(deadline), params["pools"])
    return result

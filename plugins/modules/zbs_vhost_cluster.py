#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_cluster
short_description: Ask the ZBS cluster which volume a bdev is
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Traces bdevs back to their volumes in the listings of the cluster's pools, for all hosts of a run at once, so that each pool is
    listed one time. M(zstack.zbs.zbs_vhost_restore) takes the result.
  - Also says where the heartbeat volume of the CBD protocol is.
  - Runs on a ZBS admin node; delegate the task to it.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.read_only
options:
  bdevs:
    description: Names of the bdevs to trace.
    type: list
    elements: str
    default: []
  pools:
    description: Logical pools to look in. If empty, all pools of the cluster (C(zbs list logical-pool)).
    type: list
    elements: str
    default: []
  heartbeat:
    description:
      - Whether to return the CBD path of the heartbeat volume. The task fails if the cluster, or O(pools), does not have exactly one
        pool that it can be in.
    type: bool
    default: false
  zbs:
    description: The zbs program.
    type: path
    default: /usr/bin/zbs
  timeout:
    description: Seconds for all listings together.
    type: float
    default: 120.0
"""

EXAMPLES = r"""
- name: Trace a disk
  zstack.zbs.zbs_vhost_cluster:
    bdevs: [zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff]
  delegate_to: "{{ groups['zbs_admin'] | first }}"
  register: cluster

- name: Where is the heartbeat of the pool pool1?
  zstack.zbs.zbs_vhost_cluster:
    heartbeat: true
    pools: [pool1]
  delegate_to: "{{ groups['zbs_admin'] | first }}"
"""

RETURN = r"""
traced:
  description: For each of O(bdevs), C(path) (V(POOL/VOLUME)), or null and the C(reason).
  type: dict
  returned: success
  sample: {zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff: {path: pool1/vol1, reason: null}}
pools:
  description: O(pools), as they were given.
  type: list
  elements: str
  returned: success
  sample: []
heartbeat:
  description: CBD path of the heartbeat volume, null if it was not asked for.
  type: str
  returned: success
  sample: cbd:physical1/pool1/zbs_zstack_heartbeat
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import cluster

if __name__ == "__main__":
    _module.run(
        {
            "bdevs": {"type": "list", "elements": "str", "default": []},
            "pools": {"type": "list", "elements": "str", "default": []},
            "heartbeat": {"type": "bool", "default": False},
            "zbs": {"type": "path", "default": "/usr/bin/zbs"},
            "timeout": {"type": "float", "default": 120.0},
        },
        lambda module: cluster.run(module.params, module.check_mode),
    )

#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_restore
short_description: Recreate the volumes that the VMs of a compute host need
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - A target that was killed comes back empty, and the disks of its VMs hang. This module traces each bdev that a VM needs to
    its volume, and C(zbsadm) creates it again under the same name. The VM continues by itself.
  - A volume that another host has open is left alone; see O(fence).
  - If a volume can't be traced or created, the others are still created and the task does not fail. The row of the volume says why.
  - Runs on the ZBS admin node, the only place where C(zbsadm) works; delegate the task to it.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
  - zstack.zbs.zbsadm
  - zstack.zbs.fence
options:
  volumes:
    description:
      - What to restore, in the form of RV(zstack.zbs.zbs_vhost_recovery#module:restore). Each has C(bdev) and, if known,
        C(path) (the volume, V(POOL/VOLUME)), C(vm), C(served_s_ago) and
        C(held_by).
    type: list
    elements: dict
    required: true
  pools:
    description:
      - Logical pools whose volumes are listed to find the one that a bdev is named after, if no C(path) is given. The bdev may
        have the name with the volume's UUID or the name by hash.
      - If empty, all pools of the cluster (C(zbs list logical-pool)).
    type: list
    elements: str
    default: []
  traced:
    description:
      - RV(zstack.zbs.zbs_vhost_cluster#module:traced), if the volumes were traced for several hosts at once. Only bdevs that are not
        in it are traced here.
    type: dict
    default: {}
  observed:
    description: What M(zstack.zbs.zbs_vhost_health) returned for that host. Volumes that are already served are left alone.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the target and at what the VMs need
  zstack.zbs.zbs_vhost_health:
    host_ip: "{{ ansible_host }}"
  register: health

- name: Give the VMs their disks back
  zstack.zbs.zbs_vhost_restore:
    host_ip: "{{ ansible_host }}"
    observed: "{{ health }}"
    volumes: "{{ health.demand | selectattr('broken') }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"

- name: One disk, whose volume is known
  zstack.zbs.zbs_vhost_restore:
    host_ip: "{{ ansible_host }}"
    observed: "{{ health }}"
    volumes:
      - bdev: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
        path: pool1/vol1
  delegate_to: "{{ groups['zbs_admin'] | first }}"
"""

RETURN = r"""
volumes:
  description:
    - One row for each of O(volumes), with the volume that it was traced to, whether it was created, and if not, why.
    - C(held_by) has the addresses of the other hosts that have the volume open. It is empty if there are none, and null if that is
      not known or was not asked.
  type: list
  elements: dict
  returned: success
  sample:
    - bdev: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      path: pool1/vol1
      created: true
      held_by: []
      error: null
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import asking, restore

if __name__ == "__main__":
    _module.run(
        dict(
            dict(calls.OPTIONS, **asking.OPTIONS),
            volumes={"type": "list", "elements": "dict", "required": True},
            pools={"type": "list", "elements": "str", "default": []},
            traced={"type": "dict", "default": {}},
            observed={"type": "dict", "required": True},
        ),
        lambda module: restore.run(module.params, module.check_mode),
        required_together=calls.LOGIN_TOGETHER,
    )

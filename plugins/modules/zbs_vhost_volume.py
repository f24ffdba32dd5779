#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_volume
short_description: Serve a ZBS volume on a compute host, or stop serving it
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Lets C(zbsadm) create or delete the bdev, the controller and the socket of a volume on the target of a compute host. The
    volume itself is neither created nor deleted.
  - A target that was killed comes back without its volumes, and the disks of its VMs hang until the volumes are created again
    under the same names. This module does that for one volume.
  - A controller on which a VM has a session is not deleted, unless O(force) is given. A newer SPDK does not answer such a
    delete, and carries it out when the VM disconnects.
  - A volume that another host has open is not created; see O(fence).
  - Runs on the ZBS admin node, the only place where C(zbsadm) works; delegate the task to it.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.zbsadm
  - zstack.zbs.fence
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: Yes, if O(observed) was taken after the first run. Without it the module can't know and always calls zbsadm.
options:
  path:
    description: The volume, as V(zbs://POOL/VOLUME) or V(POOL/VOLUME) with its logical pool.
    type: str
    required: true
  state:
    description: V(present) serves the volume, V(absent) stops serving it.
    type: str
    choices: [present, absent]
    default: present
  bdev_name:
    description: Name of the bdev, the controller and the socket. Without it, the name that O(naming) derives from O(path).
    type: str
  naming:
    description:
      - How the manager names the bdev of a volume whose own name ends in a UUID, as V(volume_0123456789abcdef0123456789abcdef).
        V(uuid) is the default of newer managers, C(zbs-bdev-) and that UUID. V(hash) is the way of older managers, C(zbs-bdev-)
        and a hash of the path. Any other volume is named by hash.
      - V(auto) takes the name under which O(observed) shows the volume as served or as needed by a VM, otherwise the kind of
        the other names on the host. If the host shows neither kind, or both, the task fails and creates nothing.
    type: str
    choices: [auto, uuid, hash]
    default: auto
  socket_dir:
    description: The target's socket directory, used for RV(socket_path).
    type: path
    default: /var/zbsvhost/sockets
  observed:
    description: What M(zstack.zbs.zbs_vhost_health) returned for that host. Without it a volume is always created and never deleted.
    type: dict
  force:
    description: Delete even if a VM has a session, or if that is not known. The VM's disk then hangs.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at the target
  zstack.zbs.zbs_vhost_health:
    host_ip: "{{ ansible_host }}"
  register: health

- name: Give a VM its disk back after the target was redeployed
  zstack.zbs.zbs_vhost_volume:
    host_ip: "{{ ansible_host }}"
    path: zbs://pool1/vol1
    observed: "{{ health }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"

- name: Serve a volume of a newer manager on a host that serves nothing yet
  zstack.zbs.zbs_vhost_volume:
    host_ip: "{{ ansible_host }}"
    path: zbs://pool1/volume_0123456789abcdef0123456789abcdef
    naming: uuid
    observed: "{{ health }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"

- name: Stop serving a volume that no VM uses
  zstack.zbs.zbs_vhost_volume:
    host_ip: "{{ ansible_host }}"
    path: zbs://pool1/vol1
    state: absent
    observed: "{{ health }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"
"""

RETURN = r"""
bdev_name:
  description: Name of the bdev and the controller.
  type: str
  returned: success
  sample: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
socket_path:
  description: The socket that a VM's disk is connected to.
  type: str
  returned: success
  sample: /var/zbsvhost/sockets/zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
plan:
  description: What was done, or would be in check mode (C(delete) and C(create), in order), and why.
  type: dict
  returned: success
  sample:
    actions: [create]
    reason: the target has no controller zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
zbsadm:
  description: What zbsadm answered, one item for each call.
  type: list
  elements: dict
  returned: success
  sample: [{success: true, error: {code: 0, message: ""}}]
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.plugins.module_utils._volumes import asking, names, volume
from ansible_collections.zstack.zbs.plugins.module_utils._volumes.naming import NAMINGS

if __name__ == "__main__":
    _module.run(
        dict(
            dict(calls.OPTIONS, **asking.OPTIONS),
            path={"type": "str", "required": True},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            bdev_name={"type": "str"},
            naming={"type": "str", "choices": list(NAMINGS), "default": "auto"},
            socket_dir={"type": "path", "default": names.SOCKET_DIR},
            observed={"type": "dict"},
            force={"type": "bool", "default": False},
        ),
        lambda module: volume.run(module.params, module.check_mode),
        required_together=calls.LOGIN_TOGETHER,
    )

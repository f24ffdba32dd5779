#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_deployed
short_description: Record on a compute host what was deployed there
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Keeps in the ledger (the local facts of the host) what was deployed last, as a hash and its parts, so that a later
    M(zstack.zbs.zbs_vhost_deploy) can compare. Image, CPUs and memory are read back from the container; the record is for what
    the container does not show.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  state:
    description: V(present) writes the record, V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
  parts:
    description: RV(zstack.zbs.zbs_vhost_deploy#module:deployed). Needed with O(state=present).
    type: dict
  container_id:
    description:
      - Id of the container that the deploy created, from M(zstack.zbs.zbs_vhost_health). The record holds for this container
        only.
    type: str
  facts_dir:
    description: Folder of the local facts; the ledger is C(zbs_vhost.fact) in it.
    type: path
    default: /etc/ansible/facts.d
"""

EXAMPLES = r"""
- name: Record what was deployed
  zstack.zbs.zbs_vhost_deployed:
    parts: "{{ deployed.deployed }}"
    container_id: "{{ health.container.id }}"
  when: deployed is changed

- name: Forget what was deployed on a host that was taken out of the site
  zstack.zbs.zbs_vhost_deployed:
    state: absent
"""

RETURN = r"""
deployed:
  description: The record that is now in the ledger, null if there is none.
  type: dict
  returned: success
  sample:
    hash: sha256:6f1f8c0e5d3a4a1b9d5e2f6f6c7a8b906f1f8c0e5d3a4a1b9d5e2f6f6c7a8b90
    parts: {image: null, cpus: [4, 5, 6, 7], memory_mib: 1024, hugepage_dir: /dev/hugepages2m}
    at: "2026-01-02T03:04:05Z"
    container_id: 0a1b2c3d
"""

import time

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments, _module
from ansible_collections.zstack.zbs.plugins.module_utils._target import desired
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline

# Waiting for the ledger's lock, which is held for milliseconds.
LOCK_TIMEOUT = 15.0


def main(module):
    """Write or remove the record."""
    params = module.params
    made = None
    if params["state"] == "present":
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        made = desired.record(params["parts"], params["container_id"], now)
    before, changed = desired.write_down(params["facts_dir"], made, Deadline(LOCK_TIMEOUT), module.check_mode)
    after = made if changed else before
    return {
        "changed": changed,
        "deployed": after,
        "diff": {"before": {"deployed": before}, "after": {"deployed": after}},
    }


if __name__ == "__main__":
    _module.run(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "parts": {"type": "dict"},
            "container_id": {"type": "str"},
            "facts_dir": _arguments.FACTS_DIR,
        },
        main,
        required_if=[("state", "present", ["parts"])],
    )

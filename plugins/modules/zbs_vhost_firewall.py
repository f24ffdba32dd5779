#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_firewall
short_description: Check that the firewall of a VM host is unchanged
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Reads what decides whether bridged VMs can be reached - the FORWARD chain with its policy, the rules for bridges, the tables
    that Docker makes in nftables, and the kernel switches that let the IP firewall see bridged packets - and compares it with an
    earlier reading.
  - Changes nothing. If something has changed, the task fails and says how to undo it.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.read_only
options:
  before:
    description: The RV(firewall) of an earlier call, to compare with. Without it, the firewall is only read.
    type: dict
  timeout:
    description: Seconds that the reading may take.
    type: float
    default: 20.0
"""

EXAMPLES = r"""
- name: Read the firewall
  zstack.zbs.zbs_vhost_firewall:
  register: before

- name: Do what may change it
  ansible.builtin.systemd_service:
    name: docker.service
    state: restarted

- name: Check that it is unchanged
  zstack.zbs.zbs_vhost_firewall:
    before: "{{ before.firewall }}"
"""

RETURN = r"""
firewall:
  description:
    - The reading. C(forward) are the lines of the FORWARD chain by tool, C(bridge) the rules for bridges, C(tables) Docker's own
      tables of nftables, C(switches) the kernel switches; null if it is not known.
  type: dict
  returned: success
  sample:
    forward: {iptables: ["-P FORWARD ACCEPT"], ip6tables: ["-P FORWARD ACCEPT"]}
    bridge: []
    tables: []
    switches: {bridge-nf-call-iptables: null, bridge-nf-call-ip6tables: null, bridge-nf-call-arptables: null}
differences:
  description: What has changed since O(before), each with C(what), C(before), C(after) and C(undo), a command.
  type: list
  elements: dict
  returned: success; otherwise in the details of the failure
  sample: []
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._engine import firewall
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline, check_seconds
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def main(module):
    """Read, compare, report."""
    params = module.params
    check_seconds(params, "timeout", 1.0)
    before = params["before"]
    if before is not None and not all(isinstance(before.get(key), dict) for key in ("forward", "switches")):
        raise ZbsError(
            "before is not a reading of this module; give the firewall that an earlier call returned", "bad_option"
        )
    now = firewall.snapshot(Deadline(params["timeout"]))
    if before is None:
        return {"changed": False, "firewall": now, "differences": []}
    found, noticed = firewall.differences(before, now)
    if found:
        raise ZbsError(firewall.sentence(found), "firewall_changed", {"differences": found, "firewall": now})
    return {"changed": False, "firewall": now, "differences": [], "warn": noticed}


if __name__ == "__main__":
    _module.run({"before": {"type": "dict"}, "timeout": {"type": "float", "default": 20.0}}, main)

#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_batches
short_description: Split hosts into batches that are worked on one after another
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Returns the batch of each host of the play. Runs on the controller, once for all hosts.
  - Waves allow a trial on a few hosts before the rest, see M(zstack.zbs.zbs_vhost_gate).
  - Loop an include over a list that holds only this number, and the linear strategy runs the included tasks batch by batch,
    since hosts whose loop items differ do not share an include. A sequence of tasks then runs on a few hosts at a time.
    C(throttle) does that for a single task only, and C(serial) can't take the size from the inventory.
  - Ansible takes the batches one after another, in the order in which its workers answer, not in the order of their numbers.
    Every host loops over the waves, so they keep their order.
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
options:
  size:
    description: Hosts in a batch. It is capped at the forks of the run, since no more hosts work at the same time.
    type: int
    required: true
  only:
    description: V(due) takes only the hosts for which the heal found an attempt due, V(all) takes every host of the play.
    type: str
    choices: [all, due]
    default: all
  waves:
    description:
      - Hosts of each wave, as numbers or as shares of the hosts that are taken, such as V(25%). The last one is repeated until
        every host is in a wave. A batch never spans two waves.
      - With O(only=due) the hosts with the fewest attempts come first, so that a host that can't be healed is not the first
        wave of every tick.
    type: list
    elements: raw
    default: ["100%"]
"""

EXAMPLES = r"""
- name: Split the hosts into batches of five
  zstack.zbs.zbs_vhost_batches:
    size: 5
  run_once: true
  register: batches

- name: Prepare, deploy and verify on five hosts at a time
  ansible.builtin.include_tasks: deploy.yml
  loop: "{{ [batches.batch_of[inventory_hostname]] }}"
"""

RETURN = r"""
batch_of:
  description: The batch number by host, counted from 0 over all waves; hosts that are left out are not in it.
  type: dict
  returned: success
  sample: {compute1: 0, compute2: 1, compute3: 1}
wave_of:
  description: The wave number by host, from 0.
  type: dict
  returned: success
  sample: {compute1: 0, compute2: 1, compute3: 1}
waves:
  description: How many waves there are.
  type: int
  returned: success
  sample: 2
untraced:
  description:
    - With O(only=due), the bdevs that VMs of these hosts and of RV(traces) need and whose volume no ledger knows, for
      M(zstack.zbs.zbs_vhost_cluster).
  type: list
  elements: str
  returned: success
  sample: [zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff]
traces:
  description:
    - With O(only=due), the hosts, due or not, whose disks are traced ahead, see
      RV(zstack.zbs.zbs_vhost_recovery#module:untraced).
  type: list
  elements: str
  returned: success
  sample: []
goes_on:
  description:
    - The hosts for a play that works on the due ones and on RV(traces) alone, plus one host that has nothing to do, if there is one. Without it, Ansible
      would end the whole run when every host of the play has failed.
    - Empty when no host was taken.
  type: list
  elements: str
  returned: success
  sample: [compute1, compute2]
"""

#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_batches
short_description: Cut hosts into batches that are worked on one after the other
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Tells for each host of the play in which batch it is. Runs on the controller, once for all hosts.
  - The waves are for a trial on few hosts before the many, see M(zstack.zbs.zbs_vhost_gate).
  - Looping an include over a list of this one number makes the linear strategy run the included tasks batch by batch, since
    hosts whose loop items differ do not share an include. So a sequence of tasks runs on few hosts at a time, which
    C(throttle) does for a single task only, and the size may come from the inventory, which C(serial) can't.
  - Ansible then takes the batches one after the other, in the order in which its workers answer and not that of their numbers.
    Waves are looped over by every host, so they come in their order.
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
options:
  size:
    description: Hosts in a batch. Never more than the forks of the run, which are what works at the same time.
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
        every host is in a wave. A batch is never of two waves.
      - With O(only=due) the hosts with the fewest attempts come first, so that a host that nothing helps is not the first wave
        of every tick.
    type: list
    elements: raw
    default: ["100%"]
"""

EXAMPLES = r"""
- name: Cut the hosts into batches of five
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
  description: The number of the batch by host, from 0 and over all waves; hosts that are left out are not in it.
  type: dict
  returned: success
  sample: {compute1: 0, compute2: 1, compute3: 1}
wave_of:
  description: The number of the wave by host, from 0.
  type: dict
  returned: success
  sample: {compute1: 0, compute2: 1, compute3: 1}
waves:
  description: How many waves there are.
  type: int
  returned: success
  sample: 2
goes_on:
  description:
    - The hosts for a play that works on those alone, and one more that has nothing to do, if there is one. Ansible ends the whole run
      when every host of a play has failed.
    - Empty when no host was taken.
  type: list
  elements: str
  returned: success
  sample: [compute1, compute2]
"""

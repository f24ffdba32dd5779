#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_admin
short_description: Run a module on the first ZBS admin node that answers
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - A site usually has three management nodes, and C(zbsadm) runs on each of them. Loop over the nodes and delegate the task to each
    one, and O(module) runs on the first that answers. The others are skipped. A second task with O(asked) returns what the module
    returned, or fails with a sentence that names each node with its reason.
  - A node that does not answer is remembered for the whole run of ansible-playbook, for all hosts and plays. A node that hangs
    (it accepts the connection and never answers) therefore costs one O(answer_within) in a run. If no other node is left, a node
    that was refused quickly is asked again.
  - Before the module begins, the node has to answer. If its connection is lost later, the module may go on there, so the same work
    never begins on another node. The task fails, and the next step takes another node. Only what reads (C(zbs_vhost_preflight),
    C(zbs_vhost_cluster)) is asked again elsewhere.
  - A node that can't be reached never throws the compute host out of the play.
extends_documentation_fragment:
  - zstack.zbs.attributes
attributes:
  action:
    description: Has a corresponding action plugin, which does all of the work.
    support: full
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: As the module that is run.
options:
  module:
    description: The module to run, see its own documentation for O(options).
    type: str
    choices: [zbs_vhost_cluster, zbs_vhost_deploy, zbs_vhost_preflight, zbs_vhost_restore, zbs_vhost_volume]
  options:
    description: The options of that module.
    type: dict
    default: {}
  nodes:
    description:
      - All admin nodes, in the order of the loop. Required with O(module). Alone, the task only checks that each is a host of the
        inventory.
    type: list
    elements: str
  answer_within:
    description: Seconds in which a node must answer before the module begins.
    type: int
    default: 15
  timeout:
    description:
      - Seconds for the whole step, on all nodes together. For what only reads, seconds for each node.
    type: int
    default: 360
  once:
    description:
      - Any word. With it, the same question (O(module) and O(options)) is asked one time in a run for each word, and every further host
        gets the same answer.
    type: str
  asked:
    description: What the loop registered. Instead of O(module).
    type: dict
  otherwise:
    description: What did not happen if no node could be reached, for the error.
    type: str
    default: nothing was done
  required:
    description: Whether the task with O(asked) fails if no node could be reached.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Deploy the target, on the first admin node that answers
  zstack.zbs.zbs_vhost_admin:
    module: zbs_vhost_deploy
    options:
      host_ip: "{{ ansible_host }}"
      observed: "{{ health }}"
      cpuset: [4, 5, 6, 7]
    nodes: "{{ groups['zbs_admin'] }}"
  loop: "{{ groups['zbs_admin'] }}"
  delegate_to: "{{ item }}"
  register: asked

- name: Take the answer
  zstack.zbs.zbs_vhost_admin:
    asked: "{{ asked }}"
    otherwise: nothing was deployed on {{ inventory_hostname }}
  register: deployed
"""

RETURN = r"""
node:
  description: The node of this round. With O(asked), the node that ran the module, null if none could be reached.
  type: str
  returned: with O(module) or O(asked)
  sample: mds2
answer:
  description: What the module returned, null where it did not run on this node. With O(asked), the task returns that itself instead.
  type: dict
  returned: with O(module)
  sample: {changed: true, restart_required: false}
away:
  description: Why this node could not be asked, null where it could. With O(asked), the reason of each such node.
  type: raw
  returned: with O(module) or O(asked)
  sample: {mds1: it did not answer within 15 s}
"""

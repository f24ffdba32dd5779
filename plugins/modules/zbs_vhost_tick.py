#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_tick
short_description: Run a phase of the heal's tick with the settings of its role
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Runs M(zstack.zbs.zbs_vhost_recovery) on the host with the settings of the roles P(zstack.zbs.zbs_vhost_heal#role) and
    P(zstack.zbs.zbs_vhost_target#role), so that all phases of a tick agree on them.
  - A phase has a deadline (two probes, the pause between them, the wait of a C(finish), and a minute), since a host that froze
    with its connection open would hold up the tick of all others. A shorter C(timeout) of the task ends it earlier.
  - The options below belong to a single phase; they are not settings.
  - The tasks of the role use it. In a task of your own use M(zstack.zbs.zbs_vhost_recovery), which takes the settings as options.
extends_documentation_fragment:
  - zstack.zbs.attributes
attributes:
  action:
    description: Has a corresponding action plugin, which looks up the settings.
    support: full
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: See M(zstack.zbs.zbs_vhost_recovery).
options:
  phase:
    description:
      - The phase, see M(zstack.zbs.zbs_vhost_recovery). V(begin_target) and V(finish_target) are the two of
        M(zstack.zbs.zbs_vhost_attempt), with O(zstack.zbs.zbs_vhost_attempt#module:counts=true).
      - V(settings) asks no host. It checks the variables of the roles, as each phase that begins an attempt does first.
    type: str
    choices: [settings, observe, begin, finish, begin_target, finish_target, begin_volumes, finish_volumes, trace, clear]
    default: observe
  protocols:
    description: The protocols of this phase. By default all that the role heals.
    type: list
    elements: str
    choices: [vhost, cbd]
  who:
    description: Who runs the attempt.
    type: str
  lease_id:
    description: The attempt that ends.
    type: str
  error:
    description: Why the attempt failed, in a sentence.
    type: str
  answer:
    description: What the deploy returned, with V(finish_target).
    type: dict
  observed:
    description: What V(begin_target) saw, with V(finish_target).
    type: dict
  evidence:
    description: The evidence that V(begin_target) kept, with V(finish_target).
    type: str
  begun:
    description: What V(begin_target) returned, with V(begin_volumes).
    type: dict
  ended:
    description:
      - What V(finish_target) returned, with V(begin_volumes). If it ended the attempt O(begun), it has taken the attempts of the volumes
        too. They are returned, and the host is not asked.
    type: dict
  restored:
    description: The outcome of each volume.
    type: list
    elements: dict
  traced:
    description: The volume of each disk, with V(trace).
    type: dict
seealso:
  - module: zstack.zbs.zbs_vhost_recovery
"""

EXAMPLES = r"""
- name: Look at every host, as the role does
  ansible.builtin.include_role:
    name: zstack.zbs.zbs_vhost_heal
    tasks_from: observe.yml
    public: true # the settings, to the task below

- name: Forget the entries of a host that was repaired by hand
  zstack.zbs.zbs_vhost_tick:
    phase: clear
"""

RETURN = r"""
decisions:
  description: What the phase decided, by protocol. All other returns are those of M(zstack.zbs.zbs_vhost_recovery) as well.
  type: dict
  returned: success
  sample: {vhost: well}
due:
  description: The protocols and volumes that are due.
  type: list
  elements: str
  returned: success
  sample: []
client:
  description:
    - RV(zstack.zbs.zbs_vhost_recovery#module:client), with C(deploy), whether the role deploys the client before the target. If the client
      is missing and the role has no login for that, a warning says so.
  type: dict
  returned: with O(phase=begin_target), if the attempt was taken
  sample: {path: /etc/zbs/client.conf, state: missing, needed: false, seconds: 220.0, deploy: true}
way:
  description: Whether the code on the host answered, C(node), or the C(module) was sent.
  type: str
  returned: with the role's variable C(zbs_vhost_heal_node)
  sample: node
"""

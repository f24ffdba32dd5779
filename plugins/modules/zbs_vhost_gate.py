#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_gate
short_description: Whether the next batch of a heal may begin
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Looks at how the attempts of the batches before ended. When too many of a wave failed, it is the site that is broken and not
    the hosts, so the rest is left alone, with nothing spent.
  - The limit starts at three hosts that are due. One host out of one is not a storm.
  - Runs on the controller, once for all hosts of a batch.
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
options:
  plan:
    description: What M(zstack.zbs.zbs_vhost_batches) returned.
    type: dict
    required: true
  batch:
    description: The number of the batch that wants to begin.
    type: int
    required: true
  max_fail_percentage:
    description: How much of a wave may fail, in percent. V(100) switches the gate off.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: May this batch begin
  zstack.zbs.zbs_vhost_gate:
    plan: "{{ batches }}"
    batch: "{{ batch }}"
    max_fail_percentage: 50
  run_once: true
  register: gate
"""

RETURN = r"""
go:
  description: Whether the batch may begin.
  type: bool
  returned: success
  sample: true
reason:
  description: Why not, in a sentence; null when it may.
  type: str
  returned: success
  sample: null
"""

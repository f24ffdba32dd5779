#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_gate
short_description: Decide whether the next batch of a heal may begin
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Looks at how the attempts of the earlier batches ended. When too many of a wave failed, the site is at fault and not the
    hosts, so the rest is left alone and stays due.
  - The limit applies from three due hosts on. One failure out of one says nothing about the site.
  - Runs on the controller, once for all hosts of a batch.
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
options:
  plan:
    description: What M(zstack.zbs.zbs_vhost_batches) returned.
    type: dict
    required: true
  batch:
    description: The number of the batch that is next.
    type: int
    required: true
  max_fail_percentage:
    description: Percentage of a wave that may fail. V(100) switches the gate off.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Ask whether this batch may begin
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
  description: Why it may not begin, in a sentence; null when it may.
  type: str
  returned: success
  sample: null
"""

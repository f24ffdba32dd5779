#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_attempt
short_description: Begin or end the deploy of a target on its compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - What has to happen on the compute host around M(zstack.zbs.zbs_vhost_deploy), in one task before it and one after it.
  - V(begin) prepares the host as M(zstack.zbs.zbs_vhost_prepare) does, as far as possible, then looks at the target as
    M(zstack.zbs.zbs_vhost_health) does, and keeps the evidence that a redeploy of a target that is down would replace.
  - V(finish) waits until the target answers, writes down what was deployed, for a later comparison, and keeps evidence if the deploy
    failed or the target does not answer.
  - With O(counts) the deploy is an attempt of the heal. V(begin) takes it first, in the windows that M(zstack.zbs.zbs_vhost_recovery)
    keeps, and does nothing else if it is not due. V(finish) writes how it ended, then takes the attempts of the volumes that the VMs of
    the host need.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.probe
  - zstack.zbs.window
  - zstack.zbs.pages
  - zstack.zbs.pages.compact
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: Yes for a target that is well. Of one that is down each call keeps evidence, and attempts are counted.
options:
  phase:
    description: V(begin) comes before the deploy, V(finish) after it.
    type: str
    choices: [begin, finish]
    required: true
  counts:
    description:
      - Whether the deploy is an attempt that counts in the window of the target. If it does, a failure is the outcome RV(outcome) and
        not a failed task.
    type: bool
    default: false
  lease_id:
    description: The attempt that ends, RV(lease_id) of its O(phase=begin). Needed for O(phase=finish) with O(counts).
    type: str
  cpuset:
    description: CPUs of the target, as M(zstack.zbs.zbs_vhost_deploy) takes them, for RV(plan).
    type: raw
    default: auto
  hugepage_size_mib:
    description: Memory of the target in MiB, for RV(plan).
    type: int
    default: 1024
  image:
    description: The image that the target should run, for RV(plan).
    type: str
  restart:
    description: What to do with a target that is well but not as declared, as M(zstack.zbs.zbs_vhost_deploy) takes it, for RV(plan).
    type: str
    choices: [never, when_idle, always]
    default: never
  answer:
    description: What M(zstack.zbs.zbs_vhost_deploy) returned, failed or not, for O(phase=finish). Its C(deployed) is written down.
    type: dict
  error:
    description: Why the deploy failed, in a sentence, for O(phase=finish), where O(answer) does not say so.
    type: str
  observed:
    description: RV(observed) of O(phase=begin), for the evidence of a failed deploy.
    type: dict
  evidence:
    description: RV(evidence) of O(phase=begin); evidence of a failure names it.
    type: str
  evidence_dir:
    description: Where evidence is kept; created for root and its group (mode 0750) if it is missing.
    type: path
    default: /var/log/zbs-vhost
  evidence_keep:
    description: How many files of evidence are kept; the oldest go first.
    type: int
    default: 20
  secrets:
    description: Words that must not appear in evidence, such as the password that was given to zbsadm.
    type: list
    elements: str
    default: []
  textfile_dir:
    description: Folder of the node exporter's textfile collector. If set, the metrics of each look are written to it.
    type: path
seealso:
  - module: zstack.zbs.zbs_vhost_deploy
  - module: zstack.zbs.zbs_vhost_recovery
"""

EXAMPLES = r"""
- name: Prepare the host, look at its target
  zstack.zbs.zbs_vhost_attempt:
    phase: begin
    host_ip: "{{ ansible_host }}"
  register: begun

- name: Deploy it if it is down, leave it alone if it is well
  zstack.zbs.zbs_vhost_deploy:
    host_ip: "{{ ansible_host }}"
    observed: "{{ begun.observed }}"
    topology: "{{ begun.prepared.cpuset }}"
    hugepage_dir: "{{ begun.prepared.hugetlbfs.dir }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"
  ignore_errors: true
  register: deployed

- name: Wait until the target answers, or keep evidence and fail
  zstack.zbs.zbs_vhost_attempt:
    phase: finish
    host_ip: "{{ ansible_host }}"
    observed: "{{ begun.observed }}"
    answer: "{{ deployed }}"
    wait: 20
"""

RETURN = r"""
prepared:
  description: What M(zstack.zbs.zbs_vhost_prepare) returns; null if the attempt was not taken or broke off.
  type: dict
  returned: with O(phase=begin)
  sample: {ready: true, missing: [], actions: [], hugetlbfs: {dir: /dev/hugepages2m, mounted_by_us: true}}
observed:
  description: What M(zstack.zbs.zbs_vhost_health) returns; null if the attempt was not taken or broke off.
  type: dict
  returned: with O(phase=begin)
  sample: {status: Disconnected, reason: "vhost is stopped: the container is exited (exit status 137)"}
plan:
  description:
    - What M(zstack.zbs.zbs_vhost_deploy) would do now, as its RV(zstack.zbs.zbs_vhost_deploy#module:plan). With C(none) it need not be
      called.
    - Null if it would refuse, and if the attempt was not taken or broke off.
  type: dict
  returned: with O(phase=begin)
  sample: {action: none, reasons: [the target is well and as declared], differences: []}
evidence:
  description: The file of evidence that was written; null if none was.
  type: str
  returned: success
  sample: /var/log/zbs-vhost/evidence-20260102T030405Z-before_redeploy-0a1b2c3d.txt
health:
  description: The health after the deploy, as M(zstack.zbs.zbs_vhost_health) returns it; null if the deploy failed.
  type: dict
  returned: with O(phase=finish)
  sample: {status: Connected, reason: null}
begun:
  description: C(vhost) if the attempt was taken.
  type: list
  elements: str
  returned: with O(counts)
  sample: [vhost]
lease_id:
  description: The attempt; null if none was taken.
  type: str
  returned: with O(counts)
  sample: 5f0c6c2e8d2b4f7e9a1d3c5b7e9f1a2b
client:
  description: RV(zstack.zbs.zbs_vhost_recovery#module:client).
  type: dict
  returned: with O(counts) and O(phase=begin)
  sample: {path: /etc/zbs/client.conf, state: present, needed: false, seconds: 220.0}
outcome:
  description: How the attempt ended, C(healed) or C(failed). Also with O(phase=begin) if it broke off there.
  type: str
  returned: when an attempt that counts has ended
  sample: healed
error:
  description: Why the attempt failed, in a sentence, with the path of the evidence; null if it did not.
  type: str
  returned: when an attempt that counts has ended
  sample: null
volumes:
  description:
    - What M(zstack.zbs.zbs_vhost_recovery) returns with O(zstack.zbs.zbs_vhost_recovery#module:phase=begin_volumes); null with
      O(restore_volumes=false).
  type: dict
  returned: when an attempt that counts has ended
  sample: {begun: [], restore: [], lease_id: null}
decisions:
  description: What was decided, by protocol, as in M(zstack.zbs.zbs_vhost_recovery). So are C(entries) and C(next_attempt_in_ticks).
  type: dict
  returned: with O(counts)
  sample: {vhost: begun}
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _attempt_arguments, _module
from ansible_collections.zstack.zbs.plugins.module_utils._attempt import phase


def main(module):
    """Run the phase and return what came of it."""
    return phase.run(_attempt_arguments.checked(module.params), module.check_mode)


if __name__ == "__main__":
    _module.run(_attempt_arguments.SPEC, main, **_attempt_arguments.RULES)

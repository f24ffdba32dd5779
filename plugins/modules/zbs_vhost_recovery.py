#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_recovery
short_description: Run one step of the heal's backoff ledger on a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Judges the target as M(zstack.zbs.zbs_vhost_health) does and keeps the backoff windows of this host in its local facts,
    where they outlive every manager and every playbook run.
  - With the default O(max_skip) the attempts of an unbroken outage fall on its down ticks 1, 4, 9, 18, 35, 68, 133, 198, 263.
  - An attempt has two phases, so that an attempt that never ran does not count. V(begin) takes it, atomically and with a lease,
    V(finish) writes its outcome.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.probe
  - zstack.zbs.probe.protocols
  - zstack.zbs.window
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: Yes on a host that is well. On a host that is down every O(phase=observe) is a tick, and ticks are counted.
options:
  phase:
    description:
      - V(observe) is a tick. It clears the entry of a protocol that is well. For one that is down it counts down the window, or
        finds that an attempt is due.
      - V(begin) takes the attempt of each of O(protocols) that is still due and still down.
      - V(finish) writes the outcome of the attempt O(lease_id) and drops its lease. If that lease ran out and a tick saw it,
        nothing is written, and an attempt that another run has begun since then goes on.
      - V(begin_volumes) takes the attempt of each volume that a VM needs, that is broken, and that is due; RV(restore) lists
        them. V(finish_volumes) writes the outcomes of O(restored).
      - V(trace) keeps O(traced) for a later restore.
      - V(clear) forgets the entries of O(protocols), with C(vhost) also those of its volumes, and removes the metrics that
        M(zstack.zbs.zbs_vhost_health) wrote for it.
    type: str
    choices: [observe, begin, finish, begin_volumes, finish_volumes, trace, clear]
    default: observe
  lease_id:
    description: The attempt that ends, RV(lease_id) of its O(phase=begin). Needed for O(phase=finish).
    type: str
  outcome:
    description:
      - How the attempt ended, for O(phase=finish). V(auto) probes for up to O(wait) seconds and decides by what it sees.
    type: str
    choices: [auto, healed, failed]
    default: auto
  error:
    description: Why the attempt failed, in a sentence, for O(phase=finish). With it the outcome is V(failed).
    type: str
  cbd_unknown:
    description:
      - Why no O(cbd_heartbeat) is known at the moment, such as that no admin node could be asked for it. CBD is then V(unknown) for
        this reason, and nothing is attempted.
    type: str
  restored:
    description:
      - What became of RV(restore) of O(phase=begin_volumes), for O(phase=finish_volumes);
        RV(zstack.zbs.zbs_vhost_restore#module:volumes), or RV(restore) itself together with O(error) if nothing was done. What
        the target shows outranks it.
    type: list
    elements: dict
  trace_ahead:
    description:
      - Whether a tick returns RV(untraced), so that the volume of each disk is known before it has to be restored. The guard of the
        role P(zstack.zbs.zbs_vhost_node#role) needs it, since it can't ask the cluster.
    type: bool
    default: false
  traced:
    description:
      - Which volume each bdev is, for O(phase=trace); RV(zstack.zbs.zbs_vhost_cluster#module:traced). A disk that is not in it is looked
        for again a quarter of an hour later.
    type: dict
  removed:
    description: Whether the target was removed. V(clear) of C(vhost) then forgets what was deployed, too.
    type: bool
    default: false
  textfile_dir:
    description:
      - Folder on this host from which V(clear) removes C(zbs_vhost.prom). The folder where M(zstack.zbs.zbs_vhost_health) wrote it last
        is known without this option.
    type: path
"""

EXAMPLES = r"""
- name: One tick on every host; only hosts with something due go on
  zstack.zbs.zbs_vhost_recovery:
    host_ip: "{{ ansible_host }}"
  register: tick

- name: Hold a host until it has its new kernel
  ansible.builtin.copy:
    dest: /etc/ansible/facts.d/zbs_vhost.hold
    content: '{"reason": "new kernel", "until": "2026-01-02T03:04:05Z"}'
    mode: "0644"

- name: Forget the window of a host that was repaired by hand
  zstack.zbs.zbs_vhost_recovery:
    host_ip: "{{ ansible_host }}"
    phase: clear
"""

RETURN = r"""
health:
  description:
    - What M(zstack.zbs.zbs_vhost_health) returns; null if the phase needs no probe. C(addresses), and in C(demand) C(held_by) and
      C(served_s_ago), are there only with O(phase=begin_volumes) and O(phase=finish_volumes).
  type: dict
  returned: success
decisions:
  description:
    - What the step decided, per protocol. With O(phase=observe) C(well), C(cleared), C(waiting), C(due), C(in_progress),
      C(unsure), C(recovering) (well, but for fewer than O(reset_after) ticks), C(held) (due, but a hold is set) and C(left) (down,
      and left to another deployer, because of O(deploy) or because the target on this host is another's); with the other phases
      C(begun), C(refused), C(finished), C(cleared), C(well).
  type: dict
  returned: success
  sample: {vhost: waiting}
due:
  description: The protocols for which an attempt may begin now.
  type: list
  elements: str
  returned: success
  sample: [vhost]
begun:
  description: The protocols whose attempt this step took.
  type: list
  elements: str
  returned: success
  sample: [vhost]
lease_id:
  description: What to pass to O(phase=finish) to end the attempts that this step took; null if it took none.
  type: str
  returned: success
  sample: 5f0c6c2e8d2b4f7e9a1d3c5b7e9f1a2b
in_progress:
  description: The protocols for which an attempt is under way.
  type: list
  elements: str
  returned: success
  sample: []
restore:
  description:
    - The volumes whose attempt this step took, with the path if it is known from an earlier restore, and with C(served_s_ago) and
      C(held_by) as in RV(zstack.zbs.zbs_vhost_health#module:demand).
  type: list
  elements: dict
  returned: with O(phase=begin_volumes)
  sample:
    - bdev: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      socket: /var/zbsvhost/sockets/zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      vm: {pid: 4711, started_ticks: 123456, name: web1, uuid: null}
      path: null
      served_s_ago: 132
      held_by: null
untraced:
  description: The bdevs that VMs need and whose volume the ledger does not know.
  type: list
  elements: str
  returned: with O(phase=observe) and O(trace_ahead=true)
  sample: []
client:
  description:
    - The ZBS client of this host. C(state) says whether its configuration C(path) is C(present), C(missing), C(no_file) or
      C(unknown); C(needed) whether an attempt of C(vhost) must end if the client can't be deployed, which it must if the target
      is hung, since that may be all its VMs have; C(seconds) what the lease leaves for that deploy, 0 for not enough.
  type: dict
  returned: with O(phase=begin)
  sample: {path: /etc/zbs/client.conf, state: present, needed: false, seconds: 220.0}
outcomes:
  description: How the attempt of each volume ended. C(held_by) has the addresses of the other hosts that have the volume open, else null.
  type: dict
  returned: with O(phase=finish_volumes)
  sample: {"volume:zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff": {outcome: healed, error: null, held_by: null}}
outcome:
  description: How the attempt ended, C(healed) or C(failed).
  type: str
  returned: with O(phase=finish)
  sample: healed
metrics_removed:
  description: Paths of the metrics that went with the entries.
  type: list
  elements: str
  returned: with O(phase=clear)
  sample: [/var/lib/prometheus/node-exporter/zbs_vhost.prom]
entries:
  description: The ledger's entries of this primary storage, by protocol.
  type: dict
  returned: success
  sample:
    vhost: {status: Disconnected, verdict: stopped, since: "2026-01-02T03:04:05Z", failures: 2, skip: 3, lease: null}
next_attempt_in_ticks:
  description:
    - Ticks until the next attempt if the outage goes on, per protocol with an entry; 0 means due now, null that it is left to
      another deployer.
  type: dict
  returned: success
  sample: {vhost: 4}
hold:
  description: Why nothing may be attempted, until when (null for no end) and what sets the hold; null if there is no hold.
  type: dict
  returned: success
  sample: {reason: new kernel, until: "2026-01-02T03:04:05Z", source: /etc/ansible/facts.d/zbs_vhost.hold}
ansible_facts:
  description: The whole ledger as C(zbs_vhost); after the next setup it is also in C(ansible_local.zbs_vhost).
  type: dict
  returned: success
  contains:
    zbs_vhost:
      description: Version and entries.
      type: dict
      returned: success
      sample: {version: 1, entries: {}}
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module, _recovery_arguments
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases


def main(module):
    """Run the phase and return what it found."""
    return phases.run(_recovery_arguments.checked(module.params), module.check_mode)


if __name__ == "__main__":
    _module.run(_recovery_arguments.SPEC, main, **_recovery_arguments.RULES)

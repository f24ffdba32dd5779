#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_health
short_description: Judge the ZBS vhost target of a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Judges from evidence whether the target of this compute host serves its volumes, per protocol and for the host.
  - An answer of the target on its admin socket outranks everything that Docker says, since a target that serves VMs under
    a dead dockerd must not be redeployed.
  - If the evidence is not sufficient, the verdict is V(unknown), which is never a reason to redeploy.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.read_only
  - zstack.zbs.probe
  - zstack.zbs.probe.protocols
options:
  fail_on:
    description:
      - When the task fails. V(disconnected) for the status Disconnected, V(unknown) for Unknown as well, V(unconnected) for
        everything but Connected. With V(never) the task does not fail; read RV(status).
    type: str
    choices: [never, disconnected, unknown, unconnected]
    default: never
  hung_recheck:
    description:
      - Seconds after which a target that did not answer is asked again before it counts as hung or unready. V(0) asks once. Set it if you
        act on the verdict.
    type: float
    default: 0.0
  facts_dir:
    description: Folder of the local facts, whose ledger is returned as RV(ledger) and whose hold as RV(hold).
    type: path
    default: /etc/ansible/facts.d
  textfile_dir:
    description:
      - Folder on this host that the textfile collector of node_exporter reads (its C(--collector.textfile.directory)). The
        health is written there as C(zbs_vhost.prom), whole or not at all, even if O(fail_on) fails the task.
      - The file is a measurement and not a change of the host, so the task does not report a change. Nothing is written in check mode.
      - Which folder it was is noted down beside the ledger. When the target is removed, the metrics go with it.
    type: path
"""

EXAMPLES = r"""
- name: Is the target of this host well?
  zstack.zbs.zbs_vhost_health:
    host_ip: "{{ ansible_host }}"
  register: health

- name: Wait up to 20 seconds for a target that was just deployed
  zstack.zbs.zbs_vhost_health:
    host_ip: "{{ ansible_host }}"
    wait: 20
    fail_on: unconnected
"""

RETURN = r"""
status:
  description: Status of the host over all protocols, C(Connected), C(Connecting), C(Disconnected) or C(Unknown).
  type: str
  returned: success
  sample: Disconnected
reason:
  description: Why the host is not Connected, in a sentence; null when it is.
  type: str
  returned: success
  sample: "Vhost: the container is exited (exit status 137) and nothing listens on /var/zbsvhost/sockets/admin.sock"
protocols:
  description: Per protocol C(status), C(verdict), C(reason) and C(latency_ms).
  type: dict
  returned: success
  sample:
    vhost: {status: Connected, verdict: healthy, reason: null, latency_ms: 21.4}
container:
  description:
    - What Docker says about the container. C(answer) says whether Docker could be asked, C(runs_target) whether the process
      that listens on the admin socket belongs to the container (null if that is not known).
    - C(expected) is the name that was asked for. C(foreign) is true if the process that listens runs in a container of another
      name, which another deployer started; this C(container) is that one.
    - In a tick of M(zstack.zbs.zbs_vhost_recovery) C(answer) may be C(remembered). Then the process that answers is the one
      that Docker named at an earlier tick, and Docker was not asked again.
  type: dict
  returned: success
  sample:
    answer: found
    name: zbsvhost-10.0.0.11
    expected: zbsvhost-10.0.0.11
    foreign: false
    pid: 4711
    runs_target: true
    state: running
    image: registry.example.com/zbs/vhost:1.6.1
    restart_count: 0
    started_at: "2026-01-02T03:04:05.678901234Z"
    finished_at: null
    cpus: [4, 5, 6, 7]
    memory_mib: 1024
process:
  description: The target's process, null when there is none. Hugepages in KiB.
  type: dict
  returned: success
  sample: {pid: 4711, state: R, age_s: 86400.5, hugepages_kib: 378880}
target:
  description: The version that the target answered, null when it did not.
  type: dict
  returned: success
  sample: {version: SPDK v24.01}
volumes:
  description:
    - The target's controllers. C(broken) is true when the bdev is gone or nothing listens on the socket; C(block_size) is in
      bytes, null if the target did not report it.
    - Null if that is not known, because the target did not answer or did not list its controllers; empty if there is no target.
      C(sessions) is null if the target did not report them.
  type: list
  elements: dict
  returned: success
  sample:
    - controller: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      socket: /var/zbsvhost/sockets/zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      bdev: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      block_size: 4096
      sessions: 1
      broken: false
hugepages:
  description: Every hugepage pool of the host's kernel, the smallest page first, in pages; C(size_kib) is the size of a page.
  type: list
  elements: dict
  returned: success
  sample:
    - {size_kib: 2048, total: 1024, free: 512, reserved: 0}
vms:
  description:
    - The VMs that run on the host. They are known by the program's file (QEMU under any of its names), by what the process holds, by
      its connections to the target, or by what the ledger remembers; each with C(pid), C(started_ticks), C(name), C(uuid).
    - Null if that is not known. A warning names a process that can't be examined; the others are listed all the same.
  type: list
  elements: dict
  returned: success
  sample: [{pid: 4711, started_ticks: 123456, name: web1, uuid: null}]
demand:
  description:
    - Which sockets of the target the VMs need, how that is known (from the C(arguments) of the VM, from a C(connection) of the
      VM, or from the C(ledger) for a disk that was plugged in later), and whether no controller serves the socket (C(broken);
      null if that is not known).
    - C(held_by) has the addresses of the other hosts that have the volume of a broken disk open, as the last attempt to restore
      it found; null if none is known. C(served_s_ago) is how many seconds ago a tick last saw the disk served to this process of
      its VM, null if that was not seen since the host booted. Both are from the ledger.
    - C(reconnect) has the seconds after which the VM connects again by itself once its target is back, C(0) if it never does, which a
      warning says too; null if the VM's arguments do not tell.
    - Null if /proc does not show it.
  type: list
  elements: dict
  returned: success
  sample:
    - bdev: zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      socket: /var/zbsvhost/sockets/zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff
      vm: {pid: 4711, started_ticks: 123456, name: web1, uuid: null}
      seen: [arguments, connection]
      reconnect: 10
      broken: false
      held_by: null
      served_s_ago: 42
addresses:
  description:
    - The addresses of this host on all its networks, IPv4 and IPv6, without loopback and link-local ones. A client of a volume that
      has one of them is this host.
    - Null, with a warning, if the kernel does not tell.
  type: list
  elements: str
  returned: success
  sample: ["10.0.0.11", "172.16.8.11", "fd00:8::11"]
connections_known:
  description: Whether the kernel showed the connections of every VM. If not, disks that were plugged in later are not seen.
  type: bool
  returned: success
  sample: true
ledger:
  description: The backoff entries of this host, by primary storage and protocol; see M(zstack.zbs.zbs_vhost_recovery).
  type: dict
  returned: success
  sample: {}
hold:
  description:
    - What keeps the heal from acting on this host, from C(zbs_vhost.hold) beside the ledger. C(reason), C(until) (null if it
      has no end) and C(source); null when nothing is held.
  type: dict
  returned: success
  sample: {reason: new kernel, until: "2026-01-02T03:04:05Z", source: /etc/ansible/facts.d/zbs_vhost.hold}
deployed:
  description: What was deployed last, from the ledger; see M(zstack.zbs.zbs_vhost_attempt). Null if nothing is recorded.
  type: dict
  returned: success
  sample: null
probes:
  description: Number of probes.
  type: int
  returned: success
  sample: 1
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments, _module
from ansible_collections.zstack.zbs.plugins.module_utils._target import looking

if __name__ == "__main__":
    _module.run(
        dict(
            _arguments.PROBE,
            fail_on={"type": "str", "choices": sorted(looking.FAILING), "default": "never"},
            hung_recheck={"type": "float", "default": 0.0},
            facts_dir=_arguments.FACTS_DIR,
            textfile_dir={"type": "path"},
        ),
        lambda module: looking.run(module.params, module.check_mode),
        required_one_of=[("host_ip", "container_name")],
    )

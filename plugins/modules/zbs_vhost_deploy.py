#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_deploy
short_description: Deploy the ZBS vhost target of a compute host through zbsadm
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Compares what should run on a compute host with what was observed there, and calls C(zbsadm vhost deploy) only when the
    difference requires it. A target that is well is never restarted unless you ask for it, since a restart hangs every VM disk
    on it.
  - Runs on the ZBS admin node, the only place where C(zbsadm) works; delegate the task to it.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.zbsadm
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: partial
    details: Yes, if O(observed) was taken after the first run. Without it the module can't know and always deploys.
options:
  protocol:
    description: What to deploy, the V(vhost) target or the V(cbd) client. The client is deployed again on every call.
    type: str
    choices: [vhost, cbd]
    default: vhost
  observed:
    description: What M(zstack.zbs.zbs_vhost_health) returned for that host. Without it the target is always deployed.
    type: dict
  state:
    description:
      - V(present) deploys the target if it is down, or if it is not as declared and O(restart) allows a restart.
      - V(absent) removes it (C(zbsadm vhost destroy)). It is refused while a VM has a session on it or while that is not known;
        without O(observed) it is never known. Observe right before, since a VM may start at any time.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: With O(state=absent), remove the target whatever it serves. The disks of VMs that use it hang from then on.
    type: bool
    default: false
  cpuset:
    description:
      - CPUs of the target, a list or text such as V([4,5,6,7]). V(auto) takes those of O(topology), which is then required, and
        accepts a target that runs on other CPUs.
    type: raw
    default: auto
  topology:
    description: RV(zstack.zbs.zbs_vhost_prepare#module:cpuset) of that host.
    type: dict
  hugepage_size_mib:
    description: Memory of the target in MiB.
    type: int
    default: 1024
  hugepage_dir:
    description:
      - The hugetlbfs mount for the target, C(dir) of RV(zstack.zbs.zbs_vhost_prepare#module:hugetlbfs). Without it zbsadm looks for one.
    type: path
  image:
    description: The image that the target should run; it is compared with the observed one.
    type: str
  restart:
    description:
      - What to do with a target that is well but not as declared. V(never) reports the differences as RV(restart_required),
        V(when_idle) restarts it when no VM has a session on it, V(always) restarts it.
    type: str
    choices: [never, when_idle, always]
    default: never
"""

EXAMPLES = r"""
- name: Prepare the host
  zstack.zbs.zbs_vhost_prepare:
    host_ip: "{{ ansible_host }}"
  register: prepared

- name: Look at the target
  zstack.zbs.zbs_vhost_health:
    host_ip: "{{ ansible_host }}"
  register: health

- name: Deploy it if it is down, leave it alone if it is well
  zstack.zbs.zbs_vhost_deploy:
    host_ip: "{{ ansible_host }}"
    observed: "{{ health }}"
    topology: "{{ prepared.cpuset }}"
    hugepage_dir: "{{ prepared.hugetlbfs.dir }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"

- name: Remove it, unless a VM uses it
  zstack.zbs.zbs_vhost_deploy:
    host_ip: "{{ ansible_host }}"
    observed: "{{ health }}"
    state: absent
  delegate_to: "{{ groups['zbs_admin'] | first }}"

- name: An older zbsadm needs the host's login
  zstack.zbs.zbs_vhost_deploy:
    host_ip: "{{ ansible_host }}"
    observed: "{{ health }}"
    cpuset: [4, 5, 6, 7]
    ssh_port: 22
    ssh_username: root
    ssh_password: "{{ vault_root_password }}"
  delegate_to: "{{ groups['zbs_admin'] | first }}"
"""

RETURN = r"""
plan:
  description: What was decided (C(none), C(deploy), C(restart_required) or C(destroy)), why, and every difference found.
  type: dict
  returned: success
  sample:
    action: deploy
    reasons: ["the target is stopped: the container is exited (exit status 137)"]
    differences: []
restart_required:
  description: Whether a running target differs from what is declared and was left alone.
  type: bool
  returned: success
  sample: false
deployed:
  description: What was deployed, or would be in check mode, for the ledger (M(zstack.zbs.zbs_vhost_attempt) writes it down); null if nothing was.
  type: dict
  returned: success
  sample: {image: null, cpus: [4, 5, 6, 7], memory_mib: 1024, hugepage_dir: /dev/hugepages2m}
zbsadm:
  description: What zbsadm answered, null when it was not called.
  type: dict
  returned: success
  sample: {success: true, error: {code: 0, message: ""}}
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.plugins.module_utils._target import deploy

if __name__ == "__main__":
    _module.run(
        dict(
            calls.OPTIONS,
            protocol={"type": "str", "choices": ["vhost", "cbd"], "default": "vhost"},
            observed={"type": "dict"},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            force={"type": "bool", "default": False},
            cpuset={"type": "raw", "default": "auto"},
            topology={"type": "dict"},
            hugepage_size_mib={"type": "int", "default": 1024},
            hugepage_dir={"type": "path"},
            image={"type": "str"},
            restart={"type": "str", "choices": ["never", "when_idle", "always"], "default": "never"},
        ),
        lambda module: deploy.run(module.params, module.check_mode),
        required_together=calls.LOGIN_TOGETHER,
    )

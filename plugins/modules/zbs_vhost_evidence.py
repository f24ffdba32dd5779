#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_evidence
short_description: Keep evidence of a target that is down or was not deployed on a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Writes the end of the container's log, what Docker knows of the container, the hugepage counters, and what the play knows
    (the health, C(zbsadm)'s answer, the error) into one new file. A redeploy replaces the container, and its log with it.
  - Every query has a deadline. What can't be read is noted in the file. A file that can't be written is a warning, since no
    attempt may fail for lack of evidence.
  - The values of the container's environment, logins in URLs, values whose name says password, token, key or secret, and
    O(secrets) are masked in it.
extends_documentation_fragment:
  - zstack.zbs.attributes
attributes:
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: none
    details: Each call writes a new file, except with O(occasion=before_redeploy) when a redeploy would lose nothing.
options:
  host_ip:
    description:
      - Address of the compute host as zbsadm knows it; the container's name is derived from it.
      - One of O(host_ip) and O(container_name) is needed.
    type: str
  container_name:
    description: Name of the target's container. Without it, C(zbsvhost-) and O(host_ip).
    type: str
  occasion:
    description:
      - Why evidence is kept; part of the file's name. With V(before_redeploy) and O(observed) nothing is written if the target
        is not down or there is no container.
    type: str
    choices: [before_redeploy, deploy_failed, verify_failed, asked]
    default: asked
  observed:
    description: What M(zstack.zbs.zbs_vhost_health) returned, for the file.
    type: dict
  answer:
    description: What M(zstack.zbs.zbs_vhost_deploy) returned, failed or not, for the file.
    type: dict
  error:
    description: What went wrong, in a sentence, for the file.
    type: str
  earlier:
    description: Path of the evidence that was kept earlier in the same attempt, for the file.
    type: str
  secrets:
    description: Words that must not appear in the file, such as the password that was given to zbsadm.
    type: list
    elements: str
    default: []
  folder:
    description: Where the files are kept; created for root and its group (mode 0750) if it is missing.
    type: path
    default: /var/log/zbs-vhost
  keep:
    description: How many files are kept; the oldest go first.
    type: int
    default: 20
  log_lines:
    description: Lines of the container's log to keep.
    type: int
    default: 400
  max_size_kib:
    description: Maximum size of one file in KiB; if something is too long, its end is kept.
    type: int
    default: 1024
  timeout:
    description: Seconds for asking Docker, even if it hangs.
    type: float
    default: 10.0
"""

EXAMPLES = r"""
- name: Keep evidence of a target before you investigate it
  zstack.zbs.zbs_vhost_evidence:
    host_ip: "{{ ansible_host }}"
  register: evidence

- name: Keep evidence of a failed deploy, with the reason
  zstack.zbs.zbs_vhost_evidence:
    host_ip: "{{ ansible_host }}"
    occasion: deploy_failed
    observed: "{{ health }}"
    answer: "{{ deployed }}"
    error: "{{ deployed.msg }}"
    secrets: ["{{ vault_root_password }}"]
"""

RETURN = r"""
path:
  description: The file that was written; null if none was, and in check mode.
  type: str
  returned: success
  sample: /var/log/zbs-vhost/evidence-20260102T030405Z-deploy_failed-k3f9x2_a.txt
reason:
  description: Why no file was written, in a sentence; null if one was, or would be in check mode.
  type: str
  returned: success
  sample: null
removed:
  description: How many older files were removed because of O(keep), or would be in check mode.
  type: int
  returned: success
  sample: 0
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._observe.settings import container_name
from ansible_collections.zstack.zbs.plugins.module_utils._target import evidence, evidence_file, keeping


def main(module):
    """Collect and write; what keeps it from writing is a warning."""
    params = module.params
    evidence.check(params)
    request = evidence_file.Request(
        container_name(params),
        params["occasion"],
        params["observed"],
        params["answer"],
        params["error"],
        params["earlier"],
        params["secrets"],
    )
    return evidence.keep(request, params, module.check_mode)


if __name__ == "__main__":
    _module.run(
        {
            "host_ip": {"type": "str"},
            "container_name": {"type": "str"},
            "occasion": {"type": "str", "choices": sorted(evidence_file.OCCASIONS), "default": "asked"},
            "observed": {"type": "dict"},
            "answer": {"type": "dict"},
            "error": {"type": "str"},
            "earlier": {"type": "str"},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "folder": {"type": "path", "default": keeping.FOLDER},
            "keep": {"type": "int", "default": 20},
            "log_lines": {"type": "int", "default": evidence.LIMITS["log_lines"]},
            "max_size_kib": {"type": "int", "default": evidence.LIMITS["max_size_kib"]},
            "timeout": {"type": "float", "default": evidence.LIMITS["timeout"]},
        },
        main,
        required_one_of=[("host_ip", "container_name")],
    )

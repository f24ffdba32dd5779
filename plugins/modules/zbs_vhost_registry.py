#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_registry
short_description: Check that an image registry answers this host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Asks a registry for C(/v2/) as the Docker Engine of this host would - through its proxies and mirrors, at every address of
    the name, with the system's certificates and those below C(/etc/docker/certs.d) - and says in one sentence why it does not
    answer.
  - A registry answers with 200 or 401; the module does not try to log in.
  - Changes nothing, and needs no engine; without one it asks directly.
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.read_only
options:
  name:
    description: The registry, as C(host) or C(host:port).
    type: str
    required: true
  insecure:
    description:
      - Whether the engine may use it without TLS or with any certificate; the module then accepts both.
      - It also does so where C(insecure-registries) of the engine has the registry, by name or by network.
    type: bool
    default: false
  certs_dir:
    description: The engine's folder with the certificates of each registry.
    type: path
    default: /etc/docker/certs.d
  timeout:
    description: Seconds for the whole check.
    type: float
    default: 15.0
  best_effort:
    description: Whether a registry that does not answer is reported in RV(answers) and RV(answer) instead of failing the task.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check that the registry answers every compute host
  zstack.zbs.zbs_vhost_registry:
    name: registry.example.com:5000

- name: Would it answer without TLS?
  zstack.zbs.zbs_vhost_registry:
    name: registry.example.com:5000
    insecure: true
    best_effort: true
  register: registry
"""

RETURN = r"""
answers:
  description: Whether it answered as a registry.
  type: bool
  returned: success
  sample: true
answer:
  description:
    - The result. C(outcome) is V(answers), or the reason why not - V(name), V(refused), V(unreachable), V(plain_http), V(tls)
      or V(no_registry), V(proxy) if the engine's proxy fails, V(not_known) if only the engine can use its proxy.
    - C(proxy) is the address of the proxy without its login; null for the direct way.
  type: dict
  returned: success
  sample:
    outcome: answers
    sentence: the registry registry.example.com:5000 answers over https
    scheme: https
    status: 401
    proxy: null
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._engine import registry
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline, check_seconds
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def main(module):
    """Ask, judge."""
    params = module.params
    check_seconds(params, "timeout", 0.1)
    answer = registry.ask(params["name"], params["insecure"], Deadline(params["timeout"]), params["certs_dir"])
    answers = answer.outcome == "answers"
    if not answers and not params["best_effort"]:
        raise ZbsError(answer.sentence, "registry_" + answer.outcome, answer.as_dict())
    return {"changed": False, "answers": answers, "answer": answer.as_dict()}


if __name__ == "__main__":
    _module.run(
        {
            "name": {"type": "str", "required": True},
            "insecure": {"type": "bool", "default": False},
            "certs_dir": {"type": "path", "default": registry.CERTS_DIR},
            "timeout": {"type": "float", "default": 15.0},
            "best_effort": {"type": "bool", "default": False},
        },
        main,
    )

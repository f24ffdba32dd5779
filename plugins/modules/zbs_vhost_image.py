#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_image
short_description: Provide the image of the target on a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Looks for an image, pulls it if it is missing, and loads it from an archive if it can't be pulled. An image that is on the
    host is not pulled again.
  - The registry's certificates, and whether it is used without TLS, belong to the engine's configuration; see
    M(zstack.zbs.zbs_vhost_docker_config).
extends_documentation_fragment:
  - zstack.zbs.attributes
  - zstack.zbs.attributes.idempotent
options:
  name:
    description: The image, as C(registry/name:tag).
    type: str
    required: true
  pull:
    description: Whether it may be pulled.
    type: bool
    default: true
  archive:
    description: Archive of the image (C(docker save)) on this host.
    type: path
  timeout:
    description: Seconds that the pull may take; loading the archive may take as long again.
    type: float
    default: 600.0
  best_effort:
    description: Whether a missing image is reported in RV(present) and RV(errors) instead of failing the task.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Provide the target's image
  zstack.zbs.zbs_vhost_image:
    name: registry.example.com/zbs/vhost:1.6.1

- name: From an archive only
  zstack.zbs.zbs_vhost_image:
    name: registry.example.com/zbs/vhost:1.6.1
    pull: false
    archive: /var/tmp/zbs-vhost-1.6.1.tar
"""

RETURN = r"""
present:
  description: Whether the image is there now; in check mode, whether it was.
  type: bool
  returned: success
  sample: true
source:
  description:
    - Where the image came from, V(present), V(pull) or V(archive); null if no source gave it. In check mode, the first source
      to try.
  type: str
  returned: success
  sample: pull
registry:
  description: The registry in its name.
  type: str
  returned: success
  sample: registry.example.com
errors:
  description:
    - What was tried and failed, each with C(source), C(message) and C(kind), as V(proxy), V(plain_http), V(tls), V(name),
      V(refused), V(denied), V(missing), V(timeout), V(other_image).
  type: list
  elements: dict
  returned: success; otherwise in the details of the failure
  sample: []
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._engine import image
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline, check_seconds
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

ASK_TIMEOUT = 20.0


def main(module):
    """Look, then one source after the other."""
    params = module.params
    check_seconds(params, "timeout", 1.0)
    image.check_name(params["name"])
    if image.present(params["name"], Deadline(ASK_TIMEOUT)) is not None:
        return outcome(params, True, "present", [])
    sources = [name for name in ("pull", "archive") if params[name]]
    if module.check_mode and sources:
        return outcome(params, False, sources[0], [])
    errors: list[dict] = []
    for source in sources:
        trouble = fetch(params, source)
        if trouble is None:
            return outcome(params, True, source, errors)
        errors.append({"source": source, "kind": trouble[0], "message": trouble[1]})
    if not params["best_effort"]:
        tried = "; ".join("%(source)s: %(message)s" % item for item in errors) or "nothing was to be tried"
        raise ZbsError(
            "the image %s is not on this host and no source gave it (%s); make its registry reachable or give an "
            "archive of it" % (params["name"], tried),
            "no_image",
            {"errors": errors, "registry": image.registry_of(params["name"])},
        )
    return outcome(params, False, None, errors)


def fetch(params, source):
    """None, or why the source did not give the image as (kind, message)."""
    deadline = Deadline(params["timeout"])
    if source == "pull":
        return image.pull_patiently(params["name"], deadline)
    return image.load(params["name"], params["archive"], deadline)


def outcome(params, present, source, errors):
    """The return."""
    return {
        "changed": source in ("pull", "archive"),
        "present": present,
        "source": source,
        "registry": image.registry_of(params["name"]),
        "errors": errors,
        "diff": {
            "before": {"image": params["name"] if source == "present" else None},
            "after": {"image": params["name"] if source else None},
        },
    }


if __name__ == "__main__":
    _module.run(
        {
            "name": {"type": "str", "required": True},
            "pull": {"type": "bool", "default": True},
            "archive": {"type": "path"},
            "timeout": {"type": "float", "default": 600.0},
            "best_effort": {"type": "bool", "default": False},
        },
        main,
    )

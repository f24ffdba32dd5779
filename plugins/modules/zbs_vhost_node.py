#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_vhost_node
short_description: Put the collection's code on a compute host
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Puts the code that looks at a target, and the guard, into a folder of the host and compiles it there. A tick can then look without
    shipping code, see the role P(zstack.zbs.zbs_vhost_node#role).
  - A new version lies beside the old one before the link C(current) is turned to it. An old version goes when no program runs from it.
  - The controller's action plugin brings the code along, and only to a host that lacks it.
extends_documentation_fragment:
  - zstack.zbs.attributes
attributes:
  action:
    description: Has a corresponding action plugin, which brings the code.
    support: full
  idempotent:
    description: A second run with the same options right after the first changes nothing.
    support: full
options:
  state:
    description: Whether the code should lie on the host.
    type: str
    choices: [present, absent]
    default: present
  folder:
    description: The folder. It must be root's, and so must each folder above it.
    type: path
    default: /usr/libexec/zbs-vhost
  guard:
    description:
      - Whether the guard is going to run there. A host without systemd is then refused before anything changes, since the guard is a
        service of systemd.
    type: bool
    default: false
  hash:
    description: Which version. The action plugin sets it.
    type: str
  code:
    description: The code as a zip archive in base64. The action plugin sets it.
    type: str
seealso:
  - module: zstack.zbs.zbs_vhost_tick
"""

EXAMPLES = r"""
- name: Put the code on each host
  zstack.zbs.zbs_vhost_node:

- name: Put it on each host that can run the guard, refuse the others
  zstack.zbs.zbs_vhost_node:
    guard: true

- name: Take it away
  zstack.zbs.zbs_vhost_node:
    state: absent
"""

RETURN = r"""
hash:
  description: The version that lies there now; null if none does.
  type: str
  returned: success
  sample: 0f2c9a1be05d4a6c8a37a9be5f8d1c42
needed:
  description: Whether the version has to be brought.
  type: bool
  returned: success
  sample: false
versions:
  description: The versions that lie there, with those that a program still runs from.
  type: list
  elements: str
  returned: success
  sample: [0f2c9a1be05d4a6c8a37a9be5f8d1c42]
"""

from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.module_utils._node import install, places
from ansible_collections.zstack.zbs.plugins.module_utils._tools import systemd
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError


def main(module):
    """Install or remove, and return what lies there."""
    params = module.params
    folder = params["folder"]
    if params["state"] == "absent":
        return _absent(folder, module.check_mode)
    if params["guard"] and not systemd.has_systemd():
        raise ZbsError(
            "systemd does not run this host (there is no /run/systemd/system), and the guard is a service of systemd; set "
            "zbs_vhost_node_guard to false for this host, which then gets the code alone",
            "no_systemd",
        )
    if not params["hash"]:
        raise ZbsError("hash is not set; leave it to the action plugin of zbs_vhost_node", "bad_option")
    code = params["hash"]
    install.check_hash(code)
    before = install.versions(folder)
    needed, unused = not install.installed(folder, code), install.unused(folder, code)
    after = sorted({*before, code} - set(unused))
    # Without the code there is nothing to do yet: the action plugin brings it, and asks again.
    if not module.check_mode and (params["code"] or not needed):
        if needed:
            install.install(folder, code, params["code"])
        install.sweep(folder, code)
    return {
        "changed": before != after or needed,
        "needed": needed,
        "hash": code,
        "versions": after,
        "diff": {"before": {"versions": before}, "after": {"versions": after}},
    }


def _absent(folder, check_mode):
    before = install.versions(folder)
    changed = bool(before) if check_mode else install.remove(folder)
    return {
        "changed": changed,
        "needed": False,
        "hash": None,
        "versions": [],
        "diff": {"before": {"versions": before}, "after": {"versions": []}},
    }


if __name__ == "__main__":
    _module.run(
        {
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "folder": {"type": "path", "default": places.FOLDER},
            "guard": {"type": "bool", "default": False},
            "hash": {"type": "str"},
            "code": {"type": "str"},
        },
        main,
    )

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of a tick and its attempts, put together beside the tasks before them.

Ansible packs a module with all that it imports when the first task of a run needs it: a fifth of a second each, on one core, in which
VMs wait for their disks. It keeps what it packed for the rest of the run, so that another process may do it before.
"""

import os
import sys

from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import VOLUME


def modules(due, node=False):
    """Names of the modules that attempts of what is due run, in their order. Pure.

    due   the protocols and volumes of all hosts
    node  whether all these hosts answered by the code that lies there: what runs on them is not packed
    """
    found = []
    if "vhost" in due:  # its disks follow
        on_hosts = [] if node else ["zbs_vhost_attempt"]
        return [*on_hosts, "zbs_vhost_deploy", "zbs_vhost_restore"]
    if any(name.startswith(VOLUME) for name in due):
        found.append("zbs_vhost_restore")
    if "cbd" in due:
        found.append("zbs_vhost_deploy")
    return found


def pack(names, configure, task_vars):
    """Have a process of its own pack the modules, and return at once. Where it fails the task that needs the module packs it.

    configure  ActionBase._configure_module of an action
    """
    try:
        if not names or os.fork():
            return
    except OSError:  # no room for another process: the task does without
        return
    try:
        # This one, so that no host is asked for its own: what is kept is the same for every interpreter.
        variables = dict(task_vars, ansible_python_interpreter=sys.executable)
        for name in names:
            configure(module_name="zstack.zbs." + name, module_args={}, task_vars=variables)
    finally:
        os._exit(0)

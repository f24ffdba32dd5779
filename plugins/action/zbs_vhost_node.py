# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_node: brings the code to a host that lacks it."""

from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.module_utils._node.places import FOLDER
from ansible_collections.zstack.zbs.plugins.plugin_utils._node import code

SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "folder": {"type": "path", "default": FOLDER},
    "guard": {"type": "bool", "default": False},
    "hash": {"type": "str"},
    "code": {"type": "str"},
}


class ActionModule(ActionBase):
    """Asks the host first: the code is a hundred times the question."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """What zbs_vhost_node returns."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(SPEC)
        given = {option: value for option, value in arguments.items() if value is not None}
        if given["state"] == "present":
            given.setdefault("hash", code.HASH)
        answer = self._ask(given, task_vars)
        if answer.get("needed") and not self._task.check_mode and "code" not in given:
            answer = self._ask(dict(given, code=code.archive()), task_vars)
            # Ansible keeps what a module was called with in its result, and logs it.
            answer.pop("invocation", None)
        result.update(answer)
        return result

    def _ask(self, given, task_vars):
        return self._execute_module(module_name="zstack.zbs.zbs_vhost_node", module_args=given, task_vars=task_vars)

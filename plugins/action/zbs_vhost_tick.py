# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phase of the tick with the settings of the roles; see the module's documentation."""

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.plugin_utils import _tick_options

PHASES = ["observe", "begin", "finish", "begin_volumes", "finish_volumes", "clear"]


SPEC = {
    "phase": {"type": "str", "choices": PHASES, "default": "observe"},
    "protocols": {"type": "list", "elements": "str", "choices": ["vhost", "cbd"]},
    "who": {"type": "str"},
    "lease_id": {"type": "str"},
    "error": {"type": "str"},
    "restored": {"type": "list", "elements": "dict"},
}


class ActionModule(ActionBase):
    """Runs zbs_vhost_recovery. A worker process compiles every template of its task anew, for every host at every tick: the settings
    are looked up here instead, and only what is a template by itself is templated.
    """

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """What zbs_vhost_recovery returns."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(SPEC)
        given = {option: value for option, value in arguments.items() if value is not None}
        try:
            found = _tick_options.options(lambda name: self._templar.template(task_vars[name]))
            if given["phase"] == "observe":
                _tick_options.check_observe_timeout(self._task.timeout or 0, found)
        except KeyError as exc:
            raise AnsibleActionFail("%s is not set; include the role zstack.zbs.zbs_vhost_heal before" % exc) from None
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        result.update(
            self._execute_module(
                module_name="zstack.zbs.zbs_vhost_recovery",
                module_args=dict(found, **given),
                task_vars=task_vars,
                wrap_async=self._task.async_val,
            )
        )
        return result

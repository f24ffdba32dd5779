# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_batches: one look at what all hosts registered, instead of one task a host."""

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.plugin_utils import _batches, _registered


class ActionModule(ActionBase):
    """Cut the hosts of the play, or those that are due, into batches."""

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """See the module's documentation for the return."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "size": {"type": "int", "required": True},
                "only": {"type": "str", "choices": ["all", "due"], "default": "all"},
            }
        )
        if arguments["size"] < 1:
            raise AnsibleActionFail("size is %d; give 1 or more hosts for a batch" % arguments["size"])
        hosts = task_vars["ansible_play_hosts"]
        if arguments["only"] == "due":
            hosts = [host for host in hosts if _is_due(task_vars["hostvars"][host])]
        result.update(changed=False, batch_of=_batches.cut(hosts, arguments["size"]))
        return result


def _is_due(known):
    return bool((known.get(_registered.TICK) or {}).get("due"))

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_gate: whether the next batch may begin, after how the ones before it ended."""

from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import attempts, batches, registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet.once import OnceForAll


class ActionModule(OnceForAll):
    """One call for the whole batch."""

    def run(self, tmp=None, task_vars=None):
        """See the module's documentation for the return."""
        result, arguments = self.begin(
            tmp,
            task_vars,
            {
                "plan": {"type": "dict", "required": True},
                "batch": {"type": "int", "required": True},
                "max_fail_percentage": {"type": "float", "required": True},
            },
        )
        percentage = arguments["max_fail_percentage"]
        if not 0 <= percentage <= 100:
            raise AnsibleActionFail("max_fail_percentage is %s; give a number from 0 to 100" % percentage)
        planned = arguments["plan"]
        failed = {host for host in planned["wave_of"] if _failed(registered.Results(task_vars, host), host, arguments)}
        reason = batches.stopped(planned, arguments["batch"], failed, percentage)
        result.update(changed=False, go=reason is None, reason=reason and visible(reason))
        return result


def _failed(known, host, arguments):
    """Whether the attempt of a host failed in this tick.

    A host that left the play in the middle of its attempt still has what it registered, and so may one whose turn is to come: of
    an earlier tick. Batches of one wave come in any order, so the number alone does not tell.
    """
    tick, begins, finishes = registered.attempt(known)
    came = arguments["plan"]["batch_of"][host] < arguments["batch"] or attempts.began(tick, begins)
    return came and attempts.any_failed(tick, begins, finishes)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_batches: one look at what all hosts registered, instead of one task a host."""

from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import ahead, batches, registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet.once import OnceForAll


class ActionModule(OnceForAll):
    """Cut the hosts of the play, or those that are due, into waves and batches."""

    def run(self, tmp=None, task_vars=None):
        """See the module's documentation for the return."""
        result, arguments = self.begin(
            tmp,
            task_vars,
            {
                "size": {"type": "int", "required": True},
                "only": {"type": "str", "choices": ["all", "due"], "default": "all"},
                "waves": {"type": "list", "elements": "raw", "default": ["100%"]},
            },
        )
        if arguments["size"] < 1:
            raise AnsibleActionFail("size is %d; give 1 or more hosts for a batch" % arguments["size"])
        if not arguments["waves"]:
            raise AnsibleActionFail("waves is empty; give at least one, such as 100%")
        ticks: dict = {}
        everyone = hosts = task_vars["ansible_play_hosts"]
        if arguments["only"] == "due":
            ticks = {host: registered.Results(task_vars, host).get(registered.TICK) or {} for host in everyone}
            # Fewest attempts first: a host that nothing helps must not be the first wave of every tick for ever.
            hosts = sorted((host for host in hosts if ticks[host].get("due")), key=lambda host: _failures(ticks[host]))
        # More than the forks would wait for each other in each task, and their leases would run meanwhile.
        size = min(arguments["size"], int(task_vars.get("ansible_forks") or arguments["size"]))
        try:
            planned = batches.plan(hosts, size, arguments["waves"])
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from exc
        traces = [host for host in everyone if ticks and ticks[host].get("untraced")]
        result.update(planned, traces=traces, goes_on=batches.goes_on(planned, everyone, traces), changed=False)
        if ticks and not self._task.check_mode:  # in which nothing is attempted
            due = {name for host in hosts for name in ticks[host]["due"]}
            node = all(ticks[host].get("way") == "node" for host in hosts)
            ahead.pack(ahead.modules(due, node), self._configure_module, task_vars)
        result["untraced"] = batches.untraced((ticks[host] for host in hosts if ticks), ticks.values())
        return result


def _failures(tick):
    """Attempts so far, of the due protocol with the fewest."""
    entries = tick.get("entries") or {}
    return min((entries.get(protocol) or {}).get("failures", 0) for protocol in tick["due"])

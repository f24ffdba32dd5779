# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_report: collect what the hosts registered, print, return."""

import json
import re
import time

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.zstack.zbs.plugins.module_utils._tools import replacing
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible_in
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._report import disagree, page, table

display = Display()
FAIL_ON = ["never", "unreachable", "failed", "down"]


class ActionModule(ActionBase):
    """One call for the whole play, however many hosts: a task a host would cost more than the report is worth."""

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Print the table; see the module's documentation for the return."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "kind": {"type": "str", "choices": ["health", "heal"], "required": True},
                "path": {"type": "path"},
                "page": {"type": "path"},
                "fail_on": {"type": "str", "choices": FAIL_ON, "default": "never"},
                "compare_zstack": {"type": "bool", "default": False},
            }
        )
        if arguments["page"] and arguments["kind"] != "health":
            raise AnsibleActionFail("page is only for kind health; use path for a heal")
        if arguments["compare_zstack"] and arguments["kind"] != "health":
            raise AnsibleActionFail("compare_zstack is only for kind health; leave it out for a heal")
        rows = [_row(host, arguments["kind"], task_vars) for host in sorted(task_vars["ansible_play_hosts_all"])]
        if arguments["compare_zstack"]:
            _compare(rows, task_vars)
        for line in table.lines(rows, arguments["kind"]):
            display.display(line)
        totals = table.totals(rows)
        if not self._task.check_mode:
            if arguments["path"]:
                _write(
                    arguments["path"],
                    json.dumps(visible_in({"rows": rows, "totals": totals}), indent=2, sort_keys=True) + "\n",
                )
            if arguments["page"]:
                made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                found = [(row, _looked(row["host"], task_vars)) for row in rows]
                _write(arguments["page"], page.page(found, totals, made))
        failing = {word: table.failing_sentence(rows, word) for word in FAIL_ON if word != "never"}
        result.update(changed=False, totals=visible_in(totals), failing=failing)
        if failing.get(arguments["fail_on"]):
            # Ansible takes no stats of a task that fails, and would print every row once more.
            result.update(failed=True, msg=failing[arguments["fail_on"]])
            return result
        stats = {"data": {"zbs_vhost_%s" % arguments["kind"]: totals}, "per_host": False, "aggregate": False}
        result.update(visible_in({"rows": rows, "ansible_stats": stats}))
        return result


def _row(host, kind, task_vars):
    """The row of a host from its registered results; a host without them left the play."""
    known = registered.Results(task_vars, host)
    first = known.get(registered.HEALTH if kind == "health" else registered.TICK) or {}
    if "status" not in first and "decisions" not in first:
        if first.get("timedout"):
            return table.unreachable_row(host, "it did not answer in time: %s" % _said(first))
        if first.get("failed"):
            return table.error_row(host, _said(first) or "the task failed without a message")
        return table.unreachable_row(
            host, _said(first) or "the host was not checked: it failed or could not be reached earlier"
        )
    if kind == "health":
        return table.health_row(host, first)
    tick, begins, finishes = registered.attempt(known)
    return table.heal_row(host, tick, begins, finishes, known.get(registered.GATE))


def _compare(rows, task_vars):
    """Put the manager's word, of the inventory's variables, beside each row's."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for row in rows:
        known = task_vars["hostvars"][row["host"]]
        row.update(disagree.compare(known, _looked(row["host"], task_vars), row, now))


def _said(first):
    """The message of a result without the words that Ansible puts before it."""
    return re.sub(r"^((Task|Module|Action) failed: )+", "", str(first.get("msg") or ""))


def _looked(host, task_vars):
    """What zbs_vhost_health returned on a host, {} where it returned nothing."""
    first = registered.Results(task_vars, host).get(registered.HEALTH) or {}
    return first if "status" in first else {}


def _write(path, text):
    """Replace the file whole, so that whoever reads it never sees half of it."""
    try:
        replacing.replace(path, text, 0o644)  # a dashboard may read it; there is no secret in it
    except OSError as exc:
        # From None: Ansible would append the cause, which says the same with the name of the temporary file.
        raise AnsibleActionFail(
            "the report can't be written to %s (%s); name a file in an existing, writable folder of the controller"
            % (path, exc.strerror)
        ) from None

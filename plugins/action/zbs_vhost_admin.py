# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of zbs_vhost_admin: a module on the first admin node that answers; see the module's documentation.

The loop over the nodes is the task's, so that Ansible itself makes each node's connection, with that node's own variables.
"""

import hashlib
import json
import time

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.zstack.zbs.plugins.plugin_utils._admin import nodes
from ansible_collections.zstack.zbs.plugins.plugin_utils._admin.notes import Notes
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm

MODULES = ["zbs_vhost_cluster", "zbs_vhost_deploy", "zbs_vhost_preflight", "zbs_vhost_restore", "zbs_vhost_volume"]
SPEC = {
    "module": {"type": "str", "choices": MODULES},
    "options": {"type": "dict", "default": {}},
    "nodes": {"type": "list", "elements": "str"},
    "answer_within": {"type": "int", "default": 15},
    "timeout": {"type": "int", "default": 360},
    "once": {"type": "str"},
    "asked": {"type": "dict"},
    "otherwise": {"type": "str", "default": "nothing was done"},
    "required": {"type": "bool", "default": True},
}
_ANSWERS = "zbs-admin-node-answers"
_DISCOVERED = "discovered_interpreter_"
# {host: its Step}: the rounds of one loop run in one process, one after the other.
_STEPS: dict = {}


class ActionModule(ActionBase):
    """One round of the loop over the nodes, the look at all of its rounds, or at the names before it."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """See the module's documentation for the return."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            SPEC,
            mutually_exclusive=[("module", "asked")],
            required_one_of=[("module", "asked", "nodes")],
            required_by={"module": ("nodes",)},
        )
        if arguments["asked"] is not None:
            result.update(_outcome(arguments))
            return result
        if arguments["module"] is None:
            # Templated: for the name of the variable alone.
            alone = self._templar.template(task_vars.get(nodes.HOST))
            why = nodes.refusal(arguments["nodes"], alone, task_vars["groups"]["all"])
            if why:
                raise AnsibleActionFail(why)
            return dict(result, changed=False)
        for name in ("answer_within", "timeout"):
            if not 1 <= arguments[name] <= 86400:
                raise AnsibleActionFail("%s is %d; give seconds from 1 to 86400" % (name, arguments[name]))
        result.update(self._round(arguments, task_vars))
        return result

    def _round(self, arguments, task_vars):
        """What this node registers, see _admin/nodes."""
        node = self._task.delegate_to or task_vars["inventory_hostname"]
        if len(set(arguments["nodes"])) < len(arguments["nodes"]):
            # The first one begins a step, so a second time would do it twice.
            raise AnsibleActionFail("nodes names one twice (%s); name each once" % ", ".join(arguments["nodes"]))
        if node not in arguments["nodes"]:
            raise AnsibleActionFail(
                "%s is not among the nodes %s; loop over them and delegate the task to each"
                % (node, ", ".join(arguments["nodes"]) or "(none)")
            )
        host = task_vars["inventory_hostname"]
        if node == arguments["nodes"][0] or host not in _STEPS:
            _STEPS[host] = nodes.Step(time.monotonic())
        step = _STEPS[host]
        if step.over:
            return _passed(node, "another admin node has done it")
        notes = Notes(constants.DEFAULT_LOCAL_TMP)
        if not arguments["once"]:
            return self._try(notes, node, step, arguments, task_vars)
        with notes.alone("answer", node + _key(arguments)) as note:
            if "answer" not in note:
                found = self._try(notes, node, step, arguments, task_vars)
                if found["answer"] is not None:
                    note.update(answer=found["answer"])
                return found
            return _done(node, step, note["answer"])

    def _try(self, notes, node, step, arguments, task_vars):
        """Ask the node whether it is there, then have it do the step."""
        why, warnings = self._away(notes, node, arguments)
        if why:
            return dict(_passed(node, why), away=why, warnings=warnings)
        module = arguments["module"]
        start = time.monotonic()
        # What changes something has a lease, which counts from the first node on.
        spent = 0 if module in nodes.READ_ONLY else int(start - step.began)
        left = max(1, arguments["timeout"] - spent)
        step.over = module not in nodes.READ_ONLY  # from here on, however it ends: it is begun once
        try:
            with alarm.within(left):
                answer = self._execute_module(
                    module_name="zstack.zbs." + module, module_args=arguments["options"], task_vars=task_vars
                )
        except alarm.TimeUp:
            why, again = "it did not answer within %d s" % left, False
        except AnsibleConnectionFailure as exc:
            why, again = nodes.reason(exc), nodes.quick(start)
        except AnsibleError as exc:  # the node is there, and something is wrong with the task
            return _done(node, step, {"failed": True, "msg": nodes.reason(exc)})
        else:
            return _done(node, step, answer)
        self._cleanup_remote_tmp = False  # over the same connection
        with notes.alone("node", node) as note:
            note.update(away=why, again=again)
        if module in nodes.READ_ONLY:
            return dict(_passed(node, why), away=why, warnings=_warnings(node, why, arguments))
        # What has begun there may go on: never the same on another node.
        message = nodes.lost(node, module, why)
        failure = {"code": "admin_node_lost", "message": message, "details": {"node": node}}
        return dict(_done(node, step, {"failed": True, "msg": message, "failure": failure}), away=why)

    def _away(self, notes, node, arguments):
        """(why the node can't be asked or None, warnings)."""
        known = notes.read("node", node)
        if known.get("answered") and not known.get("away"):
            # Nobody has to wait for another one's look, which is all that could be learned from it.
            why, again = self._look(arguments["answer_within"])
            if why:
                with notes.alone("node", node) as note:
                    note.update(away=why, again=again)
            return why, _warnings(node, why, arguments)
        with notes.alone("node", node) as note:
            why = nodes.left_out(note, [notes.read("node", name) for name in arguments["nodes"]])
            if why:
                return why, []
            new = not note.get("away")
            why, again = self._look(arguments["answer_within"])
            note.update(answered=not why, away=why, again=again)
        return why, _warnings(node, why, arguments) if new else []

    def _look(self, seconds):
        """(why the node does not answer or None, whether it may be asked again).

        A word is said back, as the user that the module will run as.
        """
        start = time.monotonic()
        try:
            with alarm.within(seconds):
                said = self._low_level_execute_command("echo " + _ANSWERS, sudoable=True)
        except alarm.TimeUp:
            why, again = "it did not answer within %d s" % seconds, False
        # Whatever a connection plugin raises; also what is wrong with its variables, or with becoming root.
        except Exception as exc:  # pylint: disable=broad-exception-caught
            why, again = nodes.reason(exc), nodes.quick(start)
        else:
            if _ANSWERS in said.get("stdout", ""):
                return None, True
            why, again = nodes.reason(said.get("stderr") or said.get("stdout") or ""), nodes.quick(start)
        self._cleanup_remote_tmp = False
        return why, again


def _key(arguments):
    """What makes two questions the same. Hashed: there may be a password in it."""
    asked = json.dumps([arguments[name] for name in ("once", "module", "options")], sort_keys=True, default=str)
    return hashlib.sha256(asked.encode()).hexdigest()


def _warnings(node, why, arguments):
    """What the operator is told at once of a node that is left out; where it is the only one, the step's own error says it."""
    if not why or len(arguments["nodes"]) == 1:
        return []
    return ["The admin node %s can't be reached (%s), so this run goes on with the others" % (node, why)]


def _passed(node, why):
    return {
        "changed": False,
        "skipped": True,
        "skip_reason": why,
        "node": node,
        "answer": None,
        "away": None,
    }


def _done(node, step, answer):
    """The round in which the module ran. What Ansible wants to see for itself stands outside of the answer."""
    answer = {key: value for key, value in answer.items() if not key.startswith("_ansible_")}
    outside = {key: answer.pop(key) for key in ("warnings", "deprecations", "invocation") if answer.get(key)}
    # The node's interpreter; as a fact of the answer it would be the compute host's.
    facts = answer.pop("ansible_facts", None) or {}
    facts = {key: value for key, value in facts.items() if key.startswith(_DISCOVERED)}
    if facts:
        outside["ansible_facts"] = facts
    if not isinstance(answer.get("exception", ""), str):
        del answer["exception"]
    step.over = True
    return dict(outside, changed=False, node=node, answer=answer, away=None)


def _outcome(arguments):
    """The answer of the node that did the step, as the result of this task; else that nobody did."""
    answer, node, away = nodes.outcome(arguments["asked"])
    if answer is not None:
        return dict(answer, node=node, away=away)
    message = nodes.nobody(away, arguments["otherwise"])
    found = {"changed": False, "node": None, "away": away, "msg": message}
    if arguments["required"]:
        found.update(failed=True, failure={"code": "no_admin_node", "message": message, "details": {"away": away}})
    return found

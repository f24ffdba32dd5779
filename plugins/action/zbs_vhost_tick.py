# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phase of the tick with the settings of the roles; see the module's documentation."""

import contextlib

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.zstack.zbs.plugins.plugin_utils._admin import heartbeat, nodes
from ansible_collections.zstack.zbs.plugins.plugin_utils._fleet import ahead, attempts, registered
from ansible_collections.zstack.zbs.plugins.plugin_utils._node import code

# Here and not where it is used: the strategy's process loads a plugin once, while each of its workers, one a host, would load it anew.
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import alarm, checked, client, shortly
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick.options import attempt, longest, options

# Phases of an attempt of the target, and what zbs_vhost_attempt calls them.
ATTEMPT = {"begin_target": "begin", "finish_target": "finish"}
PHASES = ["settings", "observe", "begin", "finish", *ATTEMPT, "begin_volumes", "finish_volumes", "trace", "clear"]
# Before these the host's settings are looked at; `settings` is that alone.
CHECKED = ["settings", "begin", "begin_target", "begin_volumes"]
# Phases of the modules that take a lease, or end one: what may have been done is never done again.
LEASED = ["begin", "finish", "begin_volumes", "finish_volumes"]
SPEC = {
    "phase": {"type": "str", "choices": PHASES, "default": "observe"},
    "protocols": {"type": "list", "elements": "str", "choices": ["vhost", "cbd"]},
    "who": {"type": "str"},
    "lease_id": {"type": "str"},
    "error": {"type": "str"},
    "answer": {"type": "dict"},
    "observed": {"type": "dict"},
    "evidence": {"type": "str"},
    "begun": {"type": "dict"},
    "ended": {"type": "dict"},
    "restored": {"type": "list", "elements": "dict"},
    "traced": {"type": "dict"},
}


class ActionModule(ActionBase):
    """Runs zbs_vhost_recovery. A worker process compiles every template of its task anew, for every host at every tick: the settings
    are looked up here instead, and only what is a template by itself is templated.
    """

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """What zbs_vhost_recovery returns, or zbs_vhost_attempt for a phase of ATTEMPT."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(SPEC)
        begun, ended = (arguments.pop(name) or {} for name in ("begun", "ended"))
        if arguments["phase"] == "begin_volumes":
            volumes = attempts.taken_volumes(begun, ended)
            if volumes is not None:
                result.update(volumes)
                return result
        given = {option: value for option, value in arguments.items() if value is not None}
        known = None  # of the client, where an attempt begins
        phase = given["phase"]
        try:
            if phase in CHECKED:
                self._check(phase, task_vars)
            if phase == "settings":
                # What comes next is packed meanwhile, unless the first host is sent no module.
                ahead.pack([] if self._has_node(task_vars) else [shortly.TICK], self._configure_module, task_vars)
                return dict(result, changed=False)
            if phase in ATTEMPT:
                found = dict(attempt(task_vars, self._templar.template), **dict(given, phase=ATTEMPT[phase]))
                if phase == "begin_target":  # before anything is taken
                    known = self._templar.template([task_vars[name] for name in (client.WANTED, *client.LOGIN)])
            else:
                found = self._of_a_tick(given, task_vars)
            seconds = longest(phase, found)
        except KeyError as exc:
            raise AnsibleActionFail("%s is not set; include the role zstack.zbs.zbs_vhost_heal first" % exc) from None
        except ValueError as exc:
            raise AnsibleActionFail(str(exc)) from None
        # A host that froze with its connection open must not hold the tick of all others. Of two limits the shorter one counts.
        kept = 0 < self._task.timeout < seconds
        try:
            with contextlib.nullcontext() if kept else alarm.within(seconds):
                answer = self._answer(shortly.ATTEMPT if phase in ATTEMPT else shortly.TICK, found, task_vars)
        except alarm.TimeUp:
            self._cleanup_remote_tmp = False  # over the same connection, which would never answer either
            raise AnsibleActionFail(
                "%s got no answer within %d s; check the host's console" % (phase, seconds),
                result={"timedout": {"period": seconds}},  # as Ansible's own, for the report
            ) from None
        if known and "vhost" in answer.get("begun", ()) and "outcome" not in answer:
            wanted, *login = known
            deploy, why = client.decide(answer["client"], wanted, login, task_vars["inventory_hostname"])
            answer["client"] = dict(answer["client"], deploy=deploy)
            answer["warnings"] = [*answer.get("warnings", []), *([why] if why else [])]
        result.update(answer)
        return result

    def _check(self, phase, task_vars):
        """Refuse settings that can't be before anything is counted. An attempt needs an admin node, too."""
        why = checked.refusal(task_vars, self._templar.template)
        if not why and phase != "settings":
            named, alone = self._templar.template([task_vars[nodes.NODES], task_vars[nodes.HOST]])
            why = nodes.refusal(named, alone, task_vars["groups"]["all"])
        if why:
            raise AnsibleActionFail(why)

    def _of_a_tick(self, given, task_vars):
        """The options of zbs_vhost_recovery."""
        found = dict(options(task_vars, self._templar.template), **given)
        if "cbd" in found["protocols"] and not found.get("cbd_heartbeat") and heartbeat.ASKED in task_vars:
            known = [task_vars[name] for name in (heartbeat.ASKED, nodes.NODES, heartbeat.POOLS)]
            found.update(heartbeat.options(*self._templar.template(known)))
        return found

    def _answer(self, module, arguments, task_vars):
        """What the module returns: by the code that lies on the host where it has it, else by the module itself, in the same task."""
        phase, by_node = arguments["phase"], self._has_node(task_vars)
        if phase in LEASED:  # by the code that answered in this tick, or not at all
            by_node = by_node and (task_vars.get(registered.TICK) or {}).get("way") == "node"
        if not by_node:
            return self._module(module, arguments, task_vars)
        text, params = shortly.question(code.HASH, module, arguments, self._task.check_mode)
        why = "the connection can't pass it a question"
        if text is not None and self._passes_questions():
            words = filter(None, [self._compute_environment_string(), shortly.COMMAND])  # as a module gets it
            told = self._low_level_execute_command(" ".join(words), in_data=text.encode())
            answer = shortly.answer(told["rc"], told["stdout"], params)
            if answer is not None:
                return dict(wrap_var(answer), way="node")
            why = shortly.reason(told["rc"], told["stdout"], told["stderr"])
            if phase in LEASED and not shortly.untouched(told["rc"], told["stdout"]):
                raise AnsibleActionFail(
                    "the node part broke off the phase %s (%s); what it began ends with its lease, and the tick after that goes on"
                    % (phase, why)
                )
        answer = dict(self._module(module, arguments, task_vars), way="module")
        if text is not None and phase == "observe":
            warning = (
                "the tick had to bring its code along, since the node part did not answer (%s); run zstack.zbs.node"
                % why
            )
            answer["warnings"] = [*answer.get("warnings", []), warning]
        return answer

    def _has_node(self, task_vars):
        return boolean(self._templar.template(task_vars.get("zbs_vhost_heal_node", False)), strict=False)

    def _passes_questions(self):
        """Whether the connection passes a program its standard input, also as another user: su, for one, does not."""
        become = self._connection.become
        others = become is not None and (become.name == "su" or not getattr(become, "pipelining", True))
        return self._connection.has_pipelining and not others

    def _module(self, name, arguments, task_vars):
        return self._execute_module(module_name="zstack.zbs." + name, module_args=arguments, task_vars=task_vars)

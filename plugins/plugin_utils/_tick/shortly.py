# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short way of a tick: the question to the code that lies on the host (module_utils/_look/look.py), and its answer. Pure."""

import json

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.zstack.zbs.plugins.module_utils import _recovery_arguments
from ansible_collections.zstack.zbs.plugins.module_utils._node.places import CURRENT, FOLDER
from ansible_collections.zstack.zbs.plugins.module_utils._tools import answers
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

COMMAND = f"{FOLDER}/{CURRENT}/look"
TICK, ATTEMPT = "zbs_vhost_recovery", "zbs_vhost_attempt"
# What Ansible would work out on the host: the controller's home and environment are others.
_ELSEWHERE = ("~", "$")


class _Door:
    """The options of a module, as `arguments` has them, and what is worked out of those."""

    def __init__(self, arguments):
        self.paths = [name for name, option in arguments.SPEC.items() if option["type"] == "path"]
        self.validator = ArgumentSpecValidator(arguments.SPEC, **arguments.RULES)
        self.checked = arguments.checked


_TICK = _Door(_recovery_arguments)


def question(code, module, arguments, check_mode):
    """(the text for the host, the module's parameters); (None, None) where only the module can tell what is wrong or meant.

    code       hash of the controller's code
    module     TICK or ATTEMPT
    arguments  what the module would be called with
    """
    door = _TICK if module == TICK else _attempt()
    found = door.validator.validate(arguments)
    params = found.validated_parameters
    if found.error_messages or any(
        sign in str(arguments.get(name) or "") for name in door.paths for sign in _ELSEWHERE
    ):
        return None, None
    try:
        asked = {"hash": code, "module": module, "params": door.checked(params), "check_mode": check_mode}
        return json.dumps(asked), params
    except (ValueError, TypeError, ZbsError):
        return None, None


def _attempt():
    # Where something is due, and not at every tick: it brings a good part of the modules along.
    from ansible_collections.zstack.zbs.plugins.module_utils import _attempt_arguments

    return _Door(_attempt_arguments)


def answer(status, output, params):
    """The module's result from the exit status and output of the host's code; None where it did not come that way.

    As in what a module returns, no word of params["secrets"] is in it.
    """
    if status != 0:
        return None
    told = _object(output)
    if isinstance(told.get("failure"), dict) and isinstance(told["failure"].get("message"), str):
        found = {"failed": True, "msg": told["failure"]["message"], "failure": told["failure"]}
    elif "failure" in told or not isinstance(told.get("result"), dict):
        return None
    else:
        found = told["result"]
        warnings = found.pop("warn", None)
        warnings = (warnings if isinstance(warnings, list) else []) + ([told["guard"]] if told.get("guard") else [])
        if warnings:
            found["warnings"] = warnings
    found = dict(found, invocation={"module_args": params})
    return remove_values(found, params["secrets"]) if params.get("secrets") else found


def untouched(status, output):
    """Whether it is certain that the host's code did nothing, so that the module may take what it was asked to take."""
    return status in (126, 127) or "declined" in _object(output)


def reason(status, output, errors=""):
    """Why the answer did not come that way, in words."""
    if status in (126, 127):
        return "the host does not have it"
    last = (errors.strip().splitlines() or [""])[-1]
    return _object(output).get("declined") or "it ended with status %s and no answer%s" % (status, last and ": " + last)


def _object(output):
    """The JSON object in the output of the host's code, which a login may have preceded with words; empty where there is none."""
    return answers.last_object(output, ("result", "failure", "declined")) or {}

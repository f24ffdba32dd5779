# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short way of a tick: the question to the code that lies on the host (module_utils/_tick/look.py), and its answer. Pure."""

import json
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.zstack.zbs.plugins.module_utils import _recovery_arguments
from ansible_collections.zstack.zbs.plugins.module_utils._node.places import CURRENT, FOLDER
from ansible_collections.zstack.zbs.plugins.module_utils._tools import outside
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

COMMAND = f"{FOLDER}/{CURRENT}/look"
# What Ansible would work out on the host: the controller's home and environment are others.
_ELSEWHERE = ("~", "$")
_SPEC: dict[str, Any] = _recovery_arguments.SPEC
_PATHS = [name for name, option in _SPEC.items() if option["type"] == "path"]
_VALIDATOR = ArgumentSpecValidator(_SPEC, **_recovery_arguments.RULES)


def question(code, arguments, check_mode):
    """(the text for the host, the module's parameters); (None, None) where only the module can tell what is wrong or meant.

    code       hash of the controller's code
    arguments  what the module would be called with
    """
    found = _VALIDATOR.validate(arguments)
    params = found.validated_parameters
    if found.error_messages or any(sign in str(arguments.get(name) or "") for name in _PATHS for sign in _ELSEWHERE):
        return None, None
    try:
        _recovery_arguments.check(params)
        return json.dumps({"hash": code, "params": params, "check_mode": check_mode}), params
    except (ValueError, TypeError, ZbsError):
        return None, None


def answer(status, output, params):
    """The module's result from the exit status and output of the host's code; None where it did not come that way."""
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
    return dict(found, invocation={"module_args": params})


def reason(status, output):
    """Why the answer did not come that way, in words."""
    if status in (126, 127):
        return "the host does not have it"
    return _object(output).get("declined") or "it ended with status %s and no answer" % status


def _object(output):
    """The JSON object in the output of the host's code; empty for anything else."""
    try:
        return outside.shaped(outside.loads(output), dict)
    except ValueError:
        return {}

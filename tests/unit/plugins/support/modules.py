"""Running a module's real main in this process: arguments in, what it printed out."""

import contextlib
import io
import json
import runpy
from unittest import mock

from ansible.module_utils import basic

COLLECTION = "ansible_collections.zstack.zbs.plugins.modules."


@contextlib.contextmanager
def _arguments(arguments):
    """Hand `arguments` to the next AnsibleModule, whatever the version of ansible-core."""
    try:
        from ansible.module_utils.testing import patch_module_args  # ansible-core 2.19
    except ImportError:
        before = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before
        return
    with patch_module_args(arguments):
        yield


def run_module(name, arguments, check_mode=False, diff=False):
    """Run the module `name`; returns (exit status, its result as a dict).

    Its warnings are in the result as `warnings` (sentences), as on a managed host: inside the controller's process
    ansible-core 2.19 shows them at once instead.
    """
    given = dict(arguments, _ansible_check_mode=check_mode, _ansible_diff=diff)
    out = io.StringIO()
    warnings = []
    status = None
    warn = mock.patch.object(basic.AnsibleModule, "warn", lambda _module, warning: warnings.append(warning))
    with _arguments(given), contextlib.redirect_stdout(out), warn:
        try:
            runpy.run_module(COLLECTION + name, run_name="__main__")
        except SystemExit as exc:
            status = exc.code or 0
    assert status is not None, "the module returned without an exit"
    return status, dict(json.loads(out.getvalue()), warnings=warnings)


def failure_of(name, arguments, check_mode=False):
    """Run a module that must fail with a structured failure; returns (failure, whole result)."""
    status, result = run_module(name, arguments, check_mode)
    assert status == 1 and result["failed"] is True, result
    assert sorted(result["failure"]) == ["code", "details", "message"], result
    assert result["msg"] == result["failure"]["message"]
    assert "\n" not in result["msg"] and "Traceback" not in json.dumps(result)
    return result["failure"], result

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look: a module of the tick by the code that lies on the host, for a controller that ships none.

On standard input one JSON object, {hash, module, params, check_mode}: which code the controller has, which module it would send, and what
that would get. On standard output one JSON object, {result}, {failure} (as _tools/errors has it) or {declined} (why nothing was done: the
controller sends the module then). A host that should have a guard and has none at work says so in `guard`.
"""

import json
import os
import sys

from .._guard import options, status
from .._tick import phases
from .._tools import outside
from .._tools.errors import ZbsError
from .._tools.visible import visible_in
from .._window.window import Clock


def main(code):
    """Answer one question; `code` is the hash of the code that lies here."""
    answer = respond(sys.stdin.buffer.read(), code)
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def respond(text, code):
    """The answer to the question `text` (bytes), as plain data."""
    try:
        asked = outside.loads(text)
        params, check_mode = dict(asked["params"]), bool(asked["check_mode"])
        wanted, module = asked["hash"], asked.get("module")
        run = _MODULES.get(module)
    except (ValueError, TypeError, KeyError):
        return {"declined": "the question can't be understood"}
    if wanted != code:
        return {"declined": "the code on the host is %s, the controller's is %s" % (code, wanted)}
    if run is None:
        return {"declined": "the code on the host has no module %s" % module}
    try:
        answer = run(params, check_mode)
    except ZbsError as exc:
        answer = {"failure": exc.as_failure()}
    # As at the door of the modules.
    answer = visible_in(answer)
    if params.get("secrets"):
        from .._tools import masking  # a tick has none

        answer = masking.hide_in(answer, params["secrets"])
    return answer


def _tick(params, check_mode):
    answer = {"result": phases.run(params, check_mode)}
    if params.get("phase") == "observe" and os.path.exists(options.FILE):
        answer["guard"] = status.problem(Clock(), status.FILE)
    return answer


def _attempt(params, check_mode):
    # Where something is due, and not at every tick: preparing a host takes a good part of the code.
    from .._attempt import phase

    return {"result": phase.run(params, check_mode)}


_MODULES = {"zbs_vhost_recovery": _tick, "zbs_vhost_attempt": _attempt}

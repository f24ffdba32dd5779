# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of zbs_vhost_recovery. The controller asks for them too: it checks a question to the host's own code by them
(plugin_utils/_tick/shortly.py).
"""

from . import _arguments
from ._tools.deadline import check_seconds
from ._tools.errors import ZbsError

PHASES = ["observe", "begin", "finish", "begin_volumes", "finish_volumes", "trace", "clear"]
# Options that count, with the least and the most that each may be.
TICKS = (("max_skip", 1, 100000), ("reset_after", 1, 10000), ("flap_limit", 0, 10000), ("flap_window", 0, 10000))

SPEC = dict(
    _arguments.PROBE,
    phase={"type": "str", "choices": PHASES, "default": "observe"},
    primary_storage={"type": "str", "default": "zbs"},
    max_skip={"type": "int", "default": 64},
    reset_after={"type": "int", "default": 1},
    flap_limit={"type": "int", "default": 2},
    flap_window={"type": "int", "default": 30},
    hold={"type": "bool", "default": False},
    by_event={"type": "bool", "default": False},
    deploy={"type": "bool", "default": True},
    attempt_timeout={"type": "float", "default": 900.0},
    deploy_timeout={"type": "float"},
    hung_recheck={"type": "float", "default": 10.0},
    who={"type": "str", "default": "ansible"},
    lease_id={"type": "str"},
    outcome={"type": "str", "choices": ["auto", "healed", "failed"], "default": "auto"},
    error={"type": "str"},
    cbd_unknown={"type": "str"},
    restore_volumes={"type": "bool", "default": True},
    restored={"type": "list", "elements": "dict"},
    trace_ahead={"type": "bool", "default": False},
    traced={"type": "dict"},
    removed={"type": "bool", "default": False},
    textfile_dir={"type": "path"},
    facts_dir=_arguments.FACTS_DIR,
)
RULES = {
    "required_one_of": [("host_ip", "container_name")],
    "required_if": [
        ("phase", "finish", ["lease_id"]),
        ("phase", "finish_volumes", ["lease_id", "restored"]),
        ("phase", "trace", ["traced"]),
    ],
}


def checked(params):
    """The parameters, as a phase takes them; ZbsError `bad_option` names an option that can't be."""
    for name, least, most in TICKS:
        if not least <= params[name] <= most:
            raise ZbsError(
                "%s is %d; give a number from %d to %d" % (name, params[name], least, most),
                "bad_option",
            )
    if not params["primary_storage"].strip():
        raise ZbsError("primary_storage is empty; name the primary storage", "bad_option")
    # A lease that is dead at once would let a second attempt begin beside the first.
    check_seconds(params, "attempt_timeout", 1.0)
    check_seconds(params, "hung_recheck", 0.0)
    for bdev, item in (params["traced"] or {}).items():
        if not isinstance(item, dict) or not isinstance(item.get("path"), (str, type(None))):
            raise ZbsError(
                "traced has no valid volume of %s; give what zbs_vhost_cluster returned" % bdev, "bad_option"
            )
    if params["deploy_timeout"] is not None:
        check_seconds(params, "deploy_timeout", 1.0)
    return params

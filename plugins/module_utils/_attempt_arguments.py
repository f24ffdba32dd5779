# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of zbs_vhost_attempt. The controller asks for them too: it gives the module those of its settings that it knows."""

from . import _recovery_arguments
from ._hugepages import options
from ._target import keeping, plan

# Those of zbs_vhost_recovery that are about its other phases, or about CBD.
_OTHERS = (
    "phase",
    "protocols",
    "cbd_heartbeat",
    "cbd_unknown",
    "outcome",
    "restored",
    "trace_ahead",
    "traced",
    "removed",
)
SPEC = dict(
    {name: option for name, option in _recovery_arguments.SPEC.items() if name not in _OTHERS},
    phase={"type": "str", "choices": ["begin", "finish"], "required": True},
    counts={"type": "bool", "default": False},
    observed={"type": "dict"},
    cpuset={"type": "raw", "default": "auto"},
    hugepage_size_mib={"type": "int", "default": 1024},
    image={"type": "str"},
    restart={"type": "str", "choices": list(plan.RESTART), "default": "never"},
    answer={"type": "dict"},
    evidence={"type": "str"},
    evidence_dir={"type": "path", "default": keeping.FOLDER},
    evidence_keep={"type": "int", "default": 20},
    secrets={"type": "list", "elements": "str", "default": [], "no_log": True},
    **options.PAGES,
    **options.COMPACT,
)
RULES = {"required_one_of": _recovery_arguments.RULES["required_one_of"]}


def checked(params):
    """The parameters with those of vhost that nobody has to name; ZbsError `bad_option` names an option that can't be."""
    return _recovery_arguments.checked(dict(params, protocols=["vhost"], cbd_heartbeat=None, traced=None))

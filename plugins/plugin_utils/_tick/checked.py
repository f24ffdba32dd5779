# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host's variables of the role zbs_vhost_heal are what they may be. A typo must not cost a window.

For a tick that comes past the role's own check, which costs a worker process for every host.
"""

from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick.client import LOGIN

_SPECS = Path(__file__).parents[3] / "roles/zbs_vhost_heal/meta/argument_specs.yml"


def refusal(variables, template):
    """What is wrong with them, in a sentence; None where nothing is. KeyError names a variable that is not set.

    variables  {name: value}, values as they were written
    template   gives such a value worked out
    """
    spec = yaml_load(_SPECS.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    found = template({name: variables[name] for name in spec if name in variables})
    wrong = ArgumentSpecValidator(spec).validate(found).error_messages
    if wrong:
        return "Validation of arguments failed: %s" % "; ".join(wrong)
    if "cbd" in found["zbs_vhost_heal_protocols"] and not all(str(found[name]) for name in LOGIN):
        return (
            "zbsadm client deploy needs a login on %s; set %s and %s, or remove cbd from zbs_vhost_heal_protocols"
            % (variables["inventory_hostname"], *LOGIN)
        )
    return None

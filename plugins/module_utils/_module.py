# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam between Ansible and the logic: an intended error becomes a module's failure."""

from ansible.module_utils.basic import AnsibleModule

from ._tools.errors import ZbsError
from ._tools.visible import visible, visible_in


def run(argument_spec, main, **options):
    """Make an AnsibleModule, call `main(module)` for its result (dict) and exit; a ZbsError ends as `failure`.

    `options` go to AnsibleModule (required_one_of and the like); check mode is always supported. Here everything that a module says
    goes by: what comes from outside (a VM's name, a program's words) must neither break the answer nor act on a terminal.
    """
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **options)
    # Beside a returned `path` Ansible would put the file's mode and size, documented nowhere and in check mode those of before.
    module.add_path_info = lambda result: result
    try:
        result = main(module)
    except ZbsError as exc:
        module.fail_json(msg=exc.message, failure=visible_in(exc.as_failure()))
    for warning in result.pop("warn", ()):
        module.warn(visible(warning))
    module.exit_json(**visible_in(result))

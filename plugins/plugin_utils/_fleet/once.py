# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins have in common that look at all hosts at once."""

from ansible.plugins.action import ActionBase


class OnceForAll(ActionBase):
    """Runs on the controller, one time for the whole play; a task a host would cost more than its work is worth."""

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False

    def begin(self, tmp, task_vars, spec):
        """(the result to fill, the arguments by `spec`)."""
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(spec)
        return result, arguments

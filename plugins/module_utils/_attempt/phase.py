# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two phases of an attempt on its compute host."""

from . import beginning, ending

PHASES = {"begin": beginning.begin, "finish": ending.finish}


def run(params, check_mode):
    """The result of zbs_vhost_attempt for the phase that params names; ZbsError as the two have it."""
    return PHASES[params["phase"]](params, check_mode)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the backoff window, apart from its decisions, which a host that is well does not need."""

from collections import namedtuple

# In ticks: the longest window; healthy ticks in a row that end an outage; how many recoveries within how many ticks still give
# the next outage a fresh window (a flap_window of 0 always does).
Limits = namedtuple("Limits", "max_skip reset_after flap_limit flap_window")
DEFAULTS = Limits(max_skip=64, reset_after=1, flap_limit=2, flap_window=30)

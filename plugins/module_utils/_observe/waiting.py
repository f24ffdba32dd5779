# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a target: probing again until the host is Connected or the time is over."""

import time

from .._tools.deadline import Deadline
from .probe import probe_twice
from .verdict import CONNECTED, CONNECTING


def probe_until(settings, wait, interval, recheck=0.0):
    """Probe until the host is Connected, for at most `wait` seconds and at least once, `interval` seconds apart.

    A target that is still starting when `wait` is over is waited for until its start grace has passed as well.

    recheck  as in probe_twice

    Returns (health of the last probe, number of probes).
    """
    deadline = Deadline(wait)
    grace = Deadline(wait + settings.start_grace if wait else 0.0)
    probes = 0
    while True:
        health = probe_twice(settings, recheck)
        probes += 1
        if health["status"] == CONNECTED or _over(deadline, interval, grace, health):
            return health, probes
        time.sleep(interval)


def _over(deadline, interval, grace, health):
    """Whether waiting on makes no sense: the time is over, and nothing is starting inside its grace."""
    starting = health["status"] == CONNECTING and not grace.spent()
    return deadline.left() < interval and not starting

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an attempt can take, which its lease must outlast. Pure."""

# Seconds that an attempt may take beyond what its options say: the waits of a prepare (which starts an engine) add up to 145, growing a
# pool comes on top, and evidence is collected and written twice, for 10 each; a task on an admin node that froze is cut off 60 after the
# deploy's own limit.
PREPARE_TIME = 200.0
ADMIN_TIME = 60.0


def to_verify(params):
    """Seconds of the probes of an attempt at most, from the parameters of zbs_vhost_recovery."""
    # One probe before the deploy; after it those of `wait`, the last of which may find a target that is still starting.
    return params["wait"] + params["start_grace"] + 2 * params["timeout"]


def longest_attempt(params):
    """Seconds of the longest attempt of vhost, without a deploy of the client before it."""
    return PREPARE_TIME + params["deploy_timeout"] + ADMIN_TIME + to_verify(params)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The looks of an attempt. Metrics that can't be written are a warning: no VM waits for its disk for want of them."""

from .._target import looking
from .._tools.errors import ZbsError
from .._window.ledger import read_ledger


def look(params, check_mode):
    """The health of the target, for as long as params["wait"] says."""
    return looking.look(_quiet(params), check_mode)[0]


def whole(params, check_mode, seen=None):
    """What zbs_vhost_health returns of one look, or of a health that was `seen` just now."""
    if seen is None:
        return looking.run(dict(_quiet(params), wait=0.0, fail_on="never"), check_mode)
    seen = dict(seen, warnings=[])  # they were told
    return looking.result(seen, 1, looking.beside(seen, _quiet(params), check_mode))


def publish(params, health, check_mode):
    """Write the metrics of a health where they are asked for; the warnings of that."""
    if not params["textfile_dir"] or check_mode:
        return []
    try:
        looking.publish(health, read_ledger(params["facts_dir"]), params)
    except ZbsError as exc:
        return [exc.message]
    return []


def _quiet(params):
    return dict(params, textfile_dir=None)

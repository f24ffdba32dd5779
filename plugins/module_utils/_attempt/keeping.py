# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of an attempt, by the options of zbs_vhost_attempt."""

from .._observe.settings import container_name
from .._target import evidence, evidence_file


def check(params):
    """ZbsError `bad_option` for what can't be."""
    evidence.check(_limits(params), "evidence_")


def keep(params, occasion, check_mode, observed=None, answer=None, error=None):
    """The result of zbs_vhost_evidence, see there for the arguments."""
    request = evidence_file.Request(
        container_name(params), occasion, observed, answer, error, params["evidence"], params["secrets"]
    )
    return evidence.keep(request, _limits(params), check_mode)


def _limits(params):
    return dict(evidence.LIMITS, folder=params["evidence_dir"], keep=params["evidence_keep"])

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a deploy for the ledger: a hash to compare with one look, and the parts to say what differs. Pure."""

import hashlib
import json

from .._tools.errors import ZbsError
from . import plan


def digest(parts):
    """The hash of the parts of a deploy, the same for the same parts on every host and in every order."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def record(parts, container_id, now):
    """The record of a deploy; ZbsError `bad_option` for parts that no deploy has.

    container_id  the container that came of it: of another one the record says nothing
    """
    unknown = sorted(set(parts) - set(plan.PARTS))
    if unknown:
        raise ZbsError(
            "parts has %s; give what zbs_vhost_deploy returned as deployed (%s)"
            % (unknown[0], ", ".join(sorted(plan.PARTS))),
            "bad_option",
        )
    whole = {name: parts.get(name) for name in plan.PARTS}
    return {"hash": digest(whole), "parts": whole, "at": now, "container_id": container_id}

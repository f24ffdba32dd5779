# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of an attempt that the windows of a heal know of."""

from .._tick import phases

# What a begin returns of the steps that it did not come to.
NOTHING = {"prepared": None, "observed": None, "plan": None, "evidence": None}


def phase(params, name, **more):
    """The parameters of a phase of the tick, from those of zbs_vhost_attempt."""
    return dict(
        params, phase=name, protocols=["vhost"], **dict({"outcome": "auto", "error": None, "restored": None}, **more)
    )


def finished(params, lease_id, check_mode, error=None, judged=None):
    """The result of ending the attempt `lease_id`, and in `volumes` of taking the attempts of its disks, which follow on it.

    error   why it failed, in a sentence; None where `judged` tells
    judged  the health after it
    """
    ended = phases.run(phase(params, "finish", lease_id=lease_id, error=error, judged=judged), check_mode)
    volumes = None
    if params["restore_volumes"]:
        # A target that came back is empty. Of one that is not well nothing is due.
        volumes = phases.run(phase(params, "begin_volumes"), check_mode)
        ended["warn"] += volumes.pop("warn")
        ended.update({name: volumes[name] for name in ("entries", "ansible_facts", "next_attempt_in_ticks")})
        ended["changed"] = ended["changed"] or volumes["changed"]
        if "diff" in volumes:
            ended["diff"] = both(ended.get("diff"), volumes.pop("diff"))
    return dict(ended, lease_id=lease_id, volumes=volumes)


def failed(params, taken, why, check_mode):
    """The result of a begin, `taken`, whose attempt could not go on: it has ended as failed."""
    ended = finished(params, taken["lease_id"], check_mode, error=why)
    warnings = taken["warn"] + ended.pop("warn")
    return dict(ended, begun=taken["begun"], client=taken["client"], warn=warnings, **NOTHING)


def both(first, second):
    """One diff of two, in their order; None is none."""
    first, second = (diff or {"before": {}, "after": {}} for diff in (first, second))
    return {
        "before": dict(second["before"], **first["before"]),
        "after": dict(first["after"], **second["after"]),
    }

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of what is to go, that have not ended."""

from .api import ACTIVE
from .site import TEMPLATES


def running(site, found):
    """The jobs of the objects {which: object} that are pending or run."""
    ids = [found[which]["id"] for which in ("project", "source", "workflow", *TEMPLATES) if which in found]
    active = {"status__in": ",".join(ACTIVE)}
    jobs = []
    if ids:
        jobs += site.api.every("unified_jobs", unified_job_template__in=",".join(map(str, ids)), **active)
    # Templates of people that use what is ours.
    for which in ("inventory", "project"):
        if which in found:
            jobs += site.api.every("jobs", **{which: found[which]["id"]}, **active)
    return sorted({one["id"]: one for one in jobs}.values(), key=lambda one: one["id"])


def named(jobs):
    """What they are called, on one line."""
    more = " and %d more" % (len(jobs) - 5) if len(jobs) > 5 else ""
    return ", ".join("%s (job %d, %s)" % (one["name"], one["id"], one["status"]) for one in jobs[:5]) + more

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Out of AWX again: what is ours by name and organization, when no job runs, from the top down."""

from .api import AwxError, wait
from .jobs import named, running
from .ready import gone
from .site import LOGINS, ORDER, TYPES

_SCHEDULES = ("tick", "sync")


def removed(site, wanted, timeout, clock):
    """{done, left}: what was taken away, and what stays and why. Raises AwxError before anything is taken."""
    if site.organization is None:
        raise AwxError(
            "AWX has no organization '%s' for you; give its name in zbs_awx_organization." % wanted["organization"]
        )
    found = {which: site[which] for which in ORDER if site[which]}
    left = _not_ours(site, found)
    _rights(site, found)
    _still(site, found, wanted, clock)
    dying = bool(found.get("inventory") and found["inventory"].get("pending_deletion"))
    # With the inventory go its sources, groups and hosts; of one that is being deleted nothing can be asked any more.
    going = [one for one in found if one != "source" and not (dying and one in ("sync", "inventory"))]
    for which in [] if wanted["check"] else going:
        site.api.delete(found[which]["url"])
    if "inventory" in found and not wanted["check"] and not gone(site, timeout, clock):
        left.append("AWX still deletes the %s; a setup waits until that has ended" % site.called("inventory"))
    return {"done": ["takes away the %s" % site.called(which) for which in going], "left": left}


def _not_ours(site, found):
    """Drop shared types that somebody else uses, or that are another organization's site's."""
    left = []
    ours = {thing["id"] for which, thing in found.items() if which in LOGINS}
    theirs = "environment" in site.elsewhere()
    for which in TYPES:
        if which not in found:
            continue
        others = [one["name"] for one in site.logins_of(which) if one["id"] not in ours]
        if others or theirs:
            del found[which]
            why = "it is used by the credential '%s'" % others[0] if others else "it is another organization's"
            left.append("the %s stays, for %s" % (site.called(which), why))
    return left


def _rights(site, found):
    lacking = [
        site.called(which)
        for which, thing in found.items()
        if thing.get("summary_fields", {}).get("user_capabilities", {}).get("delete") is False
    ]
    if lacking:
        raise AwxError(
            "You may not take away the %s; log in as an administrator of AWX for the removal." % ", the ".join(lacking)
        )


def _still(site, found, wanted, clock):
    """Wait, or refuse, while jobs run."""
    jobs = running(site, found)
    if jobs and wanted["wait_for_jobs"] and not wanted["check"]:
        paused = [found[one] for one in _SCHEDULES if one in found and found[one]["enabled"]]
        for one in paused:
            site.api.patch(one["url"], enabled=False)
        if wait(lambda: None if running(site, found) else True, wanted["wait_for_jobs"], clock):
            return
        jobs = running(site, found)
        for one in paused:
            site.api.patch(one["url"], enabled=True)
    if jobs:
        raise AwxError(
            "Nothing is taken away while AWX has jobs of it: %s; let them end, cancel them, or give seconds to wait in zbs_awx_wait_for_jobs."
            % named(jobs)
        )

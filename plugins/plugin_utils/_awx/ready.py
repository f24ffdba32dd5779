# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before anything is made: whether the prefix is free, whether the user may, and what the site's words for things of AWX mean."""

from .api import AwxError, wait
from .jobs import named, running
from .site import SHARED, needed


def ready(site, wanted, timeout, clock):
    """{ids, missing, waited}; see the module's documentation for `wanted`. Raises AwxError."""
    user = site.api.every("me")[0]
    _rights(site, user, wanted)
    _free(site)
    _no_job_of_what_goes(site, wanted)
    waited = _no_dying_inventory(site, timeout, clock, wanted["check"])
    ids = {
        "scm_credential": _named(site, "credentials", wanted["scm_credential"], "zbs_awx_scm_credential"),
        "image_credential": _named(site, "credentials", wanted["image_credential"], "zbs_awx_image_credential"),
        "notify": [_named(site, "notification_templates", name, "zbs_awx_notify_failed") for name in wanted["notify"]],
    }
    missing = [site.called(which) for which in needed(wanted) if not site[which]]
    return {"ids": ids, "missing": missing, "waited": waited}


def _rights(site, user, wanted):
    who, name = user["username"], wanted["organization"]
    if site.organization is None:
        if not wanted["organization_create"]:
            raise AwxError(
                "AWX has no organization '%s' that %s may see; name one in zbs_awx_organization, or set zbs_awx_organization_create."
                % (name, who)
            )
        if not user.get("is_superuser"):
            raise AwxError(
                "%s may not make the organization '%s'; log in as an administrator of AWX for the first setup."
                % (who, name)
            )
    if user.get("is_superuser"):
        return
    if not may(site.organization, "edit"):
        raise AwxError("%s may not administer the organization '%s'; log in as an administrator of it." % (who, name))
    lacking = []
    for which in [one for one in SHARED if one in needed(wanted)]:
        thing = site.shared(which)
        told = wanted["shared"].get(which) or {}
        if thing is None or not may(thing, "edit") and any(thing.get(field) != value for field, value in told.items()):
            lacking.append(site.called(which))
    if lacking:
        raise AwxError(
            "%s may not make or change the %s; log in as an administrator of AWX for this setup."
            % (who, ", the ".join(lacking))
        )


def may(thing, what):
    """Whether the user may edit or delete an object, in AWX's own words."""
    return bool(thing.get("summary_fields", {}).get("user_capabilities", {}).get(what))


def _free(site):
    for which, owner in site.elsewhere().items():
        raise AwxError(
            "The %s is of another organization (id %s) of this AWX, which has it once for all; give another zbs_awx_prefix."
            % (site.called(which), owner)
        )
    for source in site.api.every("inventory_sources", name=site.names["source"]):
        # awx.awx looks what a schedule is of up by its name alone.
        if not site["inventory"] or source["inventory"] != site["inventory"]["id"]:
            raise AwxError(
                "The %s is of another inventory (id %s) of this AWX; give another zbs_awx_prefix."
                % (site.called("source"), source["inventory"])
            )


def _no_job_of_what_goes(site, wanted):
    """AWX keeps a template while it has a job; that is told before the first object is changed."""
    jobs = [] if wanted["node"] or not site["node"] else running(site, {"node": site["node"]})
    if jobs:
        raise AwxError(
            "The %s is no longer wanted, and AWX has jobs of it: %s; let them end or cancel them, and run the setup again."
            % (site.called("node"), named(jobs))
        )


def _no_dying_inventory(site, timeout, clock, check):
    inventory = site["inventory"]
    if not inventory or not inventory.get("pending_deletion"):
        return []
    if not check and not gone(site, timeout, clock):
        raise AwxError(
            "AWX still deletes the %s after %d s; run the setup again later." % (site.called("inventory"), timeout)
        )
    site.without("inventory")
    return ["waited until AWX had deleted the %s" % site.called("inventory")]


def gone(site, timeout, clock):
    """Whether AWX has ended the deletion of the inventory, in time."""

    def look():
        site.forget("inventory")
        return None if site["inventory"] else True

    return bool(wait(look, timeout, clock))


def _named(site, path, name, variable):
    """The id (as text) of what is called so: in the organization, or the only one; empty for no name. Raises AwxError."""
    if not name:
        return ""
    found = site.api.every(path, name=name)
    mine = [one for one in found if site.organization and one.get("organization") == site.organization["id"]]
    for some in (mine, found):
        if len(some) == 1:
            return str(some[0]["id"])
    many = "%d of that name" % len(mine or found) if found else "none"
    raise AwxError(
        "%s is '%s', and AWX has %s among its %s; name one that is there once." % (variable, name, many, path)
    )

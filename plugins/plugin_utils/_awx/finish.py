# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the end of a setup: what a switch that is off leaves is taken away, and AWX is asked whether each template can be launched."""

from .api import AwxError, words
from .ready import may
from .site import TEMPLATES, needed

#: From the top down; what a manager leaves goes with its hosts.
_GOING = ("node", "zbsadm", "guard", "type_guard")

_NEEDS = (
    ("variables_needed_to_start", "it wants answers"),
    ("passwords_needed_to_start", "it wants passwords"),
    ("inventory_needed_to_start", "it has no inventory"),
    ("node_templates_missing", "nodes without a template"),
    ("node_prompts_rejected", "nodes whose answers it rejects"),
)


def finished(site, wanted):
    """(what was done, why something can't be launched), lists of sentences. Raises AwxError."""
    done = []
    for which in [one for one in _GOING if one not in needed(wanted) and _can_go(site, one)]:
        done.append("takes away the %s" % site.called(which))
        if not wanted["check"]:
            site.api.delete(site[which]["url"])
    against = list(_against(site, wanted))
    if against and not wanted["check"]:
        raise AwxError("AWX would not launch the " + "; nor the ".join(against))
    return done, ["AWX would not launch the %s as it is now" % one for one in against]


def _can_go(site, which):
    """A type of credentials, which AWX has once for all, stays where another login is of it, or the user may not delete it."""
    if not site[which] or not which.startswith("type_"):
        return bool(site[which])
    ours = site[which.removeprefix("type_")]
    return may(site[which], "delete") and all(ours and one["id"] == ours["id"] for one in site.logins_of(which))


def _against(site, wanted):
    project = site.required("project")
    if project["status"] != "successful":
        yield "templates of the %s, whose last update is: %s" % (site.called("project"), project["status"])
    for which in [one for one in (*TEMPLATES, "workflow") if one in needed(wanted)]:
        told = site.api.get(site.required(which)["url"] + "launch/")
        lacks = ["%s (%s)" % (why, words(told[name])) for name, why in _NEEDS if told.get(name)]
        if lacks:
            yield "%s: %s" % (site.called(which), "; ".join(lacks))

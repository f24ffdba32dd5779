# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the end of a setup: a login that nothing uses is taken away, and AWX is asked whether each template can be launched."""

from .api import AwxError, words
from .site import TEMPLATES

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
    if not wanted["zbsadm"] and site["zbsadm"]:
        done.append("takes away the %s" % site.called("zbsadm"))
        if not wanted["check"]:
            site.api.delete(site["zbsadm"]["url"])
    against = list(_against(site))
    if against and not wanted["check"]:
        raise AwxError("AWX would not launch the " + "; nor the ".join(against))
    return done, ["AWX would not launch the %s as it is now" % one for one in against]


def _against(site):
    project = site.required("project")
    if project["status"] != "successful":
        yield "templates of the %s, whose last update is: %s" % (site.called("project"), project["status"])
    for which in (*TEMPLATES, "workflow"):
        told = site.api.get(site.required(which)["url"] + "launch/")
        lacks = ["%s (%s)" % (why, words(told[name])) for name, why in _NEEDS if told.get(name)]
        if lacks:
            yield "%s: %s" % (site.called(which), "; ".join(lacks))

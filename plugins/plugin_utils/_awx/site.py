# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects in AWX that are this site's: found by name, each in its organization."""

from .api import AwxError

TEMPLATES = ("site", "health", "heal", "remove", "node")
#: Credentials of a type of ours, and these types.
LOGINS = ("zbsadm", "zstack", "guard")
TYPES = tuple("type_" + one for one in LOGINS)
#: Those that AWX has once for all organizations: {which: its list}.
SHARED = {
    **dict.fromkeys(TYPES, "credential_types"),
    "environment": "execution_environments",
}
#: From the top down: nothing is taken away that something else still names.
ORDER = (
    *("tick", "sync", "workflow", *TEMPLATES, "source", "inventory", "project", "environment"),
    *("machine", *LOGINS, *TYPES),
)
#: What a site has only by a switch: {switch: its objects}.
BY_SWITCH = {
    "manager": ("source", "sync", "zstack"),
    "zbsadm": ("zbsadm",),
    "node": ("node",),
    "guard": ("guard", "type_guard"),
}
_LISTS = {
    "project": "projects",
    "inventory": "inventories",
    "workflow": "workflow_job_templates",
    **dict.fromkeys(TEMPLATES, "job_templates"),
}


def needed(wanted):
    """The objects that a site has with these switches on or off."""
    off = [one for switch, objects in BY_SWITCH.items() if not wanted[switch] for one in objects]
    return [which for which in ORDER if which not in off]


class Site:
    """`names` has the name of each object by its word; an object that is not there is None. `site["heal"]` is looked up once."""

    def __init__(self, api, names, organization):
        self.api = api
        self.names = names
        self.organization = api.one("organizations", name=organization)
        self._seen = {}

    def __getitem__(self, which):
        if which not in self._seen:
            self._seen[which] = self._look(which)
        return self._seen[which]

    def forget(self, *which):
        """Look them up anew the next time."""
        for one in which:
            self._seen.pop(one, None)

    def without(self, which):
        """From now on it counts as not there."""
        self._seen[which] = None

    def required(self, which):
        """The object. Raises AwxError."""
        if self[which] is None:
            raise AwxError("AWX has no %s; run the setup again." % self.called(which))
        return self[which]

    def called(self, which):
        """How it is named to people."""
        kind = "login" if which in ("machine", *LOGINS) else ""
        kind = kind or ("template" if which in TEMPLATES else "")
        kind = kind or {"tick": "schedule", "sync": "schedule", "source": "inventory source"}.get(which, "")
        kind = kind or (
            "type of credentials"
            if which.startswith("type_")
            else which.replace("environment", "execution environment")
        )
        return "%s '%s'" % (kind, self.names[which])

    def shared(self, which):
        """An object that AWX has once for all organizations, whosever it is."""
        return self.api.one(SHARED[which], name=self.names[which])

    def elsewhere(self):
        """{which: organization's id} of shared objects that are another organization's."""
        mine = self.organization["id"] if self.organization else None
        found = {}
        environment = self.shared("environment")
        if environment and environment.get("organization") not in (None, mine):
            found["environment"] = environment["organization"]
        for which in TYPES:
            owners = {one.get("organization") for one in self.logins_of(which)} - {None, mine}
            if owners:
                found[which] = min(owners)
        return found

    def logins_of(self, which):
        """The credentials of a type of ours."""
        type_ = self.shared(which)
        return self.api.every("credentials", credential_type=type_["id"]) if type_ else []

    def _look(self, which):
        if self.organization is None:
            return None
        name, mine = self.names[which], self.organization["id"]
        if which in _LISTS:
            return self.api.one(_LISTS[which], name=name, organization=mine)
        if which in SHARED:
            thing = self.shared(which)
            return thing if thing and (which != "environment" or thing.get("organization") == mine) else None
        if which == "machine":
            found = self.api.every("credentials", name=name, organization=mine)
            return next((one for one in found if one.get("kind") == "ssh"), None)
        if which in LOGINS:
            type_ = self["type_" + which]
            return type_ and self.api.one("credentials", name=name, organization=mine, credential_type=type_["id"])
        over, field, path = {
            "source": ("inventory", "inventory", "inventory_sources"),
            "tick": ("heal", "unified_job_template", "schedules"),
            "sync": ("source", "unified_job_template", "schedules"),
        }[which]
        return self[over] and self.api.one(path, name=name, **{field: self[over]["id"]})

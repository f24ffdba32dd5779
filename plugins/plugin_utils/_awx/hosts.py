# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that the site names, and what a manager that was given up brought: made, mended, taken away. Those of people stay."""

import json

import yaml

from .api import ACTIVE, AwxError

#: Tells the hosts of this role from those that people or a manager made.
MARK = "Named by zstack.zbs.zbs_awx"


def placed(site, wanted):
    """What was done, a list of sentences. `wanted` has hosts {group: [{name, address}]}, manager and check. Raises AwxError."""
    named = {}  # type: dict[str, str]
    for host in [host for group in wanted["hosts"].values() for host in group]:
        if named.setdefault(host["name"], host["address"]) != host["address"]:
            raise AwxError(
                "The host %s is named with the addresses %s and %s; give one."
                % (host["name"], named[host["name"]], host["address"])
            )
    work = _Work(site, wanted["check"], site.required("inventory")["id"], wanted["manager"])
    for name, address in named.items():
        work.have(name, address)
    for group, hosts in wanted["hosts"].items():
        work.group(group, [host["name"] for host in hosts])
    work.clear(named)
    if not wanted["manager"]:
        work.give_up(named, wanted["hosts"])
    return work.done


class _Work:
    def __init__(self, site, check, inventory, manager):
        self.site, self.api = site, site.api
        self.check, self.inventory, self.manager = check, inventory, manager
        self.done = []
        self.hosts = {one["name"]: one for one in self.api.every("hosts", inventory=inventory)}
        self.groups = {one["name"]: one for one in self.api.every("groups", inventory=inventory)}
        source = site["source"]
        self.brought = self.api.every("inventory_sources/%d/hosts/" % source["id"]) if source else []

    def _do(self, words, call, path, **data):
        self.done.append(words)
        return None if self.check else call(path, **data)

    def have(self, name, address):
        """A host of this name and address."""
        host = self.hosts.get(name)
        ours = {"ansible_host": address}
        if host is None:
            self.hosts[name] = self._do(
                "makes the host %s" % name,
                self.api.post,
                "hosts/",
                name=name,
                inventory=self.inventory,
                description=MARK,
                variables=json.dumps(ours),
            )
            return
        has = yaml.safe_load(host.get("variables") or "") or {}
        change = {}
        if has.get("ansible_host") != address:
            change["variables"] = json.dumps({**has, **ours})
        if host.get("description") != MARK:
            change["description"] = MARK
        if change:
            self._do("changes the host %s" % name, self.api.patch, host["url"], **change)

    def group(self, name, hosts):
        """A group with these hosts, and with no other one of ours."""
        group = self.groups.get(name)
        if group is None:
            if not hosts:
                return
            group = self._do("makes the group %s" % name, self.api.post, "groups/", name=name, inventory=self.inventory)
        members = self.api.every("groups/%d/hosts/" % group["id"]) if group else []
        path = "groups/%d/hosts/" % group["id"] if group else ""
        for host in hosts:
            if host not in [one["name"] for one in members]:
                number = (self.hosts.get(host) or {}).get("id")
                self._do("puts %s into %s" % (host, name), self.api.post, path, id=number)
        for one in members:
            if one["name"] not in hosts and self._is_ours(one):
                self._do(
                    "takes %s out of %s" % (one["name"], name), self.api.post, path, id=one["id"], disassociate=True
                )

    def clear(self, named):
        """Take away the hosts of ours that nobody names any longer."""
        for name, host in list(self.hosts.items()):
            if not host or name in named or host.get("description") != MARK:
                continue
            if self._is_ours(host):
                self._do("takes away the host %s" % name, self.api.delete, host["url"])
                del self.hosts[name]
            else:
                self._do("leaves the host %s to the manager" % name, self.api.patch, host["url"], description="")

    def _is_ours(self, host):
        managed = self.manager and host["id"] in [one["id"] for one in self.brought]
        return host.get("description") == MARK and not managed

    def give_up(self, named, groups):
        """Take away what a manager was asked with, and the hosts and groups that it alone named."""
        source = self.site["source"]
        if source:
            if source.get("status") in ACTIVE:
                raise AwxError(
                    "The %s is being updated, so it can't be taken away; let that end and run the setup again."
                    % self.site.called("source")
                )
            for one in self.brought:
                if one["name"] not in named and one["name"] in self.hosts:
                    self._do("takes away the host %s" % one["name"], self.api.delete, one["url"])
            for one in self.api.every("inventory_sources/%d/groups/" % source["id"]):
                if one["name"] not in groups:
                    self._do("takes away the group %s" % one["name"], self.api.delete, one["url"])
        for which in ("sync", "source", "zstack"):
            if self.site[which]:
                self._do("takes away the %s" % self.site.called(which), self.api.delete, self.site[which]["url"])

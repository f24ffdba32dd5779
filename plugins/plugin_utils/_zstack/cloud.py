# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a ZStack cloud matters here, read in few calls: all of it or an error.

Only the named fields are kept. A manager may answer more: a host's password, a storage's addresses with logins in them.
"""

import time

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError

from . import query

_STORAGE = (
    "uuid",
    "name",
    "type",
    "identity",
    "state",
    "status",
    "zoneUuid",
    "attachedClusterUuids",
    "outputProtocols",
    "defaultProtocol",
)
_CLUSTER = ("uuid", "name", "zoneUuid", "state", "hypervisorType", "architecture")
_ZONE = ("uuid", "name", "state")
_HOST = (
    "uuid",
    "name",
    "managementIp",
    "clusterUuid",
    "zoneUuid",
    "hypervisorType",
    "state",
    "status",
    "username",
    "sshPort",
    "architecture",
    "cpuNum",
    "totalMemoryCapacity",
)
# What is no text; what others ask for as a key, or compare, has to be what it is said to be.
_KINDS = {
    "attachedClusterUuids": list,
    "outputProtocols": list,
    "sshPort": int,
    "cpuNum": int,
    "totalMemoryCapacity": int,
}
_PROTOCOL = ("hostUuid", "primaryStorageUuid", "protocol", "status", "lastOpDate")
# Raised when what `read` returns changes its shape: a cache of the old one is not read then.
FORMAT = 1
# More clusters than this would make an address too long for some proxies; then their hosts are picked here.
_MOST_CLUSTERS = 50


def read_cloud(ask, wanted=(), states=(), statuses=(), page_size=1000, clock=time.time):
    """The cloud as plain data (JSON types).

    ask               ask(path, query) -> the answer
    wanted            names or uuids of ZBS primary storages, none for every one
    states, statuses  of the hosts that are wanted, none for any

    {storages, clusters, zones, hosts: lists of dicts with the manager's own names,
     protocols: such a list too, None when the manager does not tell them, read_at: when, in UTC}
    """

    def rows(path, fields, conditions=(), key=("uuid",)):
        found = query.rows(ask, path, key, conditions, key[0], page_size)
        return [{name: _field(row, name, path) for name in fields} for row in found]

    read_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock()))
    storages = choose(rows("/v1/primary-storage", _STORAGE, ["type=Addon"]), wanted)
    attached = {uuid for storage in storages for uuid in storage["attachedClusterUuids"] or []}
    found = {"storages": storages, "clusters": [], "zones": [], "hosts": [], "protocols": [], "read_at": read_at}
    if not attached:
        return found
    found["clusters"] = [row for row in rows("/v1/clusters", _CLUSTER) if row["uuid"] in attached]
    zones = {row["zoneUuid"] for row in found["clusters"]}
    found["zones"] = [row for row in rows("/v1/zones", _ZONE) if row["uuid"] in zones]
    conditions = ["hypervisorType=KVM"]
    conditions += ["state?=%s" % ",".join(states)] if states else []
    conditions += ["status?=%s" % ",".join(statuses)] if statuses else []
    conditions += ["clusterUuid?=%s" % ",".join(sorted(attached))] if len(attached) <= _MOST_CLUSTERS else []
    found["hosts"] = [row for row in rows("/v1/hosts", _HOST, conditions) if row["clusterUuid"] in attached]
    found["protocols"] = _protocols(rows, storages, {host["uuid"] for host in found["hosts"]})
    return found


def _protocols(rows, storages, hosts):
    """The rows per host, storage and protocol; None when the manager is too old to know them."""
    found = []
    for storage in storages:
        try:
            found += rows(
                "/v1/external-primary-storage/host-protocol-refs",
                _PROTOCOL,
                ["primaryStorageUuid=%s" % storage["uuid"]],
                ("hostUuid", "primaryStorageUuid", "protocol"),
            )
        except ZbsError as error:
            if error.code == "not_found":
                return None
            raise
    ours = {storage["uuid"] for storage in storages}
    return [row for row in found if row["hostUuid"] in hosts and row["primaryStorageUuid"] in ours]


def _field(row, name, path):
    """A field of a row, None where it is not there; ZbsError `bad_row` for one of another kind."""
    value, kind = row.get(name), _KINDS.get(name, str)
    fits = isinstance(value, kind) and not isinstance(value, bool)
    if value is not None and not (fits and (kind is not list or all(isinstance(item, str) for item in value))):
        raise ZbsError(
            "%s answered a row whose %s is %s; is url a ZStack API?" % (path, name, repr(value)[:80]), code="bad_row"
        )
    return value


def choose(storages, wanted):
    """The ZBS ones of the primary storages, or those of them that `wanted` names; ZbsError when one is none."""
    ours = [storage for storage in storages if str(storage["identity"] or "").lower() == "zbs"]
    if not wanted:
        return ours
    chosen = []
    for word in wanted:
        found = [storage for storage in ours if word in (storage["uuid"], storage["name"])]
        if not found:
            names = ", ".join(sorted(str(storage["name"]) for storage in ours)) or "none"
            raise ZbsError(
                "primary_storage %r is not a ZBS primary storage of the manager; it has %s" % (word, names),
                code="no_storage",
            )
        chosen += [storage for storage in found if storage not in chosen]
    return chosen

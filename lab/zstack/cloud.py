# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud as a manager's tables: the same every time it is made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Optional, Sequence

Row = dict[str, Any]
#: of every table, the fields that a query may name; what is not among them is refused
FIELDS = {
    "zones": ("uuid", "name", "description", "state", "type", "createDate", "lastOpDate"),
    "clusters": (
        "uuid",
        "name",
        "description",
        "state",
        "hypervisorType",
        "architecture",
        "zoneUuid",
        "type",
        "createDate",
        "lastOpDate",
    ),
    "hosts": (
        "uuid",
        "name",
        "description",
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
        "cpuSockets",
        "totalCpuCapacity",
        "availableCpuCapacity",
        "totalMemoryCapacity",
        "availableMemoryCapacity",
        "createDate",
        "lastOpDate",
    ),
    "primary-storage": (
        "uuid",
        "name",
        "description",
        "type",
        "url",
        "mountPath",
        "zoneUuid",
        "state",
        "status",
        "attachedClusterUuids",
        "totalCapacity",
        "availableCapacity",
        "identity",
        "config",
        "addonInfo",
        "outputProtocols",
        "defaultProtocol",
        "createDate",
        "lastOpDate",
    ),
    "host-protocol-refs": ("hostUuid", "primaryStorageUuid", "protocol", "status", "createDate", "lastOpDate"),
}
_DATE = "Nov 3, 2026 4:05:06 PM"
_HOSTS_A_CLUSTER = 32
#: a login that lies in a ZBS storage's configuration: an inventory must never show it
STORAGE_SECRET = "mds-Secret-7Qx"


@dataclass
class Cloud:
    """Tables by name, each a list of rows with the API's field names."""

    tables: dict[str, list[Row]] = field(default_factory=dict)

    def row(self, table: str, **wanted: Any) -> Row:
        """The first row of a table with these values; LookupError where none is."""
        for row in self.tables[table]:
            if all(row[name] == value for name, value in wanted.items()):
                return row
        raise LookupError(f"{table} has no row with {wanted}")

    def believe(self, host: str, protocol: str, status: str, changed: str = _DATE) -> None:
        """Let the manager believe this of a host's protocol."""
        uuid = self.row("hosts", name=host)["uuid"]
        row = self.row("host-protocol-refs", hostUuid=uuid, protocol=protocol)
        row.update(status=status, lastOpDate=changed)


def uuid_of(*words: object) -> str:
    """A uuid as ZStack writes it, without dashes; the same for the same words."""
    return hashlib.md5("/".join(str(word) for word in words).encode(), usedforsecurity=False).hexdigest()


def generate(hosts: int = 3, storages: int = 1) -> Cloud:
    """A cloud of KVM hosts in clusters of 32, zones of 8 clusters, ZBS attached to all of them.

    Beside them what an inventory has to leave out: a cluster without ZBS, its host and its storage.
    """
    named = [
        (f"kvm{number:04d}", f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
        for number in range(1, hosts + 1)
    ]
    return of_hosts(named, storages=storages)


def of_hosts(hosts: Sequence[tuple[str, str]], storages: int = 1, storage_name: Optional[str] = None) -> Cloud:
    """A cloud of these hosts, given as (name, address)."""
    cloud = Cloud({name: [] for name in FIELDS})
    count = max(1, -(-len(hosts) // _HOSTS_A_CLUSTER))
    for number in range(1, -(-count // 8) + 1):
        cloud.tables["zones"].append(_zone(f"zone-{number}"))
    for number in range(1, count + 1):
        zone = cloud.tables["zones"][(number - 1) // 8]
        cloud.tables["clusters"].append(_cluster(f"cluster-{number}", zone["uuid"]))
    attached = [row["uuid"] for row in cloud.tables["clusters"]]
    for number in range(1, storages + 1):
        name = storage_name or f"zbs-{number}"
        cloud.tables["primary-storage"].append(_zbs(name, cloud.tables["zones"][0]["uuid"], attached))
    for number, (name, address) in enumerate(hosts):
        cluster = cloud.tables["clusters"][number // _HOSTS_A_CLUSTER]
        cloud.tables["hosts"].append(_host(name, address, cluster))
    _others(cloud)
    for host in cloud.tables["hosts"][: len(hosts)]:
        for storage in cloud.tables["primary-storage"][:storages]:
            for protocol in storage["outputProtocols"]:
                cloud.tables["host-protocol-refs"].append(_ref(host["uuid"], storage["uuid"], protocol))
    return cloud


def _others(cloud: Cloud) -> None:
    """A cluster on local disks with a host of its own, and an Addon storage that is no ZBS."""
    zone = cloud.tables["zones"][0]["uuid"]
    other = _cluster("cluster-local", zone)
    cloud.tables["clusters"].append(other)
    cloud.tables["hosts"].append(_host("local1", "10.255.0.1", other))
    local = _storage("local", "LocalStorage", zone, [other["uuid"]])
    foreign = dict(_storage("other-addon", "Addon", zone, [other["uuid"]]), identity="xinfini")
    cloud.tables["primary-storage"] += [local, foreign]


def _zone(name: str) -> Row:
    return {**_base("zones", name), "state": "Enabled", "type": "zstack"}


def _cluster(name: str, zone: str) -> Row:
    words = {"state": "Enabled", "hypervisorType": "KVM", "architecture": "x86_64", "zoneUuid": zone, "type": "zstack"}
    return {**_base("clusters", name), **words}


def _host(name: str, address: str, cluster: Row) -> Row:
    return {
        **_base("hosts", name),
        "managementIp": address,
        "clusterUuid": cluster["uuid"],
        "zoneUuid": cluster["zoneUuid"],
        "hypervisorType": "KVM",
        "state": "Enabled",
        "status": "Connected",
        "username": "root",
        "sshPort": 22,
        "architecture": "x86_64",
        "cpuNum": 64,
        "cpuSockets": 2,
        "totalCpuCapacity": 640,
        "availableCpuCapacity": 320,
        "totalMemoryCapacity": 274877906944,
        "availableMemoryCapacity": 137438953472,
    }


def _storage(name: str, kind: str, zone: str, attached: list[str]) -> Row:
    return {
        **_base("primary-storage", name),
        "type": kind,
        "url": name,
        "mountPath": name,
        "zoneUuid": zone,
        "state": "Enabled",
        "status": "Connected",
        "attachedClusterUuids": attached,
        "totalCapacity": 1099511627776,
        "availableCapacity": 549755813888,
    }


def _zbs(name: str, zone: str, attached: list[str]) -> Row:
    mds = f'{{"mdsUrls":["root:{STORAGE_SECRET}@10.0.0.10"],"logicalPoolName":"pool1"}}'
    return {
        **_storage(name, "Addon", zone, attached),
        "url": f"root:{STORAGE_SECRET}@10.0.0.10",
        "identity": "zbs",
        "config": mds,
        "addonInfo": "{}",
        "outputProtocols": ["CBD", "Vhost"],
        "defaultProtocol": "Vhost",
    }


def _ref(host: str, storage: str, protocol: str) -> Row:
    return {
        "hostUuid": host,
        "primaryStorageUuid": storage,
        "protocol": protocol,
        "status": "Connected",
        "createDate": _DATE,
        "lastOpDate": _DATE,
    }


def _base(table: str, name: str) -> Row:
    return {"uuid": uuid_of(table, name), "name": name, "createDate": _DATE, "lastOpDate": _DATE}

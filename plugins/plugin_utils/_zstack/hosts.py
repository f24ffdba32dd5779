# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a cloud (of _zstack/cloud) to the hosts of an inventory: documents, names, variables, groups. Pure."""

import collections

from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible

from . import times

_NAMES = {"name": "name", "management_ip": "managementIp", "uuid": "uuid"}
HOSTNAMES = tuple(_NAMES)
_RESERVED = ("all", "ungrouped", "localhost")


def documents(cloud):
    """One a host, as `filter` sees it: {host, cluster, zone, storages, protocols}, in the manager's own names."""
    clusters = {row["uuid"]: row for row in cloud["clusters"]}
    zones = {row["uuid"]: row for row in cloud["zones"]}
    by_cluster: dict[str, list[dict]] = {}
    for storage in cloud["storages"]:
        for uuid in storage["attachedClusterUuids"] or []:
            by_cluster.setdefault(uuid, []).append(storage)
    names = {storage["uuid"]: storage["name"] for storage in cloud["storages"]}
    protocols: dict[str, list[dict]] = {}
    for row in cloud["protocols"] or []:
        told = dict(row, storage=names[row["primaryStorageUuid"]])
        protocols.setdefault(row["hostUuid"], []).append(told)
    return [
        {
            "host": host,
            "cluster": clusters.get(host["clusterUuid"]) or {},
            "zone": zones.get(host["zoneUuid"]) or {},
            "storages": by_cluster.get(host["clusterUuid"], []),
            "protocols": sorted(
                protocols.get(host["uuid"], []), key=lambda row: (row["primaryStorageUuid"], row["protocol"])
            ),
        }
        for host in sorted(cloud["hosts"], key=lambda host: (str(host["name"]), host["uuid"]))
    ]


def names(chosen, preferences, groups=()):
    """(the inventory name of each document, in order; the names that could not be given).

    A name that two hosts bear would make one of them vanish, one that a group has would give its variables to that:
    each of them gets the next name it has, at last its uuid.
    """
    found: list[str | None] = [None] * len(chosen)
    twice = set()
    for key in [_NAMES[preference] for preference in preferences] + ["uuid"]:
        open_ones = [number for number, name in enumerate(found) if name is None]
        bearers: dict[str, list[int]] = {}
        for number in open_ones:
            bearers.setdefault(_word(chosen[number]["host"].get(key)), []).append(number)
        taken = {name for name in found if name is not None} | set(groups)
        for word, numbers in bearers.items():
            if word and len(numbers) == 1 and word not in taken:
                found[numbers[0]] = word
            elif word:
                twice.add(word)
    if None in found:
        uuid = chosen[found.index(None)]["host"]["uuid"]
        raise ZbsError(
            "the manager has a host of uuid %r, which can't name a host of an inventory" % uuid, code="bad_row"
        )
    return found, sorted(twice)


def _word(value):
    """A name that an inventory can hold; None where there is none."""
    text = str(value or "").strip()
    # Ansible takes the signs for lists, ranges, patterns and templates, and the words for something of its own.
    bad = any(letter in text for letter in " \t\n,:[]{}!&*?/\\'\"#") or text.lower() in _RESERVED
    bad = bad or text != visible(text)  # Ansible prints it as it is
    return None if bad else text or None


def variables(document, read_at, zone, told):
    """The host's variables.

    read_at  when the manager was asked
    zone     its time zone, None when that is not known
    told     whether it tells protocol rows at all
    """
    host = document["host"]
    found = {
        "ansible_host": host["managementIp"],
        "ansible_port": host["sshPort"],
        "ansible_user": host["username"],
        "zstack_architecture": host["architecture"] or document["cluster"].get("architecture"),
        "zstack_cluster": document["cluster"].get("name"),
        "zstack_cluster_uuid": host["clusterUuid"],
        "zstack_cpus": host["cpuNum"],
        "zstack_memory": host["totalMemoryCapacity"],
        "zstack_name": host["name"],
        "zstack_protocols": [_protocol(row, zone) for row in document["protocols"]] if told else None,
        "zstack_read_at": read_at,
        "zstack_state": host["state"],
        "zstack_status": host["status"],
        "zstack_storages": [
            {
                "uuid": row["uuid"],
                "name": row["name"],
                "state": row["state"],
                "status": row["status"],
                "protocols": row["outputProtocols"] or [],
            }
            for row in document["storages"]
        ],
        "zstack_uuid": host["uuid"],
        "zstack_zone": document["zone"].get("name"),
        "zstack_zone_uuid": host["zoneUuid"],
    }
    # A connection variable without a value would hide what a group or the play sets.
    return {name: value for name, value in found.items() if value is not None or not name.startswith("ansible_")}


def _protocol(row, zone):
    return {
        "storage": row["storage"],
        "storage_uuid": row["primaryStorageUuid"],
        "protocol": row["protocol"],
        "status": row["status"],
        "changed": row["lastOpDate"],
        "since": times.since(row["lastOpDate"], zone),
    }


def group_names(rows, kind, safe):
    """{uuid: name of its group} for zones, clusters or storages; two that would share a name get their uuid's head.

    safe  makes a group's name of any text
    """
    plain = {row["uuid"]: safe("zstack_%s_%s" % (kind, row["name"])) for row in rows}
    shared = collections.Counter(plain.values())
    return {uuid: name if shared[name] == 1 else safe("%s_%s" % (name, uuid[:8])) for uuid, name in plain.items()}

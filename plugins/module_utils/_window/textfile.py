# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A health as Prometheus text, for the textfile collector of the node_exporter that runs on the host.

What is not known has no series: a gap is not a zero.
"""

from .._observe.verdict import CONNECTED, STATUS_OF
from .._tools.visible import visible
from .ledger import VOLUME


def render(health, ledger, now):
    """The text. `health` as the probe returns it, `ledger` its entries by storage and protocol, `now` seconds since 1970."""
    protocols = sorted((health.get("protocols") or {}).items())
    families = [
        family("probe_timestamp_seconds", "When the target was probed, in seconds since 1970.", [({}, now)]),
        family(
            "up",
            "Whether the protocol serves this host (status Connected).",
            [({"protocol": name}, int(item["status"] == CONNECTED)) for name, item in protocols],
        ),
        family(
            "verdict",
            "The verdict of the probe: 1 for the current one, 0 for the others.",
            [
                ({"protocol": name, "verdict": verdict}, int(item["verdict"] == verdict))
                for name, item in protocols
                for verdict in sorted(STATUS_OF)
            ],
        ),
        family(
            "probe_duration_seconds",
            "How long the probe of the protocol took.",
            [({"protocol": name}, item["latency_ms"] / 1000.0) for name, item in protocols],
        ),
    ]
    volumes = health.get("volumes")
    if volumes is not None:
        broken = sum(1 for volume in volumes if volume["broken"])
        families.append(family("volumes", "Volumes that the target has a controller for.", [({}, len(volumes))]))
        families.append(family("volumes_broken", "Volumes without a bdev or without a socket.", [({}, broken)]))
    families += _disks(health)
    families.append(family("heal_held", "Whether a hold keeps the heal from acting on this host.", _held(health)))
    return "".join(families + _ledger(ledger) + _memory(health) + _container(health))


def _disks(health):
    """What VMs need of the target, and of it what nobody serves; nothing where that can't be told."""
    demand = health.get("demand")
    if demand is None or any(need["broken"] is None for need in demand):
        return []
    broken = sum(1 for need in demand if need["broken"])
    elsewhere = sum(1 for need in demand if need.get("held_by"))
    lasting = sum(1 for need in demand if need.get("reconnect") == 0)
    return [
        family("vm_disks", "Disks of running VMs that the target has to serve.", [({}, len(demand))]),
        family("vm_disks_broken", "Disks of running VMs that no controller serves.", [({}, broken)]),
        family(
            "vm_disks_held_elsewhere",
            "Disks of running VMs that are not served because another host has their volume open.",
            [({}, elsewhere)],
        ),
        family(
            "vm_disks_no_reconnect", "Disks that a VM does not get back by itself after an outage.", [({}, lasting)]
        ),
    ]


def _held(health):
    return [({}, int(health["hold"] is not None))] if "hold" in health else []


def _ledger(ledger):
    entries = [
        ({"primary_storage": storage, "protocol": protocol}, entry)
        for storage, found in sorted(ledger.items())
        for protocol, entry in sorted(found.items())
        if not protocol.startswith(VOLUME)  # a series for each volume would be too many; vm_disks_broken counts them
    ]
    return [
        family(
            "heal_failures",
            "Failed heal attempts in this outage; no series when there is no outage.",
            [(labels, entry["failures"]) for labels, entry in entries],
        ),
        family(
            "heal_skip_ticks",
            "Ticks of the heal to let pass before the next attempt.",
            [(labels, entry["skip"]) for labels, entry in entries],
        ),
    ]


def _memory(health):
    pools = [(pool, {"page_size_bytes": pool["size_kib"] * 1024}) for pool in health.get("hugepages") or []]
    helps = {
        "total": ("hugepages_size_bytes", "Memory in the host's hugepage pool."),
        "free": ("hugepages_free_bytes", "Free memory in the host's hugepage pool."),
        "reserved": ("hugepages_reserved_bytes", "Memory of the free hugepages that is reserved."),
    }
    families = [
        family(name, words, [(labels, pool[key] * pool["size_kib"] * 1024) for pool, labels in pools])
        for key, (name, words) in sorted(helps.items())
    ]
    held = (health.get("process") or {}).get("hugepages_kib")
    if held is not None:
        families.append(family("target_hugepages_bytes", "Hugepage memory that the target holds.", [({}, held * 1024)]))
    return families


def _container(health):
    families = []
    restarts = (health.get("container") or {}).get("restart_count")
    if isinstance(restarts, int):
        families.append(family("container_restarts", "How often Docker restarted the container.", [({}, restarts)]))
    version = (health.get("target") or {}).get("version")
    if version:
        families.append(family("target_info", "The version that the target answered.", [({"version": version}, 1)]))
    return families


def family(name, words, samples, kind="gauge"):
    """A metric of that kind with its samples [(labels, number)]; nothing where there is none."""
    if not samples:
        return ""
    name = "zbs_vhost_" + name
    lines = ["# HELP %s %s" % (name, words), "# TYPE %s %s" % (name, kind)]
    for labels, number in samples:
        pairs = ",".join('%s="%s"' % (key, _escaped(value)) for key, value in sorted(labels.items()))
        lines.append("%s%s %s" % (name, "{%s}" % pairs if pairs else "", repr(number)))
    return "\n".join(lines) + "\n"


def _escaped(value):
    return visible(str(value)).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

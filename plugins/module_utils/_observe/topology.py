# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CPUs a target should run on: four of one NUMA node, whole cores first. Read from sysfs."""

import os
import re

# Real deployments give a target four cores.
WANTED = 4


class Cpu:
    """One online CPU: `cpu`, `node`, `socket`, `core` (ints; a core is known by socket and core together)."""

    def __init__(self, cpu, node, socket, core):
        self.cpu = cpu
        self.node = node
        self.socket = socket
        self.core = core


def choose(cpus, wanted=WANTED):
    """(sorted CPU ids, node, reason) for a target; ([], None, reason) on a machine that shows no CPU.

    The node with most online CPUs (tie: the one with the highest CPU id); on it one CPU a physical core before any SMT
    sibling, highest ids first; then the remaining highest ids. Never two nodes, never more than `wanted`.
    """
    if not cpus:
        return [], None, "the kernel shows no online CPU"
    nodes: dict[int, list[Cpu]] = {}
    for item in cpus:
        nodes.setdefault(item.node, []).append(item)
    node = max(nodes, key=lambda number: (len(nodes[number]), max(item.cpu for item in nodes[number])))
    ordered = sorted(nodes[node], key=lambda item: item.cpu, reverse=True)
    first_of_core: list[int] = []
    siblings: list[int] = []
    seen = set()
    for item in ordered:
        core = (item.socket, item.core)
        (siblings if core in seen else first_of_core).append(item.cpu)
        seen.add(core)
    chosen = (first_of_core + siblings)[:wanted]
    reason = "node %d has the most online CPUs (%d on %d cores)" % (node, len(ordered), len(first_of_core))
    if len(chosen) < wanted:
        reason += "; that is fewer than the %d that a target wants" % wanted
    return sorted(chosen), node, reason


def read_cpus(root="/"):
    """The online CPUs as sysfs below `root` shows them, sorted by id; an unreadable sysfs gives an empty list."""
    base = os.path.join(root, "sys/devices/system/cpu")
    online = parse_list(_read(os.path.join(base, "online")))
    nodes = _nodes(root)
    cpus = []
    for cpu in online:
        topology = os.path.join(base, "cpu%d" % cpu, "topology")
        socket = _number(os.path.join(topology, "physical_package_id"), 0)
        core = _number(os.path.join(topology, "core_id"), cpu)
        cpus.append(Cpu(cpu, nodes.get(cpu, 0), socket, core))
    return cpus


def parse_list(text):
    """The kernel's list format ("0-3,8") as a sorted list of ints."""
    numbers: set[int] = set()
    for part in (text or "").strip().split(","):
        match = re.match(r"^(\d+)(?:-(\d+))?$", part)
        if match:
            numbers.update(range(int(match.group(1)), int(match.group(2) or match.group(1)) + 1))
    return sorted(numbers)


def _nodes(root):
    """{cpu: node}; a kernel without NUMA shows no nodes, and everything is node 0."""
    base = os.path.join(root, "sys/devices/system/node")
    found: dict[int, int] = {}
    try:
        names = os.listdir(base)
    except OSError:
        return found
    for name in names:
        match = re.match(r"^node(\d+)$", name)
        if match:
            for cpu in parse_list(_read(os.path.join(base, name, "cpulist"))):
                found[cpu] = int(match.group(1))
    return found


def _read(path):
    try:
        with open(path, encoding="ascii") as handle:
            return handle.read()
    except OSError:
        return ""


def _number(path, default):
    try:
        return int(_read(path))
    except ValueError:
        return default

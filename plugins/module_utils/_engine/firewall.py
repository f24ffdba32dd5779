# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host's firewall decides whether bridged VMs are reached: read, compared, and never changed."""

import os
import re
import shutil

from .._tools import command
from .._tools.errors import ZbsError

# What lets the IP firewall see bridged packets at all; a module that is not loaded has no such file.
BRIDGE_SWITCHES = ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables")
TOOLS = ("iptables", "ip6tables")


def snapshot(deadline, root="/"):
    """The state as plain data.

    `forward`: tool -> lines of its FORWARD chain, the policy first, None where the tool is not there or does not tell.
    `bridge`: rules of nftables' bridge family and of ebtables, None where neither tells.
    `tables`: Docker's own tables of nftables, None where nft does not tell.
    `switches`: the bridge switches of the kernel, None where there is none.
    """
    return {
        "forward": {tool: _lines([tool, "-w", "5", "-S", "FORWARD"], deadline) for tool in TOOLS},
        "bridge": _bridge(deadline),
        "tables": _tables(deadline),
        "switches": {name: _switch(root, name) for name in BRIDGE_SWITCHES},
    }


def docker_chains(deadline, native=None, root="/"):
    """Whether the IPv4 firewall has chains of Docker's: they stay when an engine ends. None where it can't be told.

    native  whether the engine may use nftables without iptables, which releases from 29 can; None where nobody knows

    An engine that changes the firewall of the host it is on makes DOCKER, DOCKER-USER and the like, or in nftables the table
    docker-bridges. DOCKER_OUTPUT and DOCKER_POSTROUTING are none of them: where the host is a container itself, the engine
    outside made them for its names. No is said only where both were looked at: nftables by nft, which sees the chains of
    iptables-nft too, and the tables of the older iptables by its own program, where the kernel has any.
    """
    by_nft = _nftables(deadline)
    found = [by_nft] if by_nft else [_chains_of(tool, deadline) for tool in _tools(by_nft, deadline, root)]
    if True in found or None in found:
        return True if True in found else None
    if by_nft is False:
        return False
    may_be_native = native if native is not None else bool(shutil.which("nft"))
    return False if found and not may_be_native else None


def _tools(by_nft, deadline, root):
    """The programs to ask besides nft: every one that sees tables which no other one shows."""
    older = _legacy_tables(root)
    if not shutil.which("iptables"):
        return ["iptables-legacy"] if older else []
    tools = ["iptables"]
    version = " ".join(_lines(["iptables", "--version"], deadline) or [])
    if older and "nf_tables" in version:
        tools.append("iptables-legacy")
    if by_nft is None and "legacy" in version and shutil.which("iptables-nft"):
        tools.append("iptables-nft")
    return tools


def _chains_of(tool, deadline):
    """Whether this tool shows chains of Docker's; None where it does not tell."""
    for table in ("filter", "nat"):
        lines = _lines([tool, "-w", "5", "-t", table, "-S"], deadline)
        if lines is None:
            return None
        if any(re.match(r"-N DOCKER(-|$)", line) for line in lines):
            return True
    return False


def _nftables(deadline):
    """Whether nftables has a table of Docker's, or chains that iptables-nft made for it; None where nft does not tell."""
    lines = _lines(["nft", "list", "chains"], deadline)
    table = ""
    for line in lines or []:
        if line.startswith("table "):
            table = " ".join(line.rstrip("{ ").split()[1:])
            if table == "ip docker-bridges":
                return True
        elif table.startswith("ip ") and re.match(r"chain DOCKER(-\S*)?( |$)", line):
            return True
    return None if lines is None else False


def _legacy_tables(root):
    """Whether the kernel has tables of the older iptables; no where it tells of none."""
    try:
        with open(os.path.join(root, "proc/net/ip_tables_names"), encoding="ascii", errors="replace") as handle:
            return bool(handle.read(4096).strip())
    except OSError:
        return False


def differences(before, after):
    """What has changed, as dicts {what, before, after, undo}; and what is only noticed, as sentences.

    A tool that came with the engine's packages could not be asked before: then only what Docker does counts.
    """
    found, noticed = [], []
    for tool in TOOLS:
        first, last = before["forward"].get(tool), after["forward"].get(tool)
        if first is None and last is not None:
            first = [line for line in last if not _is_dockers(line)]
        elif last is None:
            continue
        rules = _chain(tool, first, last)
        # An engine of release 27 or newer has a switch of its own for IPv6, on unless it is told otherwise; its rules
        # there let everything else pass.
        mild = tool == "ip6tables" and all(
            _is_dockers(item["after"] or "") and "-P " not in item["what"] for item in rules
        )
        if mild and rules:
            noticed.append(
                'Docker has put rules into the IPv6 FORWARD chain (%s); set "ip6tables": false for the engine too'
                % "; ".join(item["after"] for item in rules)
            )
        else:
            found += rules
    for table in _more(after.get("tables") or [], before.get("tables") or []):
        # For IPv6 alone it is the same as with ip6tables: a switch of its own, whose rules let everything else pass.
        if table.startswith("ip6 "):
            noticed.append('Docker has made the nftables table %s; set "ip6tables": false for the engine too' % table)
        else:
            found.append(_difference("rule of nftables", None, "table " + table, "nft delete table " + table))
    if before.get("bridge") is not None and after["bridge"] is not None:
        found += _lists("bridge rule", before["bridge"], after["bridge"])
    for name in BRIDGE_SWITCHES:
        first, last = before["switches"].get(name), after["switches"].get(name)
        if last not in (None, 0) and last != first:
            found.append(_difference("net.bridge.%s" % name, first, last, "sysctl -w net.bridge.%s=0" % name))
    return found, noticed


def sentence(found):
    """The failure in words."""
    parts = [_words(item) for item in found]
    undo = [item["undo"] for item in found if item["undo"]]
    return "the firewall has changed, and bridged VMs may be cut off: %s; to undo it run: %s" % (
        "; ".join(parts),
        " && ".join(undo) or "nft list ruleset, and undo by hand what is new there",
    )


def _words(item):
    if "rule" not in item["what"]:
        return "%(what)s was %(before)s and is %(after)s" % item
    return (
        "a %s is new, %s" % (item["what"], item["after"]) if item["after"] else "a %(what)s is gone, %(before)s" % item
    )


def _chain(tool, before, after):
    found = []
    first, last = (_policy(lines) for lines in (before, after))
    if first != last:
        found.append(_difference("-P FORWARD of %s" % tool, first, last, "%s -P FORWARD %s" % (tool, first)))
    rules = [[line for line in lines if line.startswith("-A")] for lines in (before, after)]
    for line in _more(rules[1], rules[0]):
        found.append(_difference("rule of %s" % tool, None, line, "%s -D%s" % (tool, line[2:])))
    for line in _more(rules[0], rules[1]):
        place = rules[0].index(line) + 1
        words = line.split(" ", 2)
        undo = "%s -I FORWARD %d %s" % (tool, place, words[2] if len(words) > 2 else "")
        found.append(_difference("rule of %s" % tool, line, None, undo.strip()))
    return found


def _lists(what, before, after):
    return [_difference(what, None, line, None) for line in _more(after, before)] + [
        _difference(what, line, None, None) for line in _more(before, after)
    ]


def _more(lines, others):
    """The lines that are not, or not as often, among the others."""
    left = list(others)
    more = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            more.append(line)
    return more


def _difference(what, before, after, undo):
    return {"what": what, "before": before, "after": after, "undo": undo}


def _policy(lines):
    for line in lines:
        if line.startswith("-P FORWARD "):
            return line.split()[2]
    return "ACCEPT"  # the kernel's own, where no table was loaded yet


def _is_dockers(line):
    return "DOCKER" in line or "docker0" in line or line == "-P FORWARD DROP"


def _bridge(deadline):
    """Rules that see bridged packets: nftables' bridge family, where ebtables-nft keeps its own too; else ebtables."""
    ruleset = _lines(["nft", "--stateless", "list", "ruleset", "bridge"], deadline)
    if ruleset is not None:
        return ruleset
    return _lines(["ebtables", "-t", "filter", "-L"], deadline)


def _tables(deadline):
    """Docker's tables of nftables as `ip docker-bridges`, None where nft does not tell."""
    lines = _lines(["nft", "list", "tables"], deadline)
    if lines is None:
        return None
    names = (" ".join(line.rstrip("{ ").split()[1:]) for line in lines if line.startswith("table "))
    return sorted({name for name in names if name.partition(" ")[2] == "docker-bridges"})


def _lines(argv, deadline):
    """What the program prints, without counters and empty lines; None where it is not there or does not tell."""
    try:
        result = command.run(argv, deadline)
    except ZbsError:
        return None
    if result.rc != 0:
        return None
    return [line.strip() for line in result.out.splitlines() if line.strip()]


def _switch(root, name):
    try:
        with open(os.path.join(root, "proc/sys/net/bridge", name), encoding="ascii") as handle:
            return int(handle.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None

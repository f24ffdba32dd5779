"""What a Docker Engine changes of the machine's packet forwarding and never takes back, and taking it back.

An engine turns ip_forward on, sets the FORWARD policy to DROP and hangs in chains of its own. On a machine that bridges
VMs, leaving that behind cuts them off; so an engine that the lab started is followed by this.
"""

from __future__ import annotations

import re
from pathlib import Path

from .packages import which
from .run import run

_FAMILIES = ("iptables", "ip6tables")
_IP_FORWARD = {
    "ip_forward": Path("/proc/sys/net/ipv4/ip_forward"),
    "ip6_forward": Path("/proc/sys/net/ipv6/conf/all/forwarding"),
}


def snapshot() -> dict[str, str]:
    """How forwarding is set now: `ip_forward`, and per family the FORWARD policy and whether Docker's chains are there."""
    found = {name: file.read_text().strip() for name, file in _IP_FORWARD.items() if file.exists()}
    for family in _FAMILIES:
        if which(family):
            rules = run([f"{family}-save", "-t", "filter"], timeout=20).out
            policy = re.search(r"^:FORWARD (\w+)", rules, re.MULTILINE)
            found[family] = policy.group(1) if policy else "ACCEPT"
            found[f"{family} docker"] = "yes" if ":DOCKER" in rules else "no"
    return found


def restore(before: dict[str, str]) -> None:
    """Take away Docker's chains where there were none, and put policy and forwarding back."""
    for family in _FAMILIES:
        if before.get(f"{family} docker") == "no" and which(family):
            for table in ("filter", "nat", "raw"):
                for words in removals(run([f"{family}-save", "-t", table], timeout=20).out):
                    run([family, "-w", "5", "-t", table, *words], timeout=20)
            run([family, "-w", "5", "-P", "FORWARD", before[family]], timeout=20)
    for name, file in _IP_FORWARD.items():
        if name in before and file.exists() and file.read_text().strip() != before[name]:
            file.write_text(before[name])


def removals(rules: str) -> list[list[str]]:
    """From the output of iptables-save, the calls that take Docker's chains away: jumps first, then flush, then delete."""
    chains = re.findall(r"^:(DOCKER\S*) ", rules, re.MULTILINE)
    jumps = []
    for line in rules.splitlines():
        rule = re.match(r"-A (\S+) (.*)", line)
        # The built-in chains' rules about Docker's own bridges stand beside the jumps.
        if rule and rule.group(1) not in chains and re.search(r"-j DOCKER|(-o|-i) docker0\b", line):
            jumps.append(["-D", *line.split()[1:]])
    return jumps + [["-F", chain] for chain in chains] + [["-X", chain] for chain in chains]

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deploy on the lab's hosts: whether zbsadm's calls overlap, and what a host costs whose target is well."""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from .row import Ratio, Row
from .run import play

DEPLOY = "zstack.zbs.deploy"
# Seconds that a call takes, as with a real image on a real host; the stand-in's own take one.
SLOW = 10
SKIP = ("-e", "zbs_vhost_target_preflight=skip")


def rows(inventory: Path, hosts: list[str], lab: Callable[..., str], rounds: int) -> list[Row]:
    """`lab(*words)` runs `python -m lab`; the targets of `hosts` are deployed when this begins and when it ends."""
    found: dict[int, list[tuple[float, int]]] = {1: [], len(hosts): []}
    lab("ssh", "admin", f"zbsadm standin slow --always --command 'vhost deploy' {SLOW}")
    try:
        for number in range(1, rounds + 1):
            for concurrency, spent in found.items():
                spent.append(_from_nothing(inventory, hosts, lab, concurrency))
                print(f"   round {number}/{rounds} deploy, {concurrency} at a time: {spent[-1]}", file=sys.stderr)
    finally:
        lab("ssh", "admin", "zbsadm standin clear")
    one, all_ = ([wall for wall, _most in spent] for spent in found.values())
    most = max(most for _wall, most in found[len(hosts)])
    again = play(DEPLOY, inventory, extra=SKIP)
    return [
        Row(
            f"deploy on {len(hosts)} hosts, zbsadm takes {SLOW} s: concurrency {len(hosts)} / 1, wall",
            f"{statistics.median(all_):.1f} s",
            f"{statistics.median(one):.1f} s",
            Ratio.of(all_, one),
            "calls overlap",
        ),
        Row("zbsadm's deploys under way at once", f"{most}", f"concurrency {len(hosts)}", None, f"{len(hosts)}"),
        Row(
            "deploy again, all targets well: tasks a host, of them on the admin node",
            f"{tasks(again.output) / len(hosts):.1f}",
            f"{tasks(again.output, 'admin') / len(hosts):.1f}",
            None,
            "none that isn't needed",
        ),
    ]


def _from_nothing(inventory: Path, hosts: list[str], lab: Callable[..., str], concurrency: int) -> tuple[float, int]:
    """(wall seconds of deploying all, most of zbsadm's deploys at once)."""
    for host in hosts:
        lab("ssh", host, "docker rm -f $(docker ps -aq --filter name=zbsvhost-) >/dev/null")
    lab("ssh", "admin", "zbsadm standin calls --clear")
    began = time.monotonic()
    play(DEPLOY, inventory, extra=(*SKIP, "-e", f"zbs_vhost_target_concurrency={concurrency}"))
    spent = time.monotonic() - began
    calls = lab("ssh", "admin", "zbsadm standin calls --command 'vhost deploy'").splitlines()
    return spent, most_at_once([json.loads(line) for line in calls])


def tasks(output: str, delegate: str = "") -> int:
    """Tasks that a playbook's output shows, a skipped one and an include too: each took a worker process. Those of `delegate` if named."""
    ran = re.findall(r"^(?:ok|changed|skipping|failed): \[([^\]]*)\]", output, re.M)
    if delegate:
        return sum(f"-> {delegate}" in host for host in ran)
    included = re.findall(r"^included: .* for (.+?)(?: => .*)?$", output, re.M)
    return len(ran) + sum(len(hosts.split(", ")) for hosts in included)


def most_at_once(calls: list[dict[str, Any]]) -> int:
    """How many calls were under way at the same moment; the log has their begin in whole seconds."""
    begun = [datetime.fromisoformat(call["time"]).timestamp() for call in calls]
    ends = [start + call["seconds"] for start, call in zip(begun, calls, strict=True)]
    return max(sum(start <= moment < end for start, end in zip(begun, ends, strict=True)) for moment in begun)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last act: a VM whose disk is a volume of the target, and what a heal is worth to it."""

import json
import time
from typing import Any

from .site import Site
from .tell import claim, heading, note

_VM = "web"
_VOLUME = "pool1/vol1"
_BDEV = "zbs-bdev-314d7d2b09ea3faeb91cf31ae5a131ff"  # as ZStack derives it from the volume
_POOLS = "/var/lib/zbs-standin/pools"
# How long the disk is watched standing still: QEMU would have reconnected to a living one several times over.
_STILL = 5.0


def tell(site: Site) -> None:
    """The act."""
    host = site.hosts[0]
    heading(f"7. A VM on {host}: its target dies, comes back empty, and one heal tick gives the disk back")
    _start(site, host)
    before = _wait(site, host, 5)
    qemu = _qemu(site, host)
    claim(f"the VM writes, reads back and compares: round {_round(before)}", not before["faults"], before)
    site.report("heal", "heal")
    note("a healthy tick: the ledger now knows which VM is connected to what")
    pid = site.on(host, "docker", "inspect", "--format", "{{.State.Pid}}", f"zbsvhost-{site.address(host)}").strip()
    site.on(host, "kill", "-KILL", pid)
    rows, _run = site.report("health", "health")
    claim(
        "Docker's restart policy brought the target back: every host is Connected",
        rows[host]["status"] == "Connected",
        rows[host],
    )
    claim("the health counts its missing volume as broken", rows[host]["broken"] == 1, rows[host])
    hung = _show(site, host)
    time.sleep(_STILL)
    still = _show(site, host)
    claim(
        f"and yet the disk stands still: round {_round(hung)}, {_STILL:.0f} s later round {_round(still)}",
        _round(hung) == _round(still),
        still,
    )
    rows, run = site.report("heal", "heal", zbs_vhost_heal_pools="pool1")
    claim(f"one tick ({run.seconds:.1f} s): {rows[host]['reason']}", rows[host]["restored"] == 1, rows[host])
    after = _wait(site, host, 5)
    claim(f"the disk goes on: round {_round(after)}", _round(after) > _round(still), after)
    claim("no round was lost or repeated, and no error was seen", not after["faults"], after["faults"])
    claim("the VM is on the same boot, in the same QEMU process", _same(before, after) and _qemu(site, host) == qemu)
    site.guest("stop", host, _VM)


def _start(site: Site, host: str) -> None:
    # All lab hosts share one pool, this machine's, so what the targets of the others hold looks like guests' to each of them.
    site.play("prepare", zbs_hugepages_guest_memory=f"{128 * len(site.hosts)}M")
    site.on("admin", "sh", "-c", f"mkdir -p {_POOLS}/pool1 && truncate -s 16M {_POOLS}/{_VOLUME}")
    address = site.address(host)
    words = ["vhost", "create-bdev", "--host", address, "--volume", f"{_VOLUME}_zbs_", "--name", _BDEV, "--silent"]
    site.on("admin", "zbsadm", *words)
    site.guest("start", host, _VM, f"/var/zbsvhost/sockets/{_BDEV}")


def _show(site: Site, host: str) -> dict[str, Any]:
    """What the VM has said so far."""
    return json.loads(site.guest("show", host, _VM))


def _wait(site: Site, host: str, rounds: int) -> dict[str, Any]:
    """The same, after so many further rounds."""
    return json.loads(site.guest("wait", host, _VM, "--rounds", str(rounds)))


def _round(seen: dict[str, Any]) -> int:
    return seen["rounds"].get("vda", 0)


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return len(after["boots"]) == 1 and before["boots"] == after["boots"]


def _qemu(site: Site, host: str) -> str:
    """The VM's process, as systemd on the host knows it."""
    return site.on(host, "systemctl", "show", "--property=MainPID", "--value", f"zbs-guest-{_VM}.service").strip()

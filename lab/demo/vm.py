# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last acts: a VM whose disk is a volume of the target, and what a heal and a guard are worth to it."""

import json
import time
from typing import Any

from .. import volumes
from ..guest.domain import RECONNECT
from .site import Site, guest_command
from .tell import claim, heading, note, show

_VM = "web"
_VOLUME = f"pool1/{volumes.name_of(volumes.UUIDS[0])}"
# Seconds between QEMU's looks for a lost target. ZStack's ten would be the longest wait of the story.
_LOOKS = 2


def starting(site: Site) -> list[str]:
    """What starts the VM on the first host."""
    return guest_command("start", site.hosts[0], _VM, _VOLUME, "--reconnect", str(_LOOKS))


def tell(site: Site) -> None:
    """Both acts, with the VM that was started."""
    host = site.hosts[0]
    heading(f"7. A VM on {host}: its target dies, comes back empty, and one heal tick gives the disk back")
    before = _wait(site, host, 5)
    bdev = volumes.bdev_of(_VOLUME, site.names)
    note(
        f"a libvirt domain as ZStack's, on {bdev}; its QEMU looks every {_LOOKS} s for a lost target (ZStack sets {RECONNECT})"
    )
    claim(f"the VM writes, reads back and compares: round {_round(before)}", not before["faults"], before)
    site.report("heal", "heal")
    note("a healthy tick: the ledger now knows which VM is connected to what")
    killed = _kill(site, host)
    with site.watching(host, _VM, bdev) as seen_since:
        _outage(site, host, killed)
        with site.beside(site.playbook("node")) as guarded:  # for the next act, while QEMU waits
            seen = seen_since(killed)
            claim(
                f"after the kill the volume was served again at {seen['served']:.1f} s, and the disk went on at {seen['goes_on']:.1f} s",
                seen["served"] < seen["goes_on"],
                seen,
            )
            after = _unharmed(site, host, before)
            guarded()
    _by_guard(site, host, bdev, after)
    site.guest("stop", host, _VM)


def _by_guard(site: Site, host: str, bdev: str, before: dict[str, Any]) -> None:
    """The second outage, with a guard on the host."""
    heading("8. The node part: the target dies again, and nobody runs a tick")
    note(f"ansible-playbook zstack.zbs.node put a guard on every host meanwhile; zbs-vhost-guard status on {host}:")
    show(_guarded(site, host, bdev))
    site.on("admin", "zbsadm", "standin", "calls", "--clear")
    killed = _kill(site, host)
    with site.watching(host, _VM, bdev) as seen_since:
        seen = seen_since(killed)
    claim(
        f"after the kill the target answered at {seen['answers']:.1f} s, the volume was served again at {seen['served']:.1f} s,"
        f" and the disk went on at {seen['goes_on']:.1f} s",
        seen["served"] < seen["goes_on"],
        seen,
    )
    calls = site.on("admin", "zbsadm", "standin", "calls", "--count").strip()
    claim("nobody asked an admin node for anything", calls == "0", calls)
    _unharmed(site, host, before)


def _kill(site: Site, host: str) -> float:
    """Kill the target's process; the moment."""
    pid = site.on(host, "docker", "inspect", "--format", "{{.State.Pid}}", f"zbsvhost-{site.address(host)}").strip()
    killed = time.monotonic()
    site.on(host, "kill", "-KILL", pid)
    return killed


def _unharmed(site: Site, host: str, before: dict[str, Any]) -> dict[str, Any]:
    """Two claims about the VM, after some rounds more; what it says by then."""
    after = _wait(site, host, 5)
    claim("no round was lost or repeated, and no error was seen", not after["faults"], after["faults"])
    claim("the VM is on the same boot, in the same QEMU process", _same(before, after), after)
    return after


def _guarded(site: Site, host: str, bdev: str) -> list[str]:
    """The guard's status, once it knows the VM's disk."""
    end = time.monotonic() + 30
    while bdev not in (status := site.on(host, "zbs-vhost-guard", "status")) and time.monotonic() < end:
        time.sleep(0.2)
    claim("the guard knows the VM's disk", bdev in status, status)
    return status.splitlines()


def _outage(site: Site, host: str, killed: float) -> None:
    """From the kill, at the moment `killed`, until a tick has the disk served again."""
    hung = _show(site, host)
    rows, _run = site.report("health", "health")
    claim(
        "Docker's restart policy brought the target back: every host is Connected",
        rows[host]["status"] == "Connected",
        rows[host],
    )
    claim("the health counts its missing volume as broken", rows[host]["broken"] == 1, rows[host])
    still = _show(site, host)
    claim(
        f"and yet the disk stands still: round {_round(hung)} at the kill; {time.monotonic() - killed:.0f} s later, round {_round(still)}",
        _round(hung) == _round(still),
        still,
    )
    rows, run = site.report("heal", "heal")
    claim(f"one tick ({run.seconds:.1f} s): {rows[host]['reason']}", rows[host]["restored"] == 1, rows[host])


def _show(site: Site, host: str) -> dict[str, Any]:
    """What the VM has said so far."""
    return json.loads(site.guest("show", host, _VM))


def _wait(site: Site, host: str, rounds: int) -> dict[str, Any]:
    """The same, after so many further rounds."""
    return json.loads(site.guest("wait", host, _VM, "--rounds", str(rounds)))


def _round(seen: dict[str, Any]) -> int:
    return seen["rounds"].get("vda", 0)


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return len(after["boots"]) == 1 and all(before[key] == after[key] for key in ("boots", "pid"))

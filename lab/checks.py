"""What must be so before `up` touches anything: each failing as one sentence that says what to do."""

from __future__ import annotations

import ipaddress
import os
import shutil
from pathlib import Path

from . import docker, engine, leftovers, ownership
from .errors import LabError
from .packages import debian_like, which
from .settings import Settings
from .state import STARTING, State, boot_id

_ROUTES = Path("/proc/net/route")
_MEMINFO = Path("/proc/meminfo")


def root() -> None:
    """Raises LabError for anybody but root."""
    if os.geteuid() != 0:
        raise LabError("The lab changes hugepages and runs containers, so it needs root; try again with sudo.")


def no_other_lab(state: State | None) -> None:
    """Raises LabError where this machine holds a lab, or what is left of one."""
    if state is None:
        if leftovers.labelled_on_disk():
            raise LabError(
                "Containers of a lab without a record are on this machine; remove them: `python3 -m lab down`."
            )
        return
    down = ownership.remedy(state)
    if state.boot_id != boot_id():
        raise LabError(f"The lab of {state.owner} was up when this machine was restarted; clean up first: {down}.")
    if state.phase == STARTING:
        raise LabError(f"An `up` of {state.owner} was killed half-way (pid {state.pid}); clean up first: {down}.")
    if not engine.running():
        raise LabError(f"The lab of {state.owner} has lost its Docker Engine; clean up first: {down}.")
    raise LabError(f"A lab is up on this machine already, that of {state.owner}; take it down first: {down}.")


def resources(settings: Settings) -> None:
    """Raises LabError where memory or disk will not do."""
    free = available_mib()
    if free < settings.needed_mib:
        raise LabError(
            f"The lab needs {settings.needed_mib} MiB of memory ({settings.hosts} hosts with {settings.pages} hugepages of "
            f"2 MiB each, and their systems), and {free} MiB are available; lower ZBS_LAB_HOSTS or free some memory."
        )
    if not Path("/sys/kernel/mm/hugepages/hugepages-2048kB").is_dir():
        raise LabError(
            "This kernel has no hugepages of 2 MiB, which targets need; use a machine whose kernel has them."
        )
    needed = 1 + 0.5 * settings.hosts
    folder = next(path for path in (leftovers.ROOT, *leftovers.ROOT.parents) if path.is_dir())
    gib = shutil.disk_usage(folder).free / 2**30
    if gib < needed:
        raise LabError(
            f"The lab needs {needed:.1f} GiB of disk in {folder}, and {gib:.1f} GiB are free; make room there."
        )


def network_free(settings: Settings) -> None:
    """Raises LabError where the subnet, or the bridge's name, is in use on this machine."""
    wanted = ipaddress.ip_network(settings.subnet)
    for interface, network in routes():
        if network.overlaps(wanted):
            raise LabError(
                f"The lab's network {settings.subnet} overlaps {network} of interface {interface}; choose another one in "
                "ZBS_LAB_SUBNET, as 10.213.0.0/24."
            )
    if Path("/sys/class/net", settings.bridge).exists():
        raise LabError(f"A network interface {settings.bridge} is there already; choose another ZBS_LAB_PREFIX.")


def routes(text: str | None = None) -> list[tuple[str, ipaddress.IPv4Network]]:
    """Interface and network of the machine's IPv4 routes, the default route aside."""
    found = []
    for line in (_ROUTES.read_text(encoding="ascii") if text is None else text).splitlines()[1:]:
        words = line.split()
        # Both in the byte order of the machine, as /proc/net/route gives them.
        address, mask = (int.from_bytes(bytes.fromhex(word), "little") for word in (words[1], words[7]))
        if mask:
            found.append((words[0], ipaddress.IPv4Network((address, bin(mask).count("1")), strict=False)))
    return found


def available_mib() -> int:
    """Memory that programs can still have, in MiB."""
    for line in _MEMINFO.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0


def engine_possible() -> None:
    """Raises LabError where an engine of this machine's can neither be found nor installed."""
    docker.address()
    if not which("dockerd") and not debian_like() and not engine.running():
        raise LabError(
            "No Docker Engine runs here, and this is no Debian or Ubuntu to install one on; start one first."
        )

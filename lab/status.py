"""What the lab looks like now, as a table."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from . import docker, down, hugepages, state
from .errors import LabError
from .settings import CLONE, Host, Settings

_HEAD = ("host", "address", "container", "system", "docker inside", "target")


def text(settings: Settings) -> tuple[str, bool]:
    """The table, and whether the lab is up and all its hosts with it."""
    record = state.read(settings.run_dir)
    total, free = hugepages.pool_2m()
    pool = f"hugepages of 2 MiB on this machine: {total}, {free} of them free"
    if record is None:
        return f"no lab is up; {pool}", False
    settings = down.of_record(record, settings)
    if not docker.answers():
        return f"the lab of {record.owner} has no Docker Engine that answers: `python3 -m lab down`; {pool}", False
    with ThreadPoolExecutor(len(settings.everyone)) as workers:
        admins = {host.name for host in settings.admins}
        rows = list(workers.map(lambda host: _row(host, host.name in admins), settings.everyone))
    before = sum(number for file, number in record.hugepages.items() if "2048kB/nr_hugepages" in file)
    well = record.phase == state.UP and all(row[2] == "running" and row[3] == "running" for row in rows)
    lines = [_table([_HEAD, *rows]), f"{pool} ({before} before the lab)"]
    mine = " (this clone)" if record.owner == str(CLONE) else ""
    lines.append(f"lab {record.prefix} of {record.owner}{mine}: {record.phase} for {_ago(time.time() - record.since)}")
    return "\n".join(lines), well


def _row(host: Host, admin: bool) -> tuple[str, ...]:
    known = docker.inspect(host.container)
    container = known.get("State", {}).get("Status", "missing")
    if container != "running":
        return host.name, host.ip, container, "-", "-", "-"
    system = docker.exec_in(host.container, ["systemctl", "is-system-running"], timeout=15).out.strip() or "silent"
    if admin:
        return host.name, host.ip, container, system, "-", "-"
    inside = docker.exec_in(host.container, ["docker", "version", "--format", "{{.Server.Version}}"], timeout=15)
    if not inside.ok:
        return host.name, host.ip, container, system, "no", "-"
    words = ["docker", "ps", "--all", "--filter", "name=zbsvhost-", "--format", "{{.Status}}"]
    target = docker.exec_in(host.container, words, timeout=15).out.strip()
    return host.name, host.ip, container, system, inside.out.strip(), target or "none"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(widths[column]) for column, cell in enumerate(row)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _ago(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def record_of(settings: Settings) -> Settings:
    """The settings of the lab that is up. Raises LabError where none is."""
    record = state.read(settings.run_dir)
    if record is None:
        raise LabError("No lab is up on this machine; bring one up with `make lab-up`.")
    return down.of_record(record, settings)

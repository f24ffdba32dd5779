# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine that runs does now, whatever its file says by now."""

import json

from .._tools import command
from .._tools.errors import ZbsError
from . import daemon_file, dockerd, firewall

ON, OFF, UNKNOWN = "on", "off", "unknown"


class State:
    """What was found.

    installed, running (bool), version (str or None), containers (running ones, None when nobody tells),
    iptables (`on`, `off`, `unknown`; None when no engine runs) and the evidence for it in words,
    flags (key -> values, of the unit and of the process), in_force (the content it was started with, None when unknown),
    answers (bool), live_restore, insecure, mirrors (as the engine says; None when it does not)
    """

    def __init__(self, program, process, flags, in_force, info, iptables, evidence):
        self.program = program
        self.process = process
        self.flags = flags
        self.in_force = in_force
        self.iptables = iptables
        self.evidence = evidence
        self.answers = bool(info)
        self.version = info.get("ServerVersion")
        self.containers = info.get("ContainersRunning")
        self.live_restore = info.get("LiveRestoreEnabled")
        registries = info.get("RegistryConfig") or {}
        self.insecure, self.mirrors = _insecure(registries), registries.get("Mirrors") or []

    @property
    def installed(self):
        """Whether there is a dockerd."""
        return self.program is not None

    @property
    def running(self):
        """Whether a dockerd runs."""
        return self.process is not None

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "installed": self.installed,
            "running": self.running,
            "version": self.version,
            "containers_running": self.containers,
            "iptables": self.iptables,
            "live_restore": self.live_restore,
        }


def look(path, deadline, docker="docker", root="/"):
    """Find the engine and ask it. ZbsError where systemd hangs; a silent engine is data."""
    process = dockerd.running(root)
    program = dockerd.program(root)
    flags = dockerd.unit_flags(deadline.share(10), root) if program or process else {}
    if process is None:
        return State(program, None, flags, None, {}, None, "no engine runs")
    started_with = daemon_file.in_force(path, process.since)
    iptables, evidence = iptables_of(process.flags, started_with, lambda: firewall.docker_chains(deadline.share(10)))
    flags = dict(flags, **process.flags)
    return State(program, process, flags, started_with, info(deadline.share(10), docker), iptables, evidence)


def iptables_of(flags, in_force, chains):
    """Whether an engine that was started with these flags and this file changes the firewall: (ON, OFF or UNKNOWN, why).

    chains  asks whether the firewall has Docker's chains; only an engine that changes it makes them
    """
    if "iptables" in flags:
        said = flags["iptables"][-1].lower() in ("false", "0", "f")
        return (OFF if said else ON), "it was started with --iptables=%s" % flags["iptables"][-1]
    if in_force is not None:
        if in_force.get("iptables", True) is False:
            return OFF, "it was started with a daemon.json that says iptables: false"
        return ON, "it was started without iptables: false"
    there = chains()
    if there is None:
        return (
            UNKNOWN,
            "daemon.json was changed since it started, and iptables does not say whether Docker's chains are there",
        )
    if there:
        return ON, "daemon.json was changed since it started, and the firewall has Docker's chains"
    return OFF, "the firewall has none of Docker's chains"


def info(deadline, docker="docker"):
    """What `docker info` says; empty when no engine answers."""
    try:
        result = command.run([docker, "info", "--format", "{{json .}}"], deadline)
        found = json.loads(result.out)
    except (ZbsError, ValueError, RecursionError):
        return {}
    # `docker info` may exit 0 without an engine: only the server's version proves that one answered.
    return found if isinstance(found, dict) and found.get("ServerVersion") else {}


def _insecure(registries):
    """Registries and networks that the engine calls insecure."""
    names = [
        name for name, item in (registries.get("IndexConfigs") or {}).items() if not (item or {}).get("Secure", True)
    ]
    return names + list(registries.get("InsecureRegistryCIDRs") or [])

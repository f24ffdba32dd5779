# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine that runs does now, whatever its file says by now."""

import os
import re

from .._tools import host_docker, outside, paths
from .._tools.errors import ZbsError
from . import daemon_file, daemon_keys, daemon_text, dockerd, firewall, unit
from .flags import flag_bool

ON, OFF, UNKNOWN = "on", "off", "unknown"
PODMAN = (
    "podman answers to the docker command of this host, and a target needs a Docker Engine; remove podman-docker and run the role "
    "zstack.zbs.zbs_docker"
)
_PODMAN_SAYS = re.compile(r"Emulate Docker CLI using podman|^podman version", re.M)
# Of what `docker info` tells; a value of another kind is none.
_KINDS = {"ServerVersion": str, "ContainersRunning": int, "Containers": int, "LiveRestoreEnabled": bool, "Driver": str}
# The first release that can change the firewall without iptables.
_NATIVE = (29, 0)


class State:
    """What was found.

    installed, running (bool), version (str or None), containers (running ones, None when nobody tells),
    iptables (`on`, `off`, `unknown`; None when no engine runs) and the evidence for it in words,
    flags (key -> values, of the unit and of the process), in_force (the content it was started with, None when unknown),
    answers (bool), live_restore, insecure, mirrors (as the engine says; None when it does not),
    all_containers (those that don't run too), swarm (bool: it is a member of one), storage (its storage driver), path (its
    configuration file), enabled (bool: a boot starts docker.service), left_out (sentences on engines that are not the host's)
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
        self.all_containers = info.get("Containers")
        self.live_restore = info.get("LiveRestoreEnabled")
        self.storage = info.get("Driver")
        registries = outside.shaped(info.get("RegistryConfig"), dict)
        self.insecure, self.mirrors = _insecure(registries), _list(registries.get("Mirrors"))
        self.swarm = outside.shaped(info.get("Swarm"), dict).get("LocalNodeState") not in (None, "", "inactive")
        self.path = None
        self.enabled = False
        self.left_out = []

    @property
    def installed(self):
        """Whether there is a dockerd."""
        return self.program is not None or self.running

    @property
    def running(self):
        """Whether a dockerd runs."""
        return self.process is not None

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "installed": self.installed,
            "running": self.running,
            "enabled": self.enabled,
            "version": self.version,
            "containers_running": self.containers,
            "iptables": self.iptables,
            "live_restore": self.live_restore,
            "service": self.process.service if self.process else None,
            "config_file": self.path,
            "swarm": self.swarm,
        }


def look(path, deadline, docker="docker", root="/"):
    """Find the engine and ask it.

    path  its configuration file as the caller has it; None for the one that it reads
    ZbsError where systemd hangs, `engine_unfit` for an engine that can't be worked with, `config_file` where `path` is not the
    file that it reads. A silent engine is data.
    """
    process, left_out = dockerd.find(root)
    refuse_unfit(process, root)
    said = ask(deadline.share(10), docker)
    if is_podman(said):
        raise ZbsError(PODMAN, "engine_unfit")
    program = dockerd.program(root)
    found = unit.look(deadline.share(10), root) if program or process else unit.Unit()
    flags = dict(found.flags, **process.flags) if process else found.flags
    path = _path(path, flags, root)
    if process is None:
        state = State(program or _file(found.program, root), None, flags, None, {}, None, "no engine runs")
    else:
        said = said if said.get("ServerVersion") else {}
        iptables, evidence = judge_firewall(process, path, said.get("ServerVersion"), deadline, root)
        program = _file(process.program, root) or program
        state = State(program, process, flags, daemon_file.in_force(path, process.started), said, iptables, evidence)
    state.path = path
    state.enabled = found.enabled
    state.left_out = left_out
    state.swarm = state.swarm or (not state.answers and _was_in_swarm(flags, path, root))
    return state


def refuse_unfit(process, root="/"):
    """ZbsError `engine_unfit` for the engine of a host that this collection can't work with."""
    if process is not None and process.unfit:
        raise ZbsError(process.unfit, "engine_unfit", {"pid": process.pid})
    if dockerd.is_podmans(root):
        raise ZbsError(PODMAN, "engine_unfit")
    if process is None and dockerd.snap(root):
        raise ZbsError(
            "snap's Docker is installed on this host, which is confined and brings a configuration of its own; remove it "
            "(snap remove docker) and run the role zstack.zbs.zbs_docker",
            "engine_unfit",
        )


def judge_firewall(process, path, version, deadline, root="/"):
    """Whether the engine that runs changes the firewall: (ON, OFF or UNKNOWN, why).

    path     its configuration file
    version  its release, None when it is not known
    """
    started_with = daemon_file.in_force(path, process.started)
    now = content(path)
    native = None
    release = daemon_keys.release_of(version)
    if release:
        native = release >= _NATIVE
    backend = process.flags.get("firewall-backend", [now.get("firewall-backend")])[-1]

    def chains():
        return firewall.docker_chains(deadline.share(10), backend == "nftables" or native, root)

    answer, evidence = iptables_of(process.flags, started_with, chains, backend)
    by_file = answer == OFF and "iptables" not in process.flags and started_with is not None
    # A backup is beyond doubt: whoever made it had looked at the firewall before.
    if by_file and daemon_file.doubtful(path, process.started):
        there = chains()
        if there is not False:
            evidence = "the firewall has Docker's chains" if there else "nothing tells of Docker's chains"
            return ON if there else UNKNOWN, "daemon.json was put there since it started, and " + evidence
    return answer, evidence


def iptables_of(flags, in_force, chains, backend=None):
    """Whether an engine that was started with these flags and this file changes the firewall: (ON, OFF or UNKNOWN, why).

    chains   asks whether the firewall has Docker's chains; only an engine that changes it makes them
    backend  what it changes the firewall with, as a flag or today's file says; None where neither does
    """
    if "iptables" in flags:
        said = flag_bool(flags["iptables"])
        answer = UNKNOWN if said is None else (ON if said else OFF)
        return answer, "it was started with --iptables=%s" % flags["iptables"][-1]
    if in_force is not None:
        if daemon_text.told(in_force).get("iptables", True) is False:
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
    if backend == "nftables":
        return UNKNOWN, "daemon.json was changed since it started, and its firewall is nftables"
    return OFF, "the firewall has none of Docker's chains"


def info(deadline, docker="docker"):
    """What `docker info` says of the host's own engine; empty when none answers, or when podman answers for it."""
    found = ask(deadline, docker)
    # `docker info` may exit 0 without an engine: only the server's version proves that one answered.
    return found if found.get("ServerVersion") and not is_podman(found) else {}


def ask(deadline, docker="docker"):
    """What answers `docker info` on the socket of the host's engine, whoever that is; empty without an answer."""
    try:
        result = host_docker.run([docker, "info", "--format", "{{json .}}"], deadline)
        return read_info(result.out, result.err)
    except ZbsError:
        return {}


def read_info(out, err=""):
    """The object that `docker info` printed, empty for anything else; podman's words without one count as its answer."""
    try:
        found = outside.loads(out)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return {key: value for key, value in found.items() if isinstance(value, _KINDS.get(key, object))}
    return {"BuildahVersion": None} if _PODMAN_SAYS.search(out[:4096] + "\n" + err[:4096]) else {}


def is_podman(found):
    """Whether this answer to `docker info` is podman's: by its docker command, or by its service on Docker's socket."""
    return "BuildahVersion" in found or ("store" in found and "host" in found)


def below(root, path):
    """A path of the host, below `root`."""
    return os.path.join(root, path.lstrip("/"))


def _path(path, flags, root):
    """The engine's configuration file below `root`."""
    named = dockerd.config_file(flags, None)
    if path is None:
        return below(root, named or dockerd.DEFAULT_CONFIG)
    if named is not None and os.path.realpath(path) not in (
        os.path.realpath(named),
        os.path.realpath(below(root, named)),
    ):
        raise ZbsError(
            "dockerd reads %s (--config-file on its command line), so nothing in %s counts; leave the option path out, or "
            "give that one" % (named, path),
            "config_file",
            {"config_file": named},
        )
    return path


def _was_in_swarm(flags, path, root):
    """Whether an engine that does not tell is a member of a Swarm: dockerd itself looks for this file."""
    folder = flags.get("data-root", [content(path).get("data-root") or "/var/lib/docker"])[-1]
    return paths.exists(os.path.join(below(root, str(folder)), "swarm/docker-state.json"), link=True)


def content(path):
    """What the file says now, as dockerd reads it; empty where it can't."""
    try:
        return daemon_text.told(daemon_text.parse(daemon_file.read(path), path, twins=True))
    except ZbsError:
        return {}


def _file(program, root):
    """The program below `root`; None where it is no file that can be run."""
    path = program and below(root, program)
    return path if path and os.path.isfile(path) and os.access(path, os.X_OK) else None


def _list(value):
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _insecure(registries):
    """Registries and networks that the engine calls insecure."""
    items = outside.shaped(registries.get("IndexConfigs"), dict).items()
    names = [name for name, item in items if not outside.shaped(item, dict).get("Secure", True)]
    return names + _list(registries.get("InsecureRegistryCIDRs"))

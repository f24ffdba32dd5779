# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting the evidence of one host inside one deadline. Read only: nothing on the host is changed by a probe."""

import os
import time

from . import _cbd, _container, _health, _process, _sockets, _spdk
from ._deadline import Deadline

# What is kept of the deadline for asking Docker about a target that did not answer.
DOCKER_SHARE = 0.4


class Settings:
    """What to probe: names and limits, see the documentation fragment `probe` for each."""

    def __init__(self, container_name, admin_socket, protocols, cbd_heartbeat=None, timeout=5.0, start_grace=30.0):
        self.container_name = container_name
        self.admin_socket = admin_socket
        self.protocols = list(protocols)
        self.cbd_heartbeat = cbd_heartbeat
        self.timeout = float(timeout)
        self.start_grace = float(start_grace)


def probe(settings):
    """Probe every protocol of `settings` and return the health as plain data (the modules' return)."""
    deadline = Deadline(settings.timeout)
    verdicts = {}
    latencies = {}
    health = {"container": None, "process": None, "target": None, "volumes": [], "warnings": []}
    # CBD first asks another program; vhost must have the larger share since its verdict decides over running VMs.
    for protocol in settings.protocols:
        started = time.monotonic()
        if protocol == "vhost":
            share = deadline.share(settings.timeout / len(settings.protocols))
            verdicts[protocol] = _probe_vhost(settings, share, health)
        else:
            verdicts[protocol] = _cbd.probe(settings.cbd_heartbeat, deadline)
        latencies[protocol] = round((time.monotonic() - started) * 1000, 1)
    health["status"], health["reason"] = _health.host_status(verdicts)
    health["protocols"] = {
        name: {
            "status": verdict.status,
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "latency_ms": latencies[name],
        }
        for name, verdict in verdicts.items()
    }
    for verdict in verdicts.values():
        health["warnings"].extend(verdict.warnings)
    return health


def _probe_vhost(settings, deadline, health):
    """Ask the admin socket, then Docker; fill `health` and return the Verdict.

    The socket is asked first: what it says outranks Docker, and a hanging dockerd must not use up its time.
    """
    path = settings.admin_socket
    socket_share = deadline.share(deadline.seconds * (1.0 - DOCKER_SHARE))
    pid = None
    volumes = []
    try:
        answer = _spdk.call(path, "spdk_get_version", socket_share)
        kind, detail, pid = "answered", "", answer.pid
        version = answer.result.get("version") if isinstance(answer.result, dict) else None
        if isinstance(version, str):
            health["target"] = {"version": version}
        else:
            kind, detail = "junk", "%s answered spdk_get_version with something that is no version" % path
    except _spdk.SpdkProblem as exc:
        kind, detail, pid = exc.code, exc.message, exc.details.get("pid")
    except _spdk.SpdkError as exc:
        kind, detail = "refused_call", exc.message
    table = _sockets.read_unix_sockets()
    container = _container.inspect(settings.container_name, deadline)
    process = _process.read_process(pid or container.pid) if (pid or container.pid) else None
    if kind == "answered":
        volumes = _volumes(path, deadline, table, health["warnings"])
    health["container"] = container.as_dict()
    health["process"] = process.as_dict() if process else None
    health["volumes"] = volumes
    listening = None if table is None else table.get(path, (False, 0))[0]
    others = 0 if table is None else _sockets.count_listening(table, os.path.dirname(path), path)
    evidence = _health.Evidence(path, kind, detail, listening, container, process, settings.start_grace, others)
    return _health.decide_vhost(evidence)


def _volumes(path, deadline, table, warnings):
    """The target's controllers and whether each still has a bdev and a socket; None when that can't be told.

    A volume's socket is never connected to: a connection that is held open hangs the QEMU behind it.
    """
    try:
        controllers = _spdk.call(path, "vhost_get_controllers", deadline).result
    except (_spdk.SpdkProblem, _spdk.SpdkError) as exc:
        warnings.append("the target's controllers could not be listed: %s" % exc.message)
        return None
    if not isinstance(controllers, list) or not all(isinstance(item, dict) for item in controllers):
        warnings.append("the target listed its controllers in a shape that is not SPDK's")
        return None
    return [_volume(item, table) for item in controllers]


def _volume(controller, table):
    """The row of one controller; a part of another shape than SPDK's counts as missing."""
    block = _shaped(_shaped(controller.get("backend_specific"), dict).get("block"), dict)
    socket_path = _shaped(controller.get("socket"), str)
    listens = table is None or table.get(socket_path, (False, 0))[0]
    present = bool(socket_path) and os.path.exists(socket_path) and listens
    return {
        "controller": controller.get("ctrlr"),
        "socket": socket_path or None,
        "bdev": block.get("bdev"),
        # Not knowing is not "none": whoever wants an idle target must not take it for one.
        "sessions": len(controller["sessions"]) if isinstance(controller.get("sessions"), list) else None,
        "broken": block.get("bdev") is None or not present,
    }


def _shaped(value, kind):
    """`value` where it is of that kind, else the kind's empty value."""
    return value if isinstance(value, kind) else kind()


def probe_twice(settings, recheck):
    """Probe, and ask a target that seems hung once more, `recheck` seconds later (0 asks once).

    A reactor that was merely slow keeps its VMs: only who never answers is called hung before something is done about it.
    """
    health = probe(settings)
    if recheck <= 0 or health["protocols"].get("vhost", {}).get("verdict") != "hung":
        return health
    time.sleep(recheck)
    again = probe(settings)
    if again["protocols"]["vhost"]["verdict"] != "hung":
        again["warnings"].append("the target did not answer at first and was not hung %.0f s later" % recheck)
    return again


def probe_until(settings, wait, interval, recheck=0.0):
    """Probe until the host is Connected, for at most `wait` seconds and at least once, `interval` seconds apart.

    A target that is still starting when `wait` is over is waited for until its start grace has passed as well.

    recheck  as in probe_twice

    Returns (health of the last probe, number of probes).
    """
    deadline = Deadline(wait)
    grace = Deadline(wait + settings.start_grace if wait else 0.0)
    probes = 0
    while True:
        health = probe_twice(settings, recheck)
        probes += 1
        if health["status"] == _health.CONNECTED or _over(deadline, interval, grace, health):
            return health, probes
        time.sleep(interval)


def _over(deadline, interval, grace, health):
    """Whether waiting on makes no sense: the time is over, and nothing is starting inside its grace."""
    starting = health["status"] == _health.CONNECTING and not grace.spent()
    return deadline.left() < interval and not starting

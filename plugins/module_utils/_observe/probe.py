# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting the evidence of one host inside one deadline. Read only: nothing on the host is changed by a probe."""

import os
import time

from .._tools import paths
from .._tools.deadline import Deadline
from .._tools.outside import shaped
from .._tools.visible import visible_in
from . import demand, disks, identity, pools, sockets, spdk
from .health import answered, decide_vhost, host_status
from .process import MAP_SECONDS, descends, read_process
from .verdict import ASKED_TWICE, STATUS_OF, UNKNOWN

# What is kept of the deadline for asking Docker about a target that did not answer.
DOCKER_SHARE = 0.4
# What is kept of the rest for the end of a program that has to be killed, so that the probe ends inside its timeout.
KILL_SHARE = 0.1


def probe(settings):
    """Probe every protocol of `settings` and return the health as plain data (the modules' return)."""
    deadline = Deadline(settings.timeout)
    verdicts = {}
    latencies = {}
    health: dict = {"container": None, "process": None, "target": None, "volumes": None, "warnings": []}
    health["hugepages"] = pools.read_pools()
    # Vhost comes first: its verdict decides over running VMs, so CBD gets what it leaves.
    for protocol in settings.protocols:
        started = time.monotonic()
        if protocol == "vhost":
            share = deadline.share(settings.timeout / len(settings.protocols))
            verdicts[protocol] = _probe_vhost(settings, share, health)
        else:
            verdicts[protocol] = _probe_cbd(settings, deadline)
        latencies[protocol] = round((time.monotonic() - started) * 1000, 1)
    health["status"], health["reason"] = host_status(verdicts)
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
    _look_at_vms(settings, health)
    # What is kept of it in the ledger is read by `setup`, whose answer half a character would break.
    return visible_in(health)


def _look_at_vms(settings, health):
    """Enter who runs here, what they need and whether it is served; None for each where /proc does not tell."""
    health.update(vms=None, demand=None, connections_known=False)
    folder, volumes = os.path.dirname(settings.admin_socket), health["volumes"]
    # Somebody may be connected whom no name betrays.
    ask = volumes is None or any(volume["sessions"] != 0 for volume in volumes)
    try:
        found = demand.collect(folder, settings.admin_socket, disks=settings.disks.get("known"), ask=ask)
    except OSError as exc:
        health["warnings"].append(
            "the VMs of this host can't be examined (%s), so it is not known which disks they need" % exc.strerror
        )
        return
    disks.enter(health, found, settings.disks)


def _probe_cbd(settings, deadline):
    from . import cbd  # only hosts that use CBD pay for it

    if settings.cbd_unknown:
        return cbd.Verdict("unknown", settings.cbd_unknown)
    until, grace = _program_share(deadline)
    return cbd.probe(settings.cbd_heartbeat, until, kill_grace=grace)


def _probe_vhost(settings, deadline, health):
    """Ask the admin socket, then Docker; fill `health` and return the Verdict.

    The socket is asked first: what it says outranks Docker, and a hanging dockerd must not use up its time.
    """
    path = settings.admin_socket
    socket_share = deadline.share(deadline.seconds * (1.0 - DOCKER_SHARE))
    pid = None
    volumes = None
    try:
        answer = spdk.call(path, "spdk_get_version", socket_share)
        kind, detail, pid = "answered", "", answer.pid
        version = answer.result.get("version") if isinstance(answer.result, dict) else None
        if isinstance(version, str):
            health["target"] = {"version": version}
        else:
            kind, detail = "junk", "%s answered spdk_get_version with something that is not a version" % path
    except spdk.SpdkProblem as exc:
        kind, detail, pid = exc.code, exc.message, exc.details.get("pid")
    except spdk.SpdkError as exc:
        kind, detail = "refused_call", exc.message
    table = sockets.read_unix_sockets()
    # Before Docker: an engine that hangs must not use up the time of a target that answers.
    if kind == "answered":
        until = deadline.share(deadline.left() * (1.0 - DOCKER_SHARE))
        volumes, problem = _volumes(path, until, table, health["warnings"])
        if problem is not None:
            from . import serving  # a target that serves has no use for it

            kind, detail = serving.kind_of(problem)
            if kind == "answered":
                health["warnings"].append("the target's controllers could not be listed: %s" % problem.message)
    process = _read_process(pid, deadline)
    remembered = identity.recall(settings.target, process, settings.container_name) if kind == "answered" else None
    container, others = None, None
    if remembered is None:
        container = _inspect(settings.container_name, deadline)
        # Of a dead target without a container there is nobody to look at.
        process = process or _read_process(container.pid, deadline)
        runs_target = bool(container.pid and descends(pid, container.pid)) if pid else None
        if not runs_target:
            others = _look_for_others(settings, container, kind, pid, deadline)
            container, runs_target = others.container, others.runs_target
        foreign = others is not None and others.foreign
        whose = {"expected": settings.container_name, "foreign": foreign, "runs_target": runs_target}
        remembered = dict(container.as_dict(), **whose)
    health["container"] = remembered
    health["process"] = process.as_dict() if process else None
    if kind == "answered":
        verdict = answered(container)
    else:
        verdict = _judge(settings, kind, detail, table, container, process, others)
    # Whoever is not there serves none; what one that does not answer serves, nobody told.
    nobody = kind == "nobody" and STATUS_OF[verdict.verdict] != UNKNOWN
    health["volumes"] = [] if nobody else volumes
    return verdict


def _judge(settings, kind, detail, table, container, process, others):
    """The verdict on a target that did not answer as one."""
    from .evidence import Evidence  # a tick at a target that answers has no use for it

    path = settings.admin_socket
    folder = os.path.dirname(path)
    listening, connections = (None, 0) if table is None else table.get(path, (False, 0))
    return decide_vhost(
        Evidence(
            path,
            kind,
            detail,
            listening,
            container,
            process,
            settings.start_grace,
            volumes_listening=0 if table is None else sockets.count_listening(table, folder, path),
            connections=connections,
            container_age=container.age(time.time()) if container else None,
            elsewhere=[] if table is None else sockets.find_elsewhere(table, folder),
            others=others,
        )
    )


def _read_process(pid, deadline):
    """The process, its memory map cut off with the deadline; None where there is none."""
    return read_process(pid, map_seconds=min(MAP_SECONDS, max(0.05, deadline.left()))) if pid else None


def _look_for_others(settings, container, kind, pid, deadline):
    from . import others  # where the name tells whose the target is, nobody else is looked for

    return others.look(settings, container, kind, pid, lambda: _program_share(deadline))


def _inspect(name, deadline):
    from .container import inspect_container  # a tick at a target that is known and answers asks nobody

    until, grace = _program_share(deadline)
    return inspect_container(name, until, kill_grace=grace)


def _program_share(deadline):
    """(deadline of a program, seconds that killing it may take) which together end with `deadline`."""
    from .._tools.command import KILL_GRACE

    grace = min(KILL_GRACE, deadline.left() * KILL_SHARE)
    return deadline.share(deadline.left() - grace), grace


def _volumes(path, deadline, table, warnings):
    """(the target's controllers and whether each still has a bdev and a socket, None), or (None, the ZbsError that says why that
    can't be told).

    A volume's socket is never connected to: a connection that is held open hangs the QEMU behind it.
    """
    controllers, problem = _list(path, "vhost_get_controllers", deadline)
    if not controllers:
        return controllers, problem
    # One call for all of them, and none where there is no controller.
    bdevs, problem = _list(path, "bdev_get_bdevs", deadline)
    if problem is not None:
        warnings.append("the target's bdevs could not be listed: %s" % problem.message)
    sizes = {
        bdev["name"]: bdev["block_size"]
        for bdev in bdevs or []
        if isinstance(bdev.get("name"), str) and isinstance(bdev.get("block_size"), int)
    }
    volumes = [_volume(item, table, sizes) for item in controllers]
    broken = [str(volume["controller"]) for volume in volumes if volume["broken"]]
    if broken:
        more = " and %d more" % (len(broken) - 3) if len(broken) > 3 else ""
        warnings.append(
            "%d of the target's %d volumes are broken (%s%s): their bdev is gone or nothing listens on their "
            "socket; create them again on the admin node" % (len(broken), len(volumes), ", ".join(broken[:3]), more)
        )
    return volumes, None


def _list(path, method, deadline):
    """(the target's list of objects by that method, None), or (None, the SpdkProblem or SpdkError that says why it gave none)."""
    try:
        found = spdk.call(path, method, deadline).result
    except (spdk.SpdkProblem, spdk.SpdkError) as exc:
        return None, exc
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        return found, None
    return None, spdk.SpdkProblem("it answered %s in a shape that is not SPDK's" % method, "junk")


def _volume(controller, table, sizes):
    """The row of one controller; a part of another shape than SPDK's counts as missing. `sizes`: {bdev: bytes a block}."""
    block = shaped(shaped(controller.get("backend_specific"), dict).get("block"), dict)
    bdev = shaped(block.get("bdev"), str) or None
    socket_path = shaped(controller.get("socket"), str)
    listens = table is None or table.get(socket_path, (False, 0))[0]
    present = bool(socket_path) and paths.exists(socket_path) and listens
    return {
        "controller": shaped(controller.get("ctrlr"), str) or None,
        "socket": socket_path or None,
        "bdev": bdev,
        "block_size": sizes.get(bdev),
        # Not knowing is not "none": whoever wants an idle target must not take it for one.
        "sessions": len(controller["sessions"]) if isinstance(controller.get("sessions"), list) else None,
        "broken": bdev is None or not present,
    }


def probe_twice(settings, recheck, worth=lambda: True):
    """Probe, and ask a target that seems hung or unready once more, `recheck` seconds later (0 asks once).

    worth  asked before the second look: whether anything would be done about what it finds

    A reactor that was merely slow keeps its VMs: only who never answers is called hung before something is done about it.
    """
    health = probe(settings)
    first = health["protocols"].get("vhost", {}).get("verdict")
    if recheck <= 0 or first not in ASKED_TWICE or not worth():
        return health
    time.sleep(recheck)
    again = probe(settings)
    if again["protocols"]["vhost"]["verdict"] != first:
        again["warnings"].append("the target seemed %s at first, but was not %s %.0f s later" % (first, first, recheck))
    return again

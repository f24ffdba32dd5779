# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Having a Docker Engine run: one that is down is started, none is ever restarted."""

from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import docker_engine

ASK_TIMEOUT = 10.0
# Starting an engine on a busy host takes seconds.
START_TIMEOUT = 90.0


def provide(engine, root, check_mode, actions, missing):
    """Start the engine where that is all it needs; returns it as it then is. What else it lacks goes to `missing`."""
    if engine is None:
        return None
    problem = _problem(engine)
    if problem is None and not engine.active:
        if check_mode and engine.silent:
            problem = _silent(engine)
        elif check_mode:
            actions.append("start docker.service")
            engine = docker_engine.Engine(True, True, iptables=engine.iptables)
        else:
            engine, problem = _start(engine, root, actions)
    if problem is not None:
        missing.append({"what": "docker", "detail": problem[0], "remedy": problem[1]})
    return engine


def _start(engine, root, actions):
    """(Engine, problem) after systemd was asked to start it, which waits for one that is starting and else does nothing."""
    silent = engine.silent
    try:
        docker_engine.start(Deadline(START_TIMEOUT))
        engine = docker_engine.look(Deadline(ASK_TIMEOUT), root=root)
    except ZbsError as exc:
        return engine, (exc.message, "find out why it does not start")
    if not silent:
        actions.append("start docker.service")
    if engine.active:
        return engine, None
    if engine.silent:
        return engine, _silent(engine)
    return engine, ("the engine was started and does not answer: %s" % engine.detail, "see `journalctl -u docker`")


def _silent(engine):
    return (
        "the Docker Engine took the request and does not answer: %s" % engine.detail,
        "see `journalctl -u docker`; it was not restarted, since that could cut its containers off",
    )


def _problem(engine):
    """(detail, remedy) of what keeps this engine from being used or started, None when nothing does."""
    if not engine.installed:
        return "no Docker Engine is installed", "run the role zstack.zbs.zbs_docker"
    if engine.unfit:
        return engine.unfit, "this collection works with Docker's own packages and docker.service only"
    if not engine.active and engine.service not in (None, "docker.service"):
        return (
            "a Docker Engine runs as %s and does not answer: %s"
            % (engine.service or "a process that systemd did not start", engine.detail),
            "see its log; docker.service was not started, since that would be a second engine",
        )
    if engine.iptables:
        return (
            "the Docker Engine is configured to change the firewall, which cuts bridged VMs off",
            'put "iptables": false into %s and restart the engine in a maintenance window' % engine.config_file,
        )
    return None

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine of a host: is it there, does it answer, and would it leave the firewall alone?"""

from .._tools import command, host_docker
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import dockerd, live_state, unit
from .flags import flag_bool

# systemd tells of one unit in milliseconds.
UNIT_SECONDS = 10.0


class Engine:
    """`installed`, `active` (bool), `version` (str or None), `live_restore` (bool or None), `iptables` (bool), `detail`.

    `silent` is an engine that took the question and did not answer: it hangs, or is just starting.

    `iptables` is what the engine does now or would do at its next start: True unless both leave the firewall alone.
    `config_file` is what it reads, `service` the systemd service that it runs as (None when not told), `unfit` why this collection
    can't work with it (None where it can).
    """

    def __init__(
        self,
        installed,
        active=False,
        version=None,
        live_restore=None,
        iptables=True,
        detail="",
        silent=False,
        unfit=None,
        config_file=dockerd.DEFAULT_CONFIG,
    ):
        self.installed = installed
        self.active = active
        self.version = version
        self.live_restore = live_restore
        self.iptables = iptables
        self.detail = detail
        self.silent = silent
        self.unfit = unfit
        self.config_file = config_file
        self.service = None

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "installed": self.installed,
            "active": self.active,
            "version": self.version,
            "live_restore": self.live_restore,
            "iptables": self.iptables,
        }


def look(deadline, docker="docker", root="/"):
    """Ask the engine and read its configuration; never raises for a missing or silent engine."""
    process = dockerd.find(root)[0]
    engine = _ask(deadline, docker)
    engine.installed = engine.installed or process is not None
    engine.service = process.service if process else None
    try:
        live_state.refuse_unfit(process, root)
        flags = process.flags if process else unit.look(Deadline(UNIT_SECONDS), root).flags
        path = dockerd.config_file(flags)
        engine.config_file = path
        engine.iptables = _iptables(process, flags, live_state.below(root, path), engine.version, root)
    except ZbsError as exc:
        if exc.code == "engine_unfit":
            engine.unfit = exc.message
        else:
            engine.detail = engine.detail or exc.message
    return engine


def _ask(deadline, docker):
    """The Engine by its own word."""
    try:
        result = host_docker.run([docker, "info", "--format", "{{json .}}"], deadline)
    except ZbsError as exc:
        return Engine(exc.code != "command_missing", detail=exc.message)
    if result.timed_out:
        return Engine(True, detail="docker did not answer within %.1f s" % deadline.seconds, silent=True)
    info = live_state.read_info(result.out, result.err)
    if live_state.is_podman(info):
        return Engine(True, detail="podman answered", unfit=live_state.PODMAN)
    # `docker info` may exit 0 without an engine: only the server's version proves that one answered.
    if not info.get("ServerVersion"):
        return Engine(True, detail=result.sentence() or "docker info named no engine")
    return Engine(True, True, info["ServerVersion"], info.get("LiveRestoreEnabled"))


def start(deadline):
    """Start an installed engine that is down; ZbsError when systemd can't."""
    result = command.run(["systemctl", "start", "docker.service"], deadline)
    if result.rc != 0:
        raise ZbsError(
            "docker.service can't be started (%s); see `journalctl -u docker`"
            % (result.sentence() or "no answer in time"),
            "docker_start",
        )


def _iptables(process, flags, path, version, root):
    """Whether the engine changes the firewall, or would at its next start."""
    said = flag_bool(flags["iptables"]) if "iptables" in flags else live_state.content(path).get("iptables", True)
    if said is not False or process is None or process.since is None:
        return said is not False
    # Where nothing tells what it does now, its configuration counts: the engine is not restarted here.
    return live_state.judge_firewall(process, path, version, Deadline(UNIT_SECONDS), root)[0] == live_state.ON

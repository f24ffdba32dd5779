# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine of a host: is it there, does it answer, and would it leave the firewall alone?"""

import json
import os

from .._tools import command
from .._tools.errors import ZbsError

DAEMON_JSON = "/etc/docker/daemon.json"


class Engine:
    """`installed`, `active` (bool), `version` (str or None), `live_restore` (bool or None), `iptables` (bool), `detail`.

    `silent` is an engine that took the question and did not answer: it hangs, or is just starting.

    `iptables` is what the engine is configured to do: True unless daemon.json (or the command line of a running
    dockerd) says false, since that is Docker's own default.
    """

    def __init__(
        self, installed, active=False, version=None, live_restore=None, iptables=True, detail="", silent=False
    ):
        self.installed = installed
        self.active = active
        self.version = version
        self.live_restore = live_restore
        self.iptables = iptables
        self.detail = detail
        self.silent = silent

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
    iptables = _iptables(root)
    try:
        result = command.run([docker, "info", "--format", "{{json .}}"], deadline)
    except ZbsError as exc:
        return Engine(exc.code != "command_missing", iptables=iptables, detail=exc.message)
    if result.timed_out:
        return Engine(
            True, iptables=iptables, detail="docker did not answer within %.1f s" % deadline.seconds, silent=True
        )
    try:
        info = json.loads(result.out)
    except (ValueError, RecursionError):
        info = {}
    # `docker info` may exit 0 without an engine: only the server's version proves that one answered.
    if not isinstance(info, dict) or not info.get("ServerVersion"):
        return Engine(True, iptables=iptables, detail=result.sentence() or "docker info named no engine")
    return Engine(True, True, info["ServerVersion"], info.get("LiveRestoreEnabled"), iptables)


def start(deadline):
    """Start an installed engine that is down; ZbsError when systemd can't."""
    result = command.run(["systemctl", "start", "docker.service"], deadline)
    if result.rc != 0:
        raise ZbsError(
            "docker.service can't be started (%s); see `journalctl -u docker`"
            % (result.sentence() or "no answer in time"),
            "docker_start",
        )


def _iptables(root):
    """Whether dockerd is configured to change the firewall."""
    try:
        with open(os.path.join(root, DAEMON_JSON.lstrip("/")), encoding="utf-8") as handle:
            settings = json.load(handle)
        if isinstance(settings, dict) and settings.get("iptables") is False:
            return False
    except (OSError, ValueError, RecursionError):
        pass
    return not any("--iptables=false" in arguments for arguments in _dockerd_arguments(root))


def _dockerd_arguments(root):
    """The argument list of every running dockerd."""
    proc = os.path.join(root, "proc")
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            with open(os.path.join(proc, pid, "cmdline"), "rb") as handle:
                arguments = handle.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if os.path.basename(arguments[0]) == "dockerd":
            yield arguments

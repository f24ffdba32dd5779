# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe is asked to look at, and for how long, from a module's parameters."""

from .._tools.deadline import check_seconds
from .._tools.errors import ZbsError


class Settings:
    """What to probe: names and limits, see the documentation fragment `probe` for each."""

    def __init__(self, container_name, admin_socket, protocols, cbd_heartbeat=None, timeout=5.0, start_grace=30.0):
        self.container_name = container_name
        self.admin_socket = admin_socket
        self.protocols = list(protocols)
        self.cbd_heartbeat = cbd_heartbeat
        self.cbd_unknown = None  # why there is no heartbeat to read
        self.timeout = float(timeout)
        self.start_grace = float(start_grace)
        # What the ledger remembers of the VMs' disks, see _observe/disks; a probe without a ledger knows none.
        self.disks = {}
        # The process that answered last and its container, see _observe/identity; {} or None asks Docker.
        self.target = None


def container_name(params):
    """The container's name, or the one that zbsadm gives the target of host_ip."""
    return params["container_name"] or "zbsvhost-%s" % params["host_ip"]


def settings_of(params):
    """The Settings of a module's parameters; ZbsError `bad_option` names what can't be."""
    if not params["protocols"]:
        raise ZbsError("protocols is empty; name vhost, cbd or both", "bad_option")
    unknown = params.get("cbd_unknown")
    if "cbd" in params["protocols"] and not unknown and not _is_cbd_path(params["cbd_heartbeat"] or ""):
        raise ZbsError(
            "cbd_heartbeat is %r; give a path cbd:PHYSICAL_POOL/LOGICAL_POOL/VOLUME for the protocol cbd"
            % params["cbd_heartbeat"],
            "bad_option",
        )
    for name, least in (("timeout", 0.1), ("start_grace", 0.0), ("wait", 0.0), ("interval", 0.05)):
        check_seconds(params, name, least)
    settings = Settings(
        container_name(params),
        params["admin_socket"],
        sorted(set(params["protocols"]), reverse=True),  # vhost first
        params["cbd_heartbeat"],
        params["timeout"],
        params["start_grace"],
    )
    settings.cbd_unknown = unknown
    return settings


def _is_cbd_path(path):
    from . import cbd  # only hosts that use CBD pay for it

    return cbd.valid_path(path)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share, beside the documentation fragment of the same name."""

from ._observe.probe import Settings
from ._tools.errors import ZbsError
from ._window import ledger

ADMIN_SOCKET = "/var/zbsvhost/sockets/admin.sock"

PROBE = {
    "host_ip": {"type": "str"},
    "container_name": {"type": "str"},
    "admin_socket": {"type": "path", "default": ADMIN_SOCKET},
    "protocols": {"type": "list", "elements": "str", "choices": ["vhost", "cbd"], "default": ["vhost"]},
    "cbd_heartbeat": {"type": "str"},
    "timeout": {"type": "float", "default": 5.0},
    "start_grace": {"type": "float", "default": 30.0},
    "wait": {"type": "float", "default": 0.0},
    "interval": {"type": "float", "default": 0.5},
}

FACTS_DIR = {"type": "path", "default": ledger.FACTS_DIR}


def container_name(params):
    """The container's name, or the one that zbsadm gives the target of host_ip."""
    return params["container_name"] or "zbsvhost-%s" % params["host_ip"]


def probe_settings(params):
    """Settings of the probe from a module's parameters; ZbsError `bad_option` names what can't be."""
    if not params["protocols"]:
        raise ZbsError("protocols is empty; name vhost, cbd or both", "bad_option")
    if "cbd" in params["protocols"] and not _is_cbd_path(params["cbd_heartbeat"] or ""):
        raise ZbsError(
            "cbd_heartbeat is %r; give a path cbd:PHYSICAL_POOL/LOGICAL_POOL/VOLUME for the protocol cbd"
            % params["cbd_heartbeat"],
            "bad_option",
        )
    for name, least in (("timeout", 0.1), ("start_grace", 0.0), ("wait", 0.0), ("interval", 0.05)):
        check_seconds(params, name, least)
    return Settings(
        container_name(params),
        params["admin_socket"],
        sorted(set(params["protocols"]), reverse=True),  # vhost first
        params["cbd_heartbeat"],
        params["timeout"],
        params["start_grace"],
    )


def _is_cbd_path(path):
    from ._observe import cbd  # only hosts that use CBD pay for it

    return cbd.valid_path(path)


def check_seconds(params, name, least):
    """ZbsError `bad_option` unless the option `name` is a number of seconds from `least` to a day (so it is no NaN)."""
    if not least <= params[name] <= 86400:
        raise ZbsError("%s is %s; give seconds from %s to 86400" % (name, params[name], least), "bad_option")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules on the admin node share: the options of a call of zbsadm, and one call at a time for a host."""

import os
import re

from .._tools import lock
from .._tools.errors import ZbsError
from . import zbsadm

# Host names and addresses: what zbsadm takes, and what is safe in a lock file's name.
_HOST = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,253}\Z")
_USER = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?\Z")  # never one that could be taken for an option
LOCK_DIR = "/run"

# Options that every such module has, beside the documentation fragment `zbsadm`.
OPTIONS = {
    "host_ip": {"type": "str", "required": True},
    "zbsadm": {"type": "path", "default": zbsadm.ZBSADM},
    "timeout": {"type": "float", "default": 300.0},
    "ssh_port": {"type": "int"},
    "ssh_username": {"type": "str"},
    "ssh_password": {"type": "str", "no_log": True},
}
LOGIN_TOGETHER = [("ssh_port", "ssh_username", "ssh_password")]


def check(params):
    """ZbsError `bad_option` unless host_ip, timeout and the login can be."""
    if not _HOST.match(params["host_ip"]):
        raise ZbsError("host_ip %r is not a host name or address" % params["host_ip"], "bad_option")
    if not 1 <= params["timeout"] <= 86400:
        raise ZbsError("timeout is %s; give seconds from 1 to 86400" % params["timeout"], "bad_option")
    if params["ssh_port"] is not None and not 1 <= params["ssh_port"] <= 65535:
        raise ZbsError("ssh_port is %d; give a port from 1 to 65535" % params["ssh_port"], "bad_option")
    if params["ssh_username"] is not None and not _USER.match(params["ssh_username"]):
        raise ZbsError("ssh_username %r is not a login name" % params["ssh_username"], "bad_option")
    if params["ssh_password"] == "":
        raise ZbsError("ssh_password is empty; give the host's password or leave the login out", "bad_option")


def zbsadm_of(params):
    """The Zbsadm of a module's parameters, with a login where one is given."""
    login = None
    if params["ssh_password"] is not None:
        login = zbsadm.Login(params["ssh_port"], params["ssh_username"], params["ssh_password"])
    return zbsadm.Zbsadm(params["zbsadm"], login)


def alone(host_ip, deadline, purpose):
    """A context in which no other call of zbsadm for that host runs; waits for it until `deadline`.

    purpose  what is under way, in the words of the error `locked` that tells who holds the lock
    """
    return lock.hold(os.path.join(LOCK_DIR, "zbs_vhost_deploy-%s.lock" % host_ip), deadline, purpose)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the admin node can tell before a deploy: zbsadm, its version, and whether the compute host is within its reach."""

import re

from .._admin import zbsadm
from .._tools import command
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError
from . import ssh
from .judge import row

_VERSION = re.compile(r"(?<![0-9.])[0-9]+\.[0-9]+(?:\.[0-9]+)*(?:[-+][0-9A-Za-z.]+)?")


def look(host_ip, path, ssh_port, has_login, deadline):
    """(rows, zbsadm's version or None); asks, changes nothing."""
    rows = [row("admin_host", True, "the admin node answers")]
    clusters, version = None, None
    try:
        version = _version(path, deadline.share(deadline.seconds / 4))
        clusters = zbsadm.Zbsadm(path).cluster_list(deadline.share(deadline.seconds / 2)).data
        version = version or _cluster_version(clusters)
        told = "zbsadm %s" % version if version else "zbsadm (version not known)"
        rows.append(row("zbsadm", True, "%s answers and knows its clusters" % told))
    except ZbsError as exc:
        rows.append(row("zbsadm", False, exc.message, "install or repair zbsadm on the admin node"))
    rows.append(_compute_host(host_ip, ssh_port or 22, has_login, clusters, deadline))
    return rows, version


def _version(path, deadline):
    """What `zbsadm --version` prints, None where it prints none: not every release need know it."""
    result = command.run([path, "--version"], deadline)
    match = _VERSION.search(result.out[:4096]) if result.rc == 0 else None
    return match.group(0) if match else None


def _cluster_version(data):
    """The one version that the clusters name, None where they name none or several."""
    clusters = data.get("clusters")
    rows = [item for item in clusters if isinstance(item, dict)] if isinstance(clusters, list) else []
    found = {item["version"] for item in rows if isinstance(item.get("version"), str)}
    return found.pop() if len(found) == 1 else None


def _compute_host(host_ip, port, has_login, clusters, deadline):
    """Whether zbsadm can come at the host. No release is known that can be asked for its host list, so what can be seen is
    said: the host in what `cluster ls` tells, the login that is given, the SSH server that answers.
    """
    check = "compute_host"
    problem = ssh.problem(host_ip, port, Deadline(max(0.5, min(5.0, deadline.left()))))
    if problem:
        detail = "the SSH server of %s port %d does not answer the admin node: %s" % (host_ip, port, problem)
        # Where zbsadm's own list has the login it may have another port.
        return row(check, False if has_login else None, detail, "make the host reachable by SSH from the admin node")
    if has_login:
        return row(check, True, "its SSH answers the admin node, and zbsadm is given the login")
    if _mentions(clusters, host_ip):
        return row(check, True, "its SSH answers the admin node, and zbsadm lists it")
    return row(
        check,
        None,
        "its SSH answers the admin node; whether zbsadm's own list has %s can't be checked" % host_ip,
        "check that the list has it",
    )


def _mentions(data, host_ip):
    if isinstance(data, dict):
        return any(_mentions(value, host_ip) for value in data.values())
    if isinstance(data, list):
        return any(_mentions(item, host_ip) for item in data)
    return data == host_ip

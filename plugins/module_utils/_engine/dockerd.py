# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dockerd as a program: where it is, which of those that run is the host's, since when it runs and with which flags."""

import contextlib
import glob
import os
import re
import time

from .._observe.process import read_process
from . import names
from .flags import flag_bool, flags_of
from .nesting import Nesting

DEFAULT_CONFIG = "/etc/docker/daemon.json"
DEFAULT_PIDFILE = "/var/run/docker.pid"
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_LIBEXEC = ("/usr/libexec/docker", "/usr/lib/docker", "/usr/local/libexec/docker")
_PROGRAMS = ("dockerd", "dockerd-current", "dockerd-latest")
# Where snap keeps what is installed.
_SNAPS = ("snap/docker/current", "var/lib/snapd/snap/docker/current")
# How a daemon is told to listen where everyone looks for it.
_DEFAULT_SOCKETS = ("fd://", "unix://", "unix:///var/run/docker.sock", "unix:///run/docker.sock")
# No dockerd is started with more, and every process of the host is read so far.
_MOST = 1024 * 1024


class Running:
    """A dockerd that runs: `pid`, `flags` (key -> values), `since` (seconds since 1970 by today's clock; None when not told),
    `program` (path or None), `service` (the systemd service it belongs to; None when not told), `unfit` (why this collection
    can't work with it; None where it can), `noted` (when it wrote its pid file, by the clock of then; None when not told).
    """

    def __init__(self, pid, flags, since, program=None, service=None, unfit=None, noted=None):
        self.pid = pid
        self.flags = flags
        self.since = since
        self.program = program
        self.service = service
        self.unfit = unfit
        self.noted = noted

    @property
    def started(self):
        """The earliest time at which it may have read its file, by any clock; 0 when nothing tells."""
        if self.since is None:
            return 0.0
        return self.since if self.noted is None else min(self.since, self.noted)

    def config_file(self):
        """The configuration file that it reads."""
        return config_file(self.flags)


def config_file(flags, otherwise=DEFAULT_CONFIG):
    """The configuration file that dockerd reads with these flags."""
    named = [value for value in flags.get("config-file", []) if value]
    return os.path.join("/", named[-1]) if named else otherwise


def program(root="/"):
    """The path of dockerd; None where there is none. podman-docker brings a docker command and no dockerd."""
    for folder in os.environ.get("PATH", "").split(os.pathsep) + list(_FOLDERS + _LIBEXEC):
        for name in _PROGRAMS:
            path = os.path.join(root, folder.lstrip("/"), name) if root != "/" else os.path.join(folder, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def is_podmans(root="/"):
    """Whether the docker command that is found first is podman's: a link to it, or the script of podman-docker."""
    for folder in os.environ.get("PATH", "").split(os.pathsep) + list(_FOLDERS):
        path = os.path.join(root, folder.lstrip("/"), "docker") if root != "/" else os.path.join(folder, "docker")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            with contextlib.suppress(OSError), open(path, "rb") as handle:
                head = handle.read(4096)
                return os.path.basename(os.path.realpath(path)).startswith("podman") or (
                    head.startswith(b"#!") and re.search(rb"exec\s[^\n]*podman", head) is not None
                )
    return False


def snap(root="/"):
    """Whether snap's Docker is installed."""
    return any(os.path.lexists(os.path.join(root, path)) for path in _SNAPS)


def running(root="/", clock=time.time):
    """The dockerd of this host that runs, None where there is none; see `find`."""
    found = find(root, clock)[0]
    return found if found is not None and found.since is not None else None


def find(root="/", clock=time.time):
    """(the Running dockerd of this host or None, sentences on those that are left out).

    One in a container of this host is that container's, a rootless one its user's. Of several the one that is in the pid
    file, then one that listens where everyone looks, then the oldest.
    """
    nesting = Nesting(root)
    found, left_out = {}, []
    for path in sorted(glob.glob(os.path.join(root, "proc/[0-9]*/cmdline"))):
        words = _words(path)
        folder = os.path.dirname(path)
        arguments = names.arguments(words, _executable(folder))
        if arguments is None:
            continue
        pid = int(os.path.basename(folder))
        flags = flags_of(arguments)
        user = nesting.user(folder)
        if nesting.is_container(folder, _is_snap(words, folder)):
            continue
        if user != 0 or flag_bool(flags.get("rootless", ["0"])):
            left_out.append(
                "a rootless Docker Engine of user %d runs here too (process %d); it is that user's, and left alone"
                % (user, pid)
            )
            continue
        found[pid] = _running(root, pid, words, flags, nesting, clock)
    # What dockerd starts of itself (docker-untar) bears its program file.
    mine = [item for pid, item in found.items() if nesting.parent(os.path.join(root, "proc", str(pid))) not in found]
    return min(mine, key=_rank) if mine else None, left_out


def environment(pid, root="/"):
    """The environment that a process was started with, name -> text; empty when it can't be read."""
    try:
        with open(os.path.join(root, "proc", str(pid), "environ"), "rb") as handle:
            text = handle.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(item.split("=", 1) for item in text.split("\0") if "=" in item)


def _running(root, pid, words, flags, nesting, clock):
    process = read_process(pid, root)
    # An age of nothing is that of a process which is older than the uptime that this /proc tells (lxcfs): nothing is known.
    since = None if process is None else (clock() - process.age if process.age else 0.0)
    folder = os.path.join(root, "proc", str(pid))
    path = _executable(folder) or (words[0] if words[0].startswith("/") else None)
    unfit = None
    if _is_snap(words, folder):
        unfit = (
            "the Docker Engine of this host is snap's (process %d), which is confined, brings a configuration of its own "
            "and restarts when snapd updates it; remove it (snap remove docker) in a maintenance window and run the role "
            "zstack.zbs.zbs_docker" % pid
        )
    return Running(pid, flags, since, path, nesting.service(folder), unfit, _noted(root, flags, pid))


def _rank(item):
    hosts = item.flags.get("hosts", ["fd://"])
    return (
        item.noted is None,
        not any(host in _DEFAULT_SOCKETS for host in hosts),
        item.since is None,
        item.since or 0.0,
        item.pid,
    )


def _noted(root, flags, pid):
    """When the process wrote its pid file; None where that names another one."""
    path = flags.get("pidfile", [DEFAULT_PIDFILE])[-1]
    # Where /var/run is no link, as below the root of a test, /run is the same.
    for name in (path, path.replace("/var/run/", "/run/", 1)):
        try:
            with open(os.path.join(root, name.lstrip("/")), "rb") as handle:
                if int(handle.read(64)) == pid:
                    return os.fstat(handle.fileno()).st_mtime
        except (OSError, ValueError):
            continue
    return None


def _words(path):
    try:
        with open(path, "rb") as handle:
            text = handle.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return []
    return text[:-1].split("\0") if text.endswith("\0") else text.split("\0")


def _executable(folder):
    try:
        path = os.readlink(os.path.join(folder, "exe"))
    except OSError:
        return None
    end = " (deleted)"
    return path[: -len(end)] if path.endswith(end) else path


def _is_snap(words, folder):
    """By its program, by its configuration below /var/snap or by the name that snapd gives its service."""
    return any("/snap/" in word for word in words + [_executable(folder) or ""]) or Nesting.of_snap(folder)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that run a target under another name: a target is known by its sockets, so who has the folder of them counts.

Only where the container of the expected name does not explain what was seen is Docker asked for the others.
"""

import itertools
import os
import re
import time

from .._tools import outside, paths
from .._tools.errors import ZbsError
from . import oldest, sockets
from .container import Container, ask_docker, says_missing
from .process import descends

_ID = re.compile(r"^[ \t]*([0-9a-f]{12,64})[ \t\r]*$", re.M)
_LINE = re.compile(r"\S[^\n]*")
# So many containers, and of one so many paths, are looked at; none is longer that has the target's folder.
_MOST_CONTAINERS, _MOST_PATHS, _MOST_PATH = 10000, 500, 256
# Folders of the whole system: who has one of these mounted (a monitor has / or /var) has everything, and no target for that.
_SYSTEM = re.compile(r"^/(var(/(tmp|run|lib))?|run|tmp|dev|mnt|opt|srv|usr|home|root)?\Z")
# States from which nothing comes back.
_ENDED = ("dead", "removing")


class Other:
    """`container` (a Container) under a name that was not asked for, `how` it is known to run a target (words), and its `age` as of
    Container.age."""

    def __init__(self, container, how, age):
        self.container = container
        self.how = how
        self.age = age

    def is_oldest(self):
        """Whether it is the one of the oldest releases."""
        return self.container.name == oldest.CONTAINER

    def named(self):
        """It in words."""
        return "the container %s (%s; %s)" % (self.container.name, self.container.state, self.how)


class Others:
    """What Docker knows beside the container of the expected name.

    container  the one to be shown as the target's: who runs the process that listens, else the expected one, found or not
    other      an Other that counts as this host's target, None where there is none
    stranger   the process that listens, where no container runs it: its pid, else None
    problem    why the containers could not be listed, None where they were
    """

    def __init__(self, container, other=None, stranger=None, problem=None, runs_target=False):
        self.container = container
        self.other = other
        self.stranger = stranger
        self.problem = problem
        self.runs_target = runs_target

    @property
    def foreign(self):
        """Whether the container that runs the target bears another name than the expected one."""
        return self.runs_target and self.other is not None


def look(settings, own, kind, pid, until):
    """The Others of a host.

    own    the Container of the expected name, found or not, which does not run `pid`
    kind   of what the admin socket gave, see Evidence
    pid    of the process that listens, None where there is none or the kernel does not tell
    until  gives (deadline, kill_grace) for the next call of Docker
    """
    # Docker that can't be asked for one can't be asked for all; who is silent without a pid is the container that runs.
    if own.answer not in ("found", "missing", "podman") or (kind != "nobody" and pid is None and own.up()):
        return Others(own)
    containers, problem = list_containers(until)
    if containers is None:
        return Others(own, problem=problem)
    now = time.time()
    real = owner(containers, pid) if pid else None
    if real is not None:
        if own.found() and real.container_id == own.container_id:
            return Others(real, runs_target=True)  # it was started again meanwhile
        return Others(real, Other(real, "it runs process %d, which listens" % pid, real.age(now)), runs_target=True)
    if pid:
        return Others(own, stranger=pid)
    return Others(own, find(containers, own, settings.admin_socket, now))


def list_containers(until):
    """(every container of this host, None), or (None, why they can't be listed).

    until  gives (deadline, kill_grace) for the next call of Docker
    """
    try:
        deadline, grace = until()
        listed = ask_docker(["ps", "--all", "--quiet", "--no-trunc"], deadline, kill_grace=grace)
        problem = _problem(listed, deadline)
        if problem:
            return None, problem
        ids = _ID.findall(listed.out)
        if not ids:
            return [], None
        if len(ids) > _MOST_CONTAINERS:
            return None, "docker lists %d containers, and at most %d are looked at" % (len(ids), _MOST_CONTAINERS)
        deadline, grace = until()
        shown = ask_docker(["container", "inspect", "--format", "{{json .}}"] + ids, deadline, kill_grace=grace)
        # Of one that went meanwhile Docker complains, and shows the rest.
        problem = _problem(shown, deadline)
    except ZbsError as exc:
        return None, exc.message
    if problem:
        return None, problem
    containers = [_parsed(match.group()) for match in _LINE.finditer(shown.out)]
    return (None, "docker container inspect answered no JSON") if None in containers else (containers, None)


def _problem(result, deadline):
    if result.timed_out:
        return "docker did not answer within %.1f s" % deadline.seconds
    if result.rc != 0 and not says_missing(result):
        return result.sentence() or "docker ended with status %s" % result.rc
    return None


def _parsed(line):
    """The Container of one line; None for what is none."""
    try:
        data = outside.loads(line)
    except ValueError:
        return None
    return Container("found", data=data) if isinstance(data, dict) else None


def owner(containers, pid):
    """The container whose process started `pid`, directly or through others; None where there is none."""
    running = [item for item in containers if item.pid]
    return next((item for item in running if item.pid == pid), None) or next(
        (item for item in running if descends(pid, item.pid)), None
    )


def find(containers, own, admin_socket, now):
    """The Other that counts as this host's target, None where there is none.

    own  the Container of the expected name, found or not. Beside it one that is up counts, or that was started after it: what an
         earlier owner left behind is nobody's target any more.
    now  seconds since 1970
    """
    folders = [os.path.dirname(admin_socket), sockets.FOLDER, oldest.FOLDER]
    found = []
    for container in containers:
        same = own.found() and container.container_id == own.container_id
        how = None if same or container.state in _ENDED else has_folder(container, folders)
        if how and (container.up() or not own.found() or _later(container, own, now)):
            found.append(Other(container, how, container.age(now)))
    return min(found, key=_rank, default=None)


def _later(container, own, now):
    mine, theirs = own.age(now), container.age(now)
    return theirs is not None and (mine is None or theirs < mine)


def _rank(other):
    """The one that is up first, then the one that was started last."""
    age = float("inf") if other.age is None else other.age
    return not other.container.up(), age, other.container.name or ""


def has_folder(container, folders):
    """How it is known that a container has one of the target's socket folders to write to, in words; None where it has not."""
    if container.name == oldest.CONTAINER:
        return "the name of the oldest releases' target"
    wanted = {paths.real(folder) for folder in folders}
    for word in itertools.islice(_paths(container.arguments), _MOST_PATHS):
        path, writable = on_host(container.mounts, word)
        real = _real(path)
        if writable and (real in wanted or os.path.dirname(real) in wanted):
            return "its argument %s" % word
    for mount in container.mounts:
        source = _real(outside.shaped(mount.get("Source"), str) or "/")
        inside = any(folder == source or folder.startswith(source + "/") for folder in wanted)
        if inside and not _SYSTEM.match(source) and mount.get("RW") is not False:
            return "its mount %s" % source
    return None


def _real(path):
    return path if len(path) > _MOST_PATH else paths.real(path)


def _paths(arguments):
    """Absolute paths in arguments: `-r PATH`, `-rPATH`, `--rpc-socket=PATH`, also within a shell's one argument."""
    for word in " ".join(arguments).split():
        for value in (word, word.partition("=")[2], word[2:]):
            if value.startswith("/"):
                yield os.path.normpath(value)
                break


def on_host(mounts, path):
    """(where a path of the container is on the host, whether the container may write there); as it is where no mount has it."""
    best = None
    for mount in mounts:
        inside = os.path.normpath(outside.shaped(mount.get("Destination"), str) or "/")
        if (path == inside or path.startswith(inside.rstrip("/") + "/")) and len(inside) >= len(
            best[0] if best else ""
        ):
            best = inside, mount
    if best is None:
        return path, True
    rest = path[len(best[0]) :].lstrip("/")
    return os.path.normpath(os.path.join(outside.shaped(best[1].get("Source"), str) or "/", rest)), best[1].get(
        "RW"
    ) is not False

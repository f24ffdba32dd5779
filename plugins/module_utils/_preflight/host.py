# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a compute host can tell before a deploy: the image, who is bound to the CPUs."""

import fcntl
import os
import re
import struct

from .._engine import registry, registry_names
from .._observe import spdk, topology
from .._observe.container import inspect_container
from .._tools import host_docker, outside
from .._tools.deadline import Deadline
from .._tools.errors import ZbsError

# struct flock of Linux: type, whence, start, length, pid; native alignment is the kernel's.
_FLOCK = "hhqqi"
_LOCK_FOLDER = "var/tmp"
_OWNER_SECONDS = 2.0


def look_for_image(image, deadline):
    """(present: True, False or None, its labels) by Docker's word."""
    try:
        result = host_docker.run(["docker", "image", "inspect", image], deadline)
    except ZbsError:
        return None, {}
    if result.rc == 0:
        try:
            labels = (outside.loads(result.out)[0].get("Config") or {}).get("Labels") or {}
        except (ValueError, IndexError, AttributeError, KeyError, TypeError):
            labels = {}
        return True, {str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}
    return (False if re.search(r"no such image", result.err, re.I) else None), {}


def ask_registry(image, deadline):
    """(whether the image's registry answers /v2/, a sentence); None where only the way there fails, or can't be gone.

    Asked as the engine would, by its proxies and mirrors. No login is sent, and 401 is an answer. Over TLS or without: whether
    Docker trusts it is Docker's to say.
    """
    answer = registry.ask(registry_names.registry_of(image), True, deadline)
    return None if answer.outcome in ("proxy", "not_known") else answer.outcome == "answers", answer.sentence


def owner(container_name, admin_socket, deadline):
    """The process id of the target that runs now, by the admin socket or by Docker; None where there is none."""
    try:
        return spdk.call(admin_socket, "spdk_get_version", deadline.share(_OWNER_SECONDS)).pid
    except spdk.SpdkProblem as exc:
        pid = exc.details.get("pid")
    except spdk.SpdkError:
        pid = None
    return pid or inspect_container(container_name, Deadline(max(0.1, deadline.left() / 2))).pid


def claimed_cores(cpus, own, root="/"):
    """{cpu: who} of SPDK's lock files of these CPUs that a process holds which is not the target (`own`: its processes)."""
    found = {}
    for cpu in cpus:
        path = os.path.join(root, _LOCK_FOLDER, "spdk_cpu_lock_%03d" % cpu)
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue  # no file, no claim
        try:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _whence, _start, _length, pid = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
        except OSError:
            continue
        finally:
            os.close(handle)
        if kind != fcntl.F_UNLCK and pid not in own:
            found[cpu] = "process %d (%s)" % (pid, _name(root, pid)) if pid > 0 else "a process of another container"
    return found


def bound_processes(cpus, own, deadline, root="/"):
    """([(cpu, who)] of other processes with a thread bound to a part of the CPUs that holds one of these, truncated).

    Kernel threads are none: each CPU has some of its own, whoever uses it.
    """
    online = set(topology.parse_list(_read(os.path.join(root, "sys/devices/system/cpu/online"))))
    wanted = set(cpus)
    found: list[tuple[int, str]] = []
    for pid in sorted((int(name) for name in os.listdir(os.path.join(root, "proc")) if name.isdigit())):
        if deadline.spent():
            return found, True
        folder = os.path.join(root, "proc", str(pid))
        if pid in own or pid == os.getpid() or not _read(os.path.join(folder, "cmdline")):
            continue
        bound = set()
        for allowed in _affinities(folder):
            if allowed and online - allowed:
                bound |= allowed & wanted
        found += [(cpu, "process %d (%s)" % (pid, _name(root, pid))) for cpu in sorted(bound)]
    return found, False


def family(pid, root="/"):
    """`pid` and every process below it."""
    if not pid:
        return set()
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir(os.path.join(root, "proc"))):
        fields = _read(os.path.join(root, "proc", name, "stat")).rpartition(")")[2].split()
        if len(fields) > 1:
            children.setdefault(int(fields[1]), []).append(int(name))
    found, left = set(), [pid]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += children.get(one, [])
    return found


def _affinities(folder):
    """The CPUs that each thread of a process may use."""
    tasks = os.path.join(folder, "task")
    try:
        threads = os.listdir(tasks)
    except OSError:
        return
    for thread in threads:
        match = re.search(r"^Cpus_allowed_list:\s*(\S+)$", _read(os.path.join(tasks, thread, "status")), re.M)
        if match:
            yield set(topology.parse_list(match.group(1)))


def _name(root, pid):
    return _read(os.path.join(root, "proc", str(pid), "comm")).strip() or "unknown"


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except OSError:
        return ""

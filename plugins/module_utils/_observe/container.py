# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Docker knows of the target's container: ONE `docker container inspect`."""

import calendar
import re
import time

from .._tools import command, host_docker, outside, sizes
from .._tools.errors import ZbsError

# Answers of Docker that tell what is wrong; everything else is `error`.
_NO_CONTAINER = re.compile(r"no such container", re.I)
_NO_ENGINE = re.compile(r"cannot connect to the docker daemon|is the docker daemon running|connection refused", re.I)
_DENIED = re.compile(r"permission denied", re.I)
# What podman-docker says: its own banner (which /etc/containers/nodocker hides), or podman's words for what it lacks.
# Docker writes a capital No, and names the daemon or begins with "Error: No".
_PODMAN = re.compile(r"Emulate Docker CLI using podman|Error: (inspecting object: )?no such (container|object)")

# Options of an SPDK application that name its cores and its memory (MiB, or an amount with a unit).
_CPU_OPTIONS = ("-m", "--cpumask")
_MEMORY_OPTIONS = ("-s", "--mem-size")
_MOST_MOUNTS = 200
_SOCKET_OPTIONS = ("-r", "--rpc-socket")


class Container:
    """The answer of one inspect.

    `answer` says what kind it is:
      found       the rest is filled from the container
      missing     Docker answered: there is no such container
      no_docker   no docker command on this host
      no_engine   the command is there, the engine does not answer it
      silent      the engine did not answer before the deadline
      denied      no permission to ask
      podman      the docker command is podman's, and podman has no such container: Docker itself was not asked
      error       anything else; see `detail`
    """

    def __init__(self, answer, detail="", data=None):
        self.answer = answer
        self.detail = detail
        # What calls itself docker may answer other shapes: a gap in the evidence, never an exception.
        data = data or {}
        state = outside.shaped(data.get("State"), dict)
        config = outside.shaped(data.get("Config"), dict)
        arguments = [data.get("Path")] + outside.shaped(data.get("Args"), list)
        self.container_id = outside.or_none(data.get("Id"), str)
        self.name = outside.shaped(data.get("Name"), str).lstrip("/") or None
        self.image = outside.or_none(config.get("Image"), str)
        self.image_id = outside.or_none(data.get("Image"), str)
        self.state = outside.or_none(state.get("Status"), str)
        self.running = bool(state.get("Running"))
        self.restarting = bool(state.get("Restarting"))
        self.pid = outside.shaped(state.get("Pid"), int) or None
        self.exit_code = outside.or_none(state.get("ExitCode"), int)
        self.created_at = outside.or_none(data.get("Created"), str)
        self.started_at = outside.or_none(state.get("StartedAt"), str)
        self.finished_at = outside.or_none(state.get("FinishedAt"), str)
        self.restart_count = outside.or_none(data.get("RestartCount"), int)
        self.arguments = [str(item) for item in arguments if item]
        self.mounts = [item for item in outside.shaped(data.get("Mounts"), list) if isinstance(item, dict)][
            :_MOST_MOUNTS
        ]
        # Only podman watches a container with conmon and names the pid file of it.
        self.podman = answer == "podman" or "ConmonPidFile" in data

    def found(self):
        """Whether Docker showed the container."""
        return self.answer == "found"

    def up(self):
        """Whether it has processes, or Docker is about to give it some."""
        return self.running or self.restarting or self.state == "paused"

    def age(self, now):
        """Seconds since its last start, or since its making where it never started; None when that can't be told.

        now  seconds since 1970
        """
        began = _seconds(self.created_at if self.state == "created" else self.started_at)
        # A start in the future tells of a clock that was set back, and nothing of an age.
        return None if began is None or began > now + 1 else max(0.0, now - began)

    def cpus(self):
        """The CPUs of its arguments as a sorted list, None when they name none."""
        value = _option(self.arguments, _CPU_OPTIONS)
        return None if value is None else parse_cpus(value)

    def memory_mib(self):
        """The memory of its arguments in MiB, None when they name none."""
        value = _option(self.arguments, _MEMORY_OPTIONS)
        size = sizes.amount(value, bare="M") if value else None
        return None if size is None else size >> 20

    def admin_socket(self):
        """The admin socket of its arguments, None when they name none."""
        return _option(self.arguments, _SOCKET_OPTIONS)

    def as_dict(self):
        """Plain data for a module's return."""
        return {
            "answer": self.answer,
            "detail": self.detail,
            "id": self.container_id,
            "name": self.name,
            "pid": self.pid,
            "image": self.image,
            "image_id": self.image_id,
            "state": self.state,
            "exit_code": self.exit_code,
            "restart_count": self.restart_count,
            "started_at": self.started_at,
            "finished_at": self.finished_at if _seconds(self.finished_at) else None,
            "cpus": self.cpus(),
            "memory_mib": self.memory_mib(),
        }


def ask_docker(arguments, deadline, docker="docker", kill_grace=command.KILL_GRACE):
    """The command.Result of the host's docker with these arguments; ZbsError where it can't be run."""
    return host_docker.run([docker] + arguments, deadline, kill_grace=kill_grace)


def says_missing(result):
    """Whether the Result says that there is no such container (any more)."""
    return bool(_NO_CONTAINER.search(result.err))


def inspect_container(name, deadline, docker="docker", kill_grace=command.KILL_GRACE):
    """Ask Docker for the container `name` and return a Container; never raises."""
    try:
        result = ask_docker(["container", "inspect", name], deadline, docker, kill_grace)
    except ZbsError as exc:
        # A docker that can't be run says nothing of our own permissions: `denied` is the engine's word alone.
        return Container("no_docker" if exc.code == "command_missing" else "error", exc.message)
    if result.timed_out:
        return Container("silent", "docker did not answer within %.1f s" % deadline.seconds)
    if result.rc == 0:
        try:
            found = outside.loads(result.out)
            if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
                return Container("found", data=found[0])
        except ValueError:
            pass
        return Container("error", "docker container inspect did not answer with a JSON list of one container")
    said = result.sentence()
    if _PODMAN.search(result.err) and not _DENIED.search(said):
        return Container("podman", "the docker command of this host is podman's, which has no such container")
    for pattern, answer in ((_NO_CONTAINER, "missing"), (_DENIED, "denied"), (_NO_ENGINE, "no_engine")):
        if pattern.search(said):
            return Container(answer, said)
    return Container("error", said or "docker container inspect ended with status %s" % result.rc)


def parse_cpus(text):
    """CPUs named as SPDK takes them: a list `[4,5-7]` (brackets optional where a comma or dash stands) or a hex mask.

    Returns a sorted list; None for anything else.
    """
    text = text.strip()
    if re.match(r"^(0x)?[0-9a-fA-F]{1,1024}$", text):
        mask = int(text, 16)
        return [cpu for cpu in range(mask.bit_length()) if mask >> cpu & 1]
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    cpus: set[int] = set()
    for part in text.split(","):
        match = re.match(r"^\s*([0-9]{1,6})\s*(?:-\s*([0-9]{1,6})\s*)?$", part)
        if not match:
            return None
        low = int(match.group(1))
        high = int(match.group(2) or low)
        if high < low or high - low > 4096:
            return None
        cpus.update(range(low, high + 1))
    return sorted(cpus)


# Docker writes UTC with nanoseconds, podman the local time with its offset.
_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-])(\d\d):(\d\d))\Z")


def _seconds(text):
    """A time as Docker writes it in seconds since 1970; None for no time, which Docker writes as the year 1."""
    match = _TIME.match(outside.shaped(text, str))
    if not match:
        return None
    try:
        whole = calendar.timegm(time.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S"))
    except (ValueError, OverflowError):
        return None
    offset = int(match.group(4)) * 3600 + int(match.group(5)) * 60 if match.group(3) else 0
    seconds = whole + float(match.group(2) or 0) - (offset if match.group(3) == "+" else -offset)
    return seconds if seconds > 0 else None


def _option(arguments, names):
    """The value of the last of `names` in an argument list, as `-m V`, `-mV`, `--cpumask V` or `--cpumask=V`."""
    value = None
    for position, argument in enumerate(arguments):
        for name in names:
            if argument == name and position + 1 < len(arguments):
                value = arguments[position + 1]
            elif name.startswith("--") and argument.startswith(name + "="):
                value = argument[len(name) + 1 :]
            elif not name.startswith("--") and argument.startswith(name) and len(argument) > len(name):
                value = argument[len(name) :]
    return value

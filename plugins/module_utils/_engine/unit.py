# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker.service as systemd has it: the program that it starts, its flags, its environment."""

import os
import re
import shlex

from .._tools import command
from .._tools.errors import ZbsError
from . import names
from .flags import flags_of

# systemctl show of one unit takes milliseconds; far more text than a unit holds is none.
_MOST = 256 * 1024


class Unit:
    """`program` (path or None), `flags` (key -> values), `environment` (name -> text), `enabled` (bool: a boot starts it)."""

    def __init__(self, program=None, flags=None, environment=None, enabled=False):
        self.program = program
        self.flags = flags or {}
        self.environment = environment or {}
        self.enabled = enabled


def look(deadline, root="/"):
    """The Unit of docker.service; an empty one where there is no systemd or no such unit. ZbsError where systemd hangs."""
    properties = [
        "--property=UnitFileState",
        "--property=ExecStart",
        "--property=Environment",
        "--property=EnvironmentFiles",
    ]
    try:
        result = command.run(["systemctl", "show", "docker.service"] + properties, deadline)
    except ZbsError:
        return Unit()
    if result.timed_out:
        raise ZbsError("systemctl did not answer within %.0f s; check the host's systemd" % deadline.seconds, "systemd")
    return parse(result.out, lambda path: _environment_file(os.path.join(root, path.lstrip("/"))))


def parse(text, read_environment):
    """The Unit in what `systemctl show` prints. read_environment  gives the variables of an environment file by its path."""
    values: dict[str, list[str]] = {}
    for line in text[:_MOST].splitlines():
        name, _equals, value = line.partition("=")
        values.setdefault(name, []).append(value)
    enabled = values.get("UnitFileState") == ["enabled"]
    environment = {}
    for value in values.get("Environment", []):
        environment.update(_assignments(_split(value)))
    for value in values.get("EnvironmentFiles", []):
        environment.update(read_environment(value.split(" (")[0]))
    for value in values.get("ExecStart", []):
        match = re.search(r"argv\[\]=(.*?) ; ignore_errors=", value)
        words = _split(match.group(1)) if match else []
        arguments = names.arguments(list(_expanded(words, environment)))
        if arguments is not None:
            return Unit(words[0], flags_of(arguments), environment, enabled)
    return Unit(environment=environment, enabled=enabled)


def _expanded(words, environment):
    """systemd's way: $NAME alone becomes its words, ${NAME} inside a word its text."""
    for word in words:
        if re.match(r"\$\w+$", word):
            yield from _split(environment.get(word[1:], ""))
        else:
            text = re.sub(r"\$\{(\w+)\}", lambda match: environment.get(match.group(1), ""), word)
            if text:
                yield text


def _environment_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            lines = [line.strip() for line in handle.read(_MOST).splitlines()]
    except OSError:
        return {}
    words = []
    for line in lines:
        if line and line[0] not in "#;" and "=" in line:
            name, _equals, value = line.partition("=")
            words.append("%s=%s" % (name.strip(), " ".join(_split(value))))
    return _assignments(words)


def _assignments(words):
    return dict(word.split("=", 1) for word in words if "=" in word)


def _split(text):
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dockerd as a program: where it is, what it is given on its command line, since when it runs."""

import glob
import os
import re
import shlex
import time

from .._observe.process import read_process
from .._tools import command
from .._tools.errors import ZbsError

_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
# The short and the singular names of flags; in the file each has the long plural.
_SHORT = {
    "D": "debug",
    "G": "group",
    "H": "hosts",
    "b": "bridge",
    "g": "data-root",
    "l": "log-level",
    "s": "storage-driver",
}
_PLURAL = {
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "default-address-pool": "default-address-pools",
    "default-ulimit": "default-ulimits",
    "exec-opt": "exec-opts",
    "graph": "data-root",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
    "dns-option": "dns-opts",
}
# Flags that take no value of their own word.
_SWITCHES = frozenset(
    [
        "debug",
        "experimental",
        "icc",
        "init",
        "ip-forward",
        "ip-masq",
        "iptables",
        "ip6tables",
        "ipv6",
        "live-restore",
        "no-new-privileges",
        "raw-logs",
        "rootless",
        "selinux-enabled",
        "tls",
        "tlsverify",
        "userland-proxy",
        "validate",
        "version",
        "help",
    ]
)


class Running:
    """A dockerd that runs: `pid`, `flags` (key -> values), `since` (seconds since 1970)."""

    def __init__(self, pid, flags, since):
        self.pid = pid
        self.flags = flags
        self.since = since


def program(root="/"):
    """The path of dockerd; None where there is none. podman-docker brings a docker command and no dockerd."""
    for folder in os.environ.get("PATH", "").split(os.pathsep) + list(_FOLDERS):
        path = os.path.join(root, folder.lstrip("/"), "dockerd") if root != "/" else os.path.join(folder, "dockerd")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def flags_of(words):
    """dockerd's arguments (without its name) by the key that they have in daemon.json: key -> values as texts."""
    found: dict[str, list[str]] = {}
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word in ("-", "--"):
            continue
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
        else:
            name, equals, value = _SHORT.get(word[1], word[1]), word[2:], word[2:].lstrip("=")
        if not equals:
            takes_word = name not in _SWITCHES and words and not words[0].startswith("-")
            value = words.pop(0) if takes_word else "true"
        found.setdefault(_PLURAL.get(name, name), []).append(value)
    return found


def running(root="/", clock=time.time):
    """The dockerd that runs, the oldest where there are several; None where there is none.

    One that runs in a container of this host is somebody else's.
    """
    found = []
    for path in glob.glob(os.path.join(root, "proc/[0-9]*/cmdline")):
        try:
            with open(path, "rb") as handle:
                words = handle.read().decode("utf-8", "replace").split("\0")[:-1]
        except OSError:
            continue
        if not words or os.path.basename(words[0]) != "dockerd" or not _on_host(root, os.path.dirname(path)):
            continue
        pid = int(os.path.basename(os.path.dirname(path)))
        process = read_process(pid, root)
        if process is not None:
            found.append(Running(pid, flags_of(words[1:]), clock() - process.age))
    return min(found, key=lambda item: item.since) if found else None


def _on_host(root, folder):
    """Whether the process is in the mount namespace that this program is in; yes where it can't be told."""
    try:
        return os.readlink(os.path.join(folder, "ns/mnt")) == os.readlink(os.path.join(root, "proc/self/ns/mnt"))
    except OSError:
        return True


def unit_flags(deadline, root="/"):
    """The flags that docker.service gives dockerd, with the variables of its environment in their places.

    Empty where there is no systemd or no such unit.
    """
    names = ["--property=ExecStart", "--property=Environment", "--property=EnvironmentFiles"]
    try:
        result = command.run(["systemctl", "show", "docker.service"] + names, deadline)
    except ZbsError:
        return {}
    if result.timed_out:
        raise ZbsError("systemctl did not answer within %.0f s; check the host's systemd" % deadline.seconds, "systemd")
    values: dict[str, list[str]] = {}
    for line in result.out.splitlines():
        name, _equals, value = line.partition("=")
        values.setdefault(name, []).append(value)
    environment = {}
    for value in values.get("Environment", []):
        environment.update(_assignments(_split(value)))
    for value in values.get("EnvironmentFiles", []):
        environment.update(_environment_file(os.path.join(root, value.split(" (")[0].lstrip("/"))))
    for value in values.get("ExecStart", []):
        match = re.search(r"argv\[\]=(.*?) ; ignore_errors=", value)
        words = _split(match.group(1)) if match else []
        if words and os.path.basename(words[0]) == "dockerd":
            return flags_of(_expanded(words[1:], environment))
    return {}


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
            lines = [line.strip() for line in handle]
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

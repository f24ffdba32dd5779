# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator, or the manager's own hugepage switch, set up for the same hugepages: sysctl and tmpfiles entries, the kernel command
line of this boot and of the next ones, tuned. Told, never changed.
"""

import collections
import os
import re

from .._tools import sizes
from . import node_pools

# In the order in which systemd-sysctl takes them; a file hides one of the same name further down.
_SYSCTL = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
_TMPFILES = ("etc/tmpfiles.d", "run/tmpfiles.d", "usr/local/lib/tmpfiles.d", "usr/lib/tmpfiles.d")
_TUNED = ("etc/tuned", "etc/tuned/profiles", "usr/lib/tuned", "usr/lib/tuned/profiles")
_MOST_PROFILES = 100
_SETTING = re.compile(r"^\s*-?\s*(vm[./]nr_hugepages(?:_mempolicy)?)\s*=\s*(\S.*?)\s*$")
_DEFAULT = "default_hugepagesz"
# Where the kernel command line of the next boot is written: by people, by grubby, by kernel-install, by grub2-mkconfig.
_BOOT_FILES = (
    "etc/default/grub",
    "etc/kernel/cmdline",
    "boot/grub2/grubenv",
    "boot/grub2/grub.cfg",
    "boot/grub/grub.cfg",
)
_BOOT_FOLDERS = (("boot/loader/entries", ".conf"), ("etc/default/grub.d", ".cfg"))
_BOOT_LINE = re.compile(r"^\s*(?:GRUB_CMDLINE_LINUX\w*\s*\+?=|kernelopts=|options\s|linux(?:16|efi)?\s)(.*)$")


def find(page_kib, root="/", guests_kib=None):
    """[{where, says}] of every entry that sets the pool of that page size or of the guests', or the kernel's default size."""
    default_kib = node_pools.default_kib(root)
    wanted = {page_kib, guests_kib or page_kib}
    found = _command_line(_read(root, "proc/cmdline"), wanted, default_kib, "the kernel command line")
    found += _boot_entries(root, wanted, default_kib)
    if default_kib in wanted:  # vm.nr_hugepages speaks of the default size only
        found += _sysctl(root)
    return found + _tmpfiles(root, wanted) + _tuned(root, wanted, default_kib)


def sentence(entry):
    """What to say of an entry."""
    if entry["says"].startswith(_DEFAULT):
        return (
            "%(where)s sets the kernel's default page size (%(says)s), which decides the pool that VMs use; the manager's "
            "hugepage switch writes it too" % entry
        )
    return (
        "%(where)s sets the same pages (%(says)s), and was left alone; applying it again may take pages from "
        "the target" % entry
    )


def _boot_entries(root, wanted, default_kib):
    names = list(_BOOT_FILES)
    for folder, ending in _BOOT_FOLDERS:
        names += [os.path.join(folder, name) for name in _list(root, folder) if name.endswith(ending)]
    found: dict[tuple, dict] = {}
    for name in names:
        for line in _read(root, name).splitlines():
            match = _BOOT_LINE.match(line)
            text = line if name == "etc/kernel/cmdline" else match.group(1) if match else ""
            # A menu says the same of each of its kernels.
            for item in _command_line(text, wanted, default_kib, "/" + name):
                found.setdefault((item["where"], item["says"]), item)
    return list(found.values())


def _in_order(root, folders):
    """The files ending in .conf, by name; a file hides one of the same name in a later folder."""
    paths: dict[str, str] = {}
    for folder in folders:
        for name in _list(root, folder):
            if name.endswith(".conf"):
                paths.setdefault(name, os.path.join(folder, name))
    return [paths[name] for name in sorted(paths)]


def _tmpfiles(root, wanted):
    """Lines such as `w /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 512`; see tmpfiles.d(5)."""
    found = []
    for path in _in_order(root, _TMPFILES):
        for line in _read(root, path).splitlines():
            words = line.split()
            if len(words) > 6 and words[0].startswith("w") and words[1].endswith(_pool_files(wanted)):
                found.append({"where": "/" + path, "says": "%s = %s" % (words[1], words[6])})
    return found


def _pool_files(wanted):
    return tuple("hugepages-%dkB/nr_hugepages" % size for size in sorted(wanted))


def _sysctl(root):
    seen, found = set(), []
    for path in ["etc/sysctl.conf"] + _in_order(root, _SYSCTL):
        real = os.path.realpath(os.path.join(root, path))  # 99-sysctl.conf is often a link to sysctl.conf
        if real not in seen:
            seen.add(real)
            found += _settings(root, path)
    return found


def _settings(root, path):
    matches = [_SETTING.match(line) for line in _read(root, path).splitlines()]
    return [{"where": "/" + path, "says": "%s = %s" % match.groups()} for match in matches if match]


def _command_line(text, wanted, default_kib, where):
    """`hugepages=` counts for the `hugepagesz=` before it, and for the default size where there is none."""
    words = [word.strip("\"'+").partition("=") for word in text.split()]
    size = next((_size_kib(value) for name, _equals, value in words if name == _DEFAULT), None) or default_kib
    found = []
    for name, _equals, value in words:
        if name == "hugepagesz":
            size = _size_kib(value)
        elif name == _DEFAULT or name == "hugepages" and size in wanted:
            found.append({"where": where, "says": "%s=%s" % (name, value)})
    return found


def _tuned(root, wanted, default_kib):
    """The active profile and those that it includes."""
    waiting = collections.deque(_read(root, "etc/tuned/active_profile").split())
    seen: set[str] = set()
    found: list[dict] = []
    while waiting and len(seen) < _MOST_PROFILES:
        profile = waiting.popleft()
        if profile in seen:
            continue
        seen.add(profile)
        path = next((path for path in _profile_paths(profile) if _read(root, path)), None)
        if path is None:
            continue
        for name, value in _profile(_read(root, path)):
            if name == "include":
                waiting += re.split(r"[,;\s]+", value)
            elif (
                re.match(r"^vm[./]nr_hugepages", name)
                and default_kib in wanted
                or name.endswith(tuple(item.lower() for item in _pool_files(wanted)))
            ):
                found.append({"where": "/" + path, "says": "%s = %s" % (name, value)})
            elif name.startswith("cmdline"):
                found += _command_line(value, wanted, default_kib, "/" + path)
    return found


def _profile(text):
    """(name in lower case, value) of each setting of a tuned.conf; the last one of a name in a section counts.

    Python's configparser gives up on a whole file for one line, or dies of it (a name without a value before an indented line).
    """
    section, found = "", {}
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif equals and not line.startswith(("#", ";")):
            found[section, name.strip().lower()] = value.strip()
    return [(name, value) for (_section, name), value in found.items()]


def _profile_paths(profile):
    # A profile's name is a folder's: one that climbs out of it, or that no folder can have, is none.
    return (
        []
        if "/" in profile or "\0" in profile or profile in ("", ".", "..")
        else [os.path.join(folder, profile, "tuned.conf") for folder in _TUNED]
    )


def _size_kib(text):
    size = sizes.kernel(text)
    return size // 1024 if size else None


def _read(root, path):
    """A file's text; empty where there is none or it can't be read: what can't be read is not reported."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as handle:
            return handle.read(262144)
    except OSError:
        return ""


def _list(root, folder):
    try:
        return sorted(os.listdir(os.path.join(root, folder)))
    except OSError:
        return []

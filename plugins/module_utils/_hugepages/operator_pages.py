# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator set up for the same hugepages: sysctl files, the kernel command line, tuned. Told, never changed."""

import configparser
import os
import re

# In the order in which systemd-sysctl takes them; a file hides one of the same name further down.
_SYSCTL = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
_TUNED = ("etc/tuned", "etc/tuned/profiles", "usr/lib/tuned", "usr/lib/tuned/profiles")
_SETTING = re.compile(r"^\s*-?\s*(vm[./]nr_hugepages(?:_mempolicy)?)\s*=\s*(\S.*?)\s*$")
_UNITS_KIB = {"K": 1, "M": 1024, "G": 1024**2}


def find(page_kib, root="/"):
    """[{where, says}] of every entry that sets the pool of that page size."""
    default_kib = _default_kib(root)
    found = _command_line(_read(root, "proc/cmdline"), page_kib, default_kib, "the kernel command line")
    if default_kib == page_kib:  # vm.nr_hugepages speaks of the default size only
        found += _sysctl(root)
    return found + _tuned(root, page_kib, default_kib)


def _sysctl(root):
    paths: dict[str, str] = {}
    for folder in _SYSCTL:
        for name in _list(root, folder):
            if name.endswith(".conf"):
                paths.setdefault(name, os.path.join(folder, name))
    seen, found = set(), []
    for path in ["etc/sysctl.conf"] + [paths[name] for name in sorted(paths)]:
        real = os.path.realpath(os.path.join(root, path))  # 99-sysctl.conf is often a link to sysctl.conf
        if real not in seen:
            seen.add(real)
            found += _settings(root, path)
    return found


def _settings(root, path):
    matches = [_SETTING.match(line) for line in _read(root, path).splitlines()]
    return [{"where": "/" + path, "says": "%s = %s" % match.groups()} for match in matches if match]


def _command_line(text, page_kib, default_kib, where):
    """`hugepages=` counts for the `hugepagesz=` before it, and for the default size where there is none."""
    found, size = [], default_kib
    for word in text.split():
        name, _equals, value = word.strip("\"'+").partition("=")
        if name == "hugepagesz":
            size = _size_kib(value)
        elif name == "hugepages" and size == page_kib:
            found.append({"where": where, "says": "%s=%s" % (name, value)})
    return found


def _tuned(root, page_kib, default_kib):
    """The active profile and those that it includes."""
    waiting, seen, found = _read(root, "etc/tuned/active_profile").split(), set(), []
    while waiting:
        profile = waiting.pop(0)
        path = next((path for path in _profile_paths(profile) if _read(root, path)), None)
        if path is None or path in seen:
            continue
        seen.add(path)
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(_read(root, path))
        except configparser.Error:
            continue
        for section in parser.sections():
            for name, value in parser.items(section):
                value = value or ""
                if name == "include":
                    waiting += re.split(r"[,;\s]+", value)
                elif (
                    re.match(r"^vm[./]nr_hugepages", name)
                    and default_kib == page_kib
                    or name.endswith("hugepages-%dkb/nr_hugepages" % page_kib)
                ):
                    found.append({"where": "/" + path, "says": "%s = %s" % (name, value)})
                elif name.startswith("cmdline"):
                    found += _command_line(value, page_kib, default_kib, "/" + path)
    return found


def _profile_paths(profile):
    # A profile's name is a folder's: one that climbs out of it is none.
    return (
        []
        if "/" in profile or profile in ("", ".", "..")
        else [os.path.join(folder, profile, "tuned.conf") for folder in _TUNED]
    )


def _default_kib(root):
    match = re.search(r"^Hugepagesize:\s+(\d+) kB", _read(root, "proc/meminfo"), re.M)
    return int(match.group(1)) if match else None


def _size_kib(text):
    match = re.match(r"^(\d{1,9})([KMG])$", text, re.I)
    return int(match.group(1)) * _UNITS_KIB[match.group(2).upper()] if match else None


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

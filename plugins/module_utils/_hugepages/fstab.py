# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab as mount(8) and systemd-fstab-generator read it: which line mounts what, and whether it does so at boot. Pure."""

from . import mountinfo

_BINDS = ("bind", "rbind")
# Units that a line wants to be pulled in by, whatever `noauto` says; see systemd.mount(5).
_PULLED = ("x-systemd.wanted-by=", "x-systemd.required-by=")


class Entry:
    """A line: `source`, `target` (as programs name it), `kinds` (types, tried in their order), `options` (words)."""

    def __init__(self, fields):
        self.source = mountinfo.unescape(fields[0])
        self.target = mountinfo.unescape(fields[1])
        self.kinds = fields[2].split(",")
        self.options = mountinfo.unescape(fields[3]).split(",") if len(fields) > 3 else ["defaults"]

    def is_hugetlbfs(self):
        """Whether it mounts a hugetlbfs, or shows a folder once more that may be one."""
        return "hugetlbfs" in self.kinds or any(word in _BINDS for word in self.options)

    def at_boot(self):
        """Whether it is mounted without anybody asking. An automount is: whoever looks into its folder has it mounted."""
        said = [word for word in self.options if word in ("auto", "noauto")]
        return said[-1:] != ["noauto"] or any(word.startswith(_PULLED) for word in self.options)


def entries(text):
    """The lines that mount something below the root, in their order: no comments, no swap, none without a type."""
    for line in text.split("\n"):
        # Fields are apart by blanks and tabs, and nothing else.
        fields = [word for word in line.rstrip("\r").replace("\t", " ").split(" ") if word]
        if len(fields) > 2 and not fields[0].startswith("#") and fields[1].startswith("/"):
            yield Entry(fields)


def find(text, same):
    """The Entry of a hugetlbfs on a path for which `same(path)` holds, None without one. systemd takes the first of a path's lines."""
    return next((entry for entry in entries(text) if entry.is_hugetlbfs() and same(entry.target)), None)

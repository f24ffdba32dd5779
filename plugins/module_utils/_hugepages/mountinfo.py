# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a mountinfo, and which of their mounts a path still leads to; see proc(5). Pure."""

import re

# As many mounts as a namespace may have unless somebody raised fs.mount-max.
_MOST_ROWS = 100000
# No path that a program names is longer.
_LONGEST = 4096


class Row:
    """One mount: `number`, `parent`, `device` ("0:47"), `root` (its place in its file system), `point`, `flags` (options of the
    mount), `tags` ("shared:7"), `kind` of file system, `options` of the file system. Paths are as programs name them."""

    __slots__ = ("number", "parent", "device", "root", "point", "flags", "tags", "kind", "options")

    def __init__(self, fields, dash):
        self.number, self.parent, self.device = fields[0], fields[1], fields[2]
        self.root = unescape(fields[3])
        self.point = unescape(fields[4])
        self.flags = fields[5]
        self.tags = fields[6:dash]
        self.kind = fields[dash + 1]
        self.options = fields[dash + 3]


def rows(text):
    """Every Row of a mountinfo text, in mount order; lines of another shape are none."""
    count, start = 0, 0
    while start < len(text) and count < _MOST_ROWS:
        # Lines end with a line feed alone: a path may hold any other character that Python takes for the end of a line.
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        fields = text[start:end].split(" ")
        start = end + 1
        try:
            dash = fields.index("-", 6)
        except ValueError:
            continue
        if len(fields) >= dash + 4 and fields[4].startswith("/") and len(fields[4]) <= _LONGEST:
            count += 1
            yield Row(fields, dash)


def unescape(text):
    """The kernel writes blanks and the like of a path as `\\040`; fstab(5) does the same."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8) & 255), text)


class Tree:
    """Which mounts are covered: by a mount on the same path, on a folder above it, or on one that their parent lies in."""

    def __init__(self, found):
        self._nodes: dict = {}
        self._children = set()
        for row in found:
            self._nodes[row.number] = (row.parent, row.point)
            self._children.add((row.parent, row.point))

    def covered(self, number):
        """Whether no path leads to the mount any more."""
        seen = set()
        if (number, self._nodes[number][1]) in self._children:
            return True  # what is mounted over a mount names it as its parent and bears its path
        while number in self._nodes and number not in seen:
            seen.add(number)
            parent, point = self._nodes[number]
            if parent != number and any((parent, above) in self._children for above in self._between(parent, point)):
                return True
            number = parent
        return False

    def _between(self, parent, point):
        """The folders above `point`, down to the parent's own place: a mount there that came later is in the way."""
        top = self._nodes.get(parent, (None, "/"))[1]
        while len(point) > len(top):
            point = point.rpartition("/")[0]
            if not point:
                return
            yield point

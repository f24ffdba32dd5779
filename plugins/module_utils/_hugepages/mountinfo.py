# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a mountinfo, and which of their mounts a path still leads to; see proc(5). Pure."""

import re

# As many mounts as a namespace may have unless somebody raised fs.mount-max.
_MOST_ROWS = 100000
# No path that a program names is longer, and no line has more than a few of them, each letter written as four.
_LONGEST = 4096
_LONGEST_LINE = 16 * _LONGEST


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


def rows(text, kind=None):
    """Every Row of a mountinfo text in mount order, or those of one kind; lines of another shape are none."""
    for line in _lines(text):
        if kind is not None and kind not in line:
            continue
        fields = line.split(" ")
        try:
            dash = fields.index("-", 6)
        except ValueError:
            continue
        whole = len(fields) >= dash + 4 and fields[4].startswith("/") and len(fields[4]) <= _LONGEST
        if whole and kind in (None, fields[dash + 1]):
            yield Row(fields, dash)


def _lines(text):
    """Lines end with a line feed alone: a path may hold any other character that Python takes for the end of a line."""
    start = 0
    for _number in range(_MOST_ROWS):
        if start >= len(text):
            return
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start <= _LONGEST_LINE:
            yield text[start:end]
        start = end + 1


def unescape(text):
    """The kernel writes blanks and the like of a path as `\\040`; fstab(5) does the same."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8) & 255), text) if "\\" in text else text


class Tree:
    """Which mounts are covered: by a mount on the same path, on a folder above it, or on one that their parent lies in."""

    def __init__(self, text):
        self._nodes: dict = {}
        self._lost: dict = {}
        for line in _lines(text):
            fields = line.split(" ", 5)
            if len(fields) == 6 and fields[4].startswith("/") and len(fields[4]) <= _LONGEST:
                self._nodes[fields[0]] = (fields[1], unescape(fields[4]))
        self._children = set(self._nodes.values())

    def covered(self, number):
        """Whether no path leads to the mount any more."""
        # What is mounted over a mount names it as its parent and bears its path.
        return (number, self._nodes[number][1]) in self._children or self._is_lost(number)

    def _is_lost(self, number):
        """Whether something is in the way to the mount; each mount is looked at once, and a circle of parents ends."""
        way, lost = [], False
        while number in self._nodes and number not in self._lost and not lost:
            parent, point = self._nodes[number]
            self._lost[number] = False
            way.append(number)
            lost = any((parent, above) in self._children for above in self._between(parent, point))
            number = parent
        lost = lost or self._lost.get(number, False)
        self._lost.update(dict.fromkeys(way, lost))
        return lost

    def _between(self, parent, point):
        """The folders above `point`, down to the parent's own place: a mount there that came later is in the way."""
        top = self._nodes.get(parent, (None, "/"))[1]
        while len(point) > len(top):
            point = point.rpartition("/")[0]
            if not point:
                return
            yield point

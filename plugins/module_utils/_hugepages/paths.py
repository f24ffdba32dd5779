# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path as the kernel names it, so that what an operator wrote and what a mount table says can be compared."""

import os

_MOST_LINKS = 40  # as the kernel


def below(root, path):
    """An absolute path as it is called below `root`."""
    return os.path.join(root, path.lstrip("/"))


def as_kernel(path, root="/"):
    """An absolute path without links, `.`, `..`, doubled or trailing slashes; what is not there is taken as it is written."""
    done: list[str] = []
    waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            done = done[:-1]
            continue
        try:
            target = os.readlink(below(root, "/".join(done + [part])))
        except (OSError, ValueError):
            done.append(part)  # no link, or not there
            continue
        links += 1
        if links > _MOST_LINKS:
            return "/" + "/".join(done + [part] + waiting[::-1])
        if target.startswith("/"):
            done = []
        waiting += [part for part in reversed(target.split("/")) if part not in ("", ".")]
    return "/" + "/".join(done)

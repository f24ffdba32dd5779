# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hugepages that a target took for itself, from its memory map.

A target maps the memory of every VM that it serves, and that lies on hugepages as well: memfds (`/memfd:pc.ram`), or files of libvirt. The
kernel's totals (smaps_rollup) add both up, so mappings are told apart by the file that they are of.
"""

import os
import re

# What DPDK's EAL makes in the target's hugetlbfs, and takes without one. It deletes the files; a map goes on naming them.
# SPDK's prefix has its process id, or the number of its option --shm-id.
_OWN = re.compile(r"(?:/(?:spdk_pid[0-9]+|spdk[0-9]+|rte)map_[0-9]+|^/anon_hugepage)$")
_SIZE = "kernelpagesize_kB="


def read_own_pages(folder):
    """{page size in KiB: {node: pages}} of the process whose /proc is `folder`; None when the kernel does not tell.

    Without NUMA in the kernel there is no numa_maps: all pages stand under the node None then.
    """
    for name, read in (("numa_maps", _of_numa_maps), ("smaps", _of_smaps)):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as handle:
                return read(handle)
        except OSError:
            continue
    return None


def _of_numa_maps(lines):
    """From lines as `ADDRESS POLICY file=/dev/hugepages2m/spdk_pid1map_0 huge N0=1024 kernelpagesize_kB=2048`; see numa(7)."""
    found: dict = {}
    for line in lines:
        if " huge" not in line:
            continue
        # A file's name may hold anything but blanks, which are escaped.
        words = line.split()
        path = next((word[len("file=") :] for word in words if word.startswith("file=")), "")
        size = next((word[len(_SIZE) :] for word in words if word.startswith(_SIZE)), "")
        if "huge" in words and size.isdecimal() and _is_own(path.replace("\\040", " ")):
            nodes = found.setdefault(int(size), {})
            for match in filter(None, (re.match(r"^N([0-9]+)=([0-9]+)$", word) for word in words)):
                nodes[int(match.group(1))] = nodes.get(int(match.group(1)), 0) + int(match.group(2))
    return found


def _of_smaps(lines):
    """From the paragraphs of smaps, each with the line of its mapping first; see proc(5)."""
    found: dict = {}
    own, size = False, 0
    for line in lines:
        words = line.split(None, 5)
        if words and not words[0].endswith(":"):
            own, size = len(words) > 5 and _is_own(words[5].strip()), 0
        elif own and len(words) > 1 and words[1].isdecimal():
            if words[0] == "KernelPageSize:":
                size = int(words[1])
            elif size and words[0] in ("Shared_Hugetlb:", "Private_Hugetlb:"):
                nodes = found.setdefault(size, {None: 0})
                nodes[None] += int(words[1]) // size
    return found


def _is_own(path):
    return bool(_OWN.search(path[: -len(" (deleted)")] if path.endswith(" (deleted)") else path))

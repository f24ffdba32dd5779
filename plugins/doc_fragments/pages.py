# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options on hugepages, said once."""


class ModuleDocFragment:
    """See C(extends_documentation_fragment) in each module."""

    DOCUMENTATION = r"""
options:
  hugepage_size:
    description: Size of the pages. The pool of this size is used, whatever the kernel's default size is.
    type: str
    choices: [2M, 1G]
    default: 2M
  hugepage_count:
    description: Pages that must be available to the target, free ones plus those that it holds already.
    type: int
    default: 1024
  numa:
    description:
      - On which NUMA nodes the pages of O(hugepage_count) must be available. Those for guests may be on any node.
      - V(any) leaves it to the kernel, V(target) is the node of the target's CPUs, a number is that node.
      - "A dictionary of node and pages, such as V({0: 512, 1: 512}), replaces O(hugepage_count)."
    type: raw
    default: any
  hugetlbfs_dir:
    description:
      - Where to mount a hugetlbfs; used only if none of this page size that is fit for a target is mounted yet. An empty or new
        folder.
      - Of several fit mounts, the one that an earlier run chose is used, then the one on this path, then the one mounted last.
    type: path
    default: /dev/hugepages2m
"""

    GUESTS = r"""
options:
  guest_memory:
    description:
      - Further memory for guests, such as V(16G), in the pool that guests use. Pages that running guests use already count towards it.
      - Guests use the kernel's default page size if a hugetlbfs of that size is mounted, else the size of the first hugetlbfs. On
        x86-64 that is the target's pool as a rule.
    type: str
    default: "0"
"""

    COMPACT = r"""
options:
  compact:
    description: Whether caches may be dropped and memory compacted when the pool can't grow enough. This costs page cache.
    type: str
    choices: [when_short, never]
    default: when_short
"""

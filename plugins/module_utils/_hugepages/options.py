# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options on hugepages that modules share, beside the documentation fragment `pages`."""

from .._tools.errors import ZbsError
from . import numa, refusals, wanted

# For the target, and beside them for guests.
PAGES = {
    "hugepage_size": {"type": "str", "choices": ["2M", "1G"], "default": "2M"},
    "hugepage_count": {"type": "int", "default": 1024},
    "numa": {"type": "raw", "default": "any"},
    "hugetlbfs_dir": {"type": "path", "default": "/dev/hugepages2m"},
}
GUESTS = {"guest_memory": {"type": "str", "default": "0"}}
COMPACT = {"compact": {"type": "str", "choices": ["when_short", "never"], "default": "when_short"}}


def parse(params):
    """{page_kib, target_pages, guest_kib, numa, hugetlbfs_dir}; ZbsError names the option and the value that can't be."""
    check_count(params, "hugepage_count")
    page_kib = wanted.size_kib(params["hugepage_size"])
    refusals.check_folder_name(params["hugetlbfs_dir"])
    return {
        "page_kib": page_kib,
        "target_pages": params["hugepage_count"],
        "guest_kib": wanted.parse_memory_kib(params["guest_memory"]),
        "numa": numa.parse(params["numa"]),
        "hugetlbfs_dir": params["hugetlbfs_dir"],
    }


def check_count(params, name):
    """ZbsError `bad_option` unless the option `name` is 0 or more pages."""
    if params[name] < 0:
        raise ZbsError("%s is %d; give 0 or more pages" % (name, params[name]), "bad_option")

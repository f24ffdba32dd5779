# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host is worked on when. Pure."""


def cut(hosts, size):
    """{host: number of its batch} for `hosts` (in order) in batches of `size` (1 or more), counted from 0."""
    return {host: position // size for position, host in enumerate(hosts)}

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection's code lies on a host; apart from its installation, which a tick has no use for."""

FOLDER = "/usr/libexec/zbs-vhost"
# The link to the version that is in use.
CURRENT = "current"

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the kernel for hugepages, and for the memory to make them of."""

import errno
import os

from .._observe.pools import folder
from .._tools.errors import ZbsError, system_words


def set_pages(page_kib, number, root="/", node=None):
    """Ask the kernel for a pool of `number` pages. It may give fewer without an error: read the pool afterwards."""
    write(os.path.join(folder(page_kib, root, node), "nr_hugepages"), str(number))


def write(path, value):
    """Write a kernel file; ZbsError `unwritable` says why not."""
    try:
        with open(path, "w", encoding="ascii") as handle:
            handle.write(value)
    except OSError as exc:
        why = "it is read-only" if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else system_words(exc)
        raise ZbsError("%s can't be set to %s (%s); run as root on the host itself" % (path, value, why), "unwritable")

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling systemd how the guard is: sd_notify(3), a datagram to the socket that it names."""

import contextlib
import os
import socket


def notify(words, environ=None):
    """Send `words` (lines NAME=VALUE); without systemd, or when it does not listen, nothing happens."""
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    if address.startswith("@"):  # an abstract one
        address = "\0" + address[1:]
    # The guard's work does not depend on who listens.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.sendto(words.encode("utf-8", "replace"), address)

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tick sees of a running VM: `qemu-kvm guest.py ARGUMENT...`, connected to the sockets that its standard input names, a line each.

An empty line ends them; it says "ready", and ends with its standard input. Only the standard library: it runs without the bench's folder.
"""

import os
import resource
import socket
import sys

# What a QEMU holds besides its disks: an event for each queue, timer and vCPU.
EVENTS = 40


def main() -> None:
    """Connect, and stay."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    events = [os.eventfd(0) for _number in range(EVENTS)]
    disks = []
    for line in iter(sys.stdin.readline, "\n"):
        disk = socket.socket(socket.AF_UNIX)
        disk.connect(line.rstrip("\n"))
        disks.append(disk)
    print("ready", flush=True)
    sys.stdin.read()
    for event in events:
        os.close(event)


if __name__ == "__main__":
    main()

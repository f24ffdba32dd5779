"""Runs on a compute host: print when its target answers, when its VMs' volumes are all served, and when their disks go on.

    python3 - SECONDS ADMIN_SOCKET PROCESS [VOLUME_SOCKET CONSOLE DISK]... < watch.py

PROCESS is the target's, which is killed at the begin, or 0 where it is gone already. Prints one JSON object: killed, answers, served,
and in goes_on each disk, in seconds of CLOCK_MONOTONIC, which every container of a machine shares; null for what did not happen.
"""

import json
import os
import signal
import socket
import sys
import time


def answers(path):
    """Whether the admin socket answers a call at once."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "spdk_get_version"}
    with socket.socket(socket.AF_UNIX) as conn:
        conn.settimeout(0.5)
        try:
            conn.connect(path)
            conn.sendall(json.dumps(request).encode())
            return b"result" in conn.recv(4096)
        except OSError:
            return False


def listened(paths):
    """Those of the paths on which somebody listens, by the kernel's table; nothing is connected to."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
        fields = [line.split() for line in table]
    return {words[-1] for words in fields if words[-1] in paths and int(words[3], 16) & 0x10000}


def rounds(path, disk):
    """How many rounds of a disk the console tells of."""
    with open(path, encoding="utf-8", errors="replace") as console:
        return sum(f"{disk} round " in line for line in console)


def kill(process):
    """Kill a process, and return when it is gone."""
    os.kill(process, signal.SIGKILL)
    while os.path.exists(f"/proc/{process}"):
        time.sleep(0.001)


def main(seconds, admin, process, *words):
    """Watch until all of it happened, or the time is over."""
    disks = list(zip(words[::3], words[1::3], words[2::3], strict=True))
    volumes = {volume for volume, _console, _disk in disks}
    answered = served = None
    began: list[int | None] = [None] * len(disks)
    goes_on: list[float | None] = [None] * len(disks)
    killed = time.monotonic()
    if int(process):
        kill(int(process))
    end = killed + float(seconds)
    while (answered is None or served is None or None in goes_on) and time.monotonic() < end:
        if answered is None and answers(admin):
            answered = time.monotonic()
        listening = listened(volumes)
        if served is None and listening == volumes:
            served = time.monotonic()
        for number, (volume, console, disk) in enumerate(disks):
            # A round of before the kill may be told after it, but not after the volume is there again.
            if volume not in listening or began[number] is None:
                began[number] = rounds(console, disk)
            elif goes_on[number] is None and rounds(console, disk) > began[number]:
                goes_on[number] = time.monotonic()
        time.sleep(0.02)
    print(json.dumps({"killed": killed, "answers": answered, "served": served, "goes_on": goes_on}))


if __name__ == "__main__":
    main(*sys.argv[1:])

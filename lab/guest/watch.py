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


def listen(paths):
    """Whether somebody listens on each of the paths, by the kernel's table; nothing is connected to."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
        fields = [line.split() for line in table]
    wanted = set(paths)
    return wanted == {words[-1] for words in fields if words[-1] in wanted and int(words[3], 16) & 0x10000}


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
    began = [rounds(console, disk) for _volume, console, disk in disks]
    seen: dict[str, float | None] = {"answers": None, "served": None}
    goes_on: list[float | None] = [None] * len(disks)
    tests = {"answers": lambda: answers(admin), "served": lambda: listen(volume for volume, _console, _disk in disks)}
    killed = time.monotonic()
    if int(process):
        kill(int(process))
    end = killed + float(seconds)
    while (None in seen.values() or None in goes_on) and time.monotonic() < end:
        for name, test in tests.items():
            if seen[name] is None and test():
                seen[name] = time.monotonic()
        for number, (_volume, console, disk) in enumerate(disks):
            if goes_on[number] is None and rounds(console, disk) > began[number]:
                goes_on[number] = time.monotonic()
        time.sleep(0.02)
    print(json.dumps(dict(seen, killed=killed, goes_on=goes_on)))


if __name__ == "__main__":
    main(*sys.argv[1:])

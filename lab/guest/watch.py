"""Runs on a compute host: print when its target answers, when a volume's socket is served, and when a VM's disk goes on.

    python3 - ADMIN_SOCKET VOLUME_SOCKET CONSOLE SECONDS < watch.py

Prints one JSON object: seconds of CLOCK_MONOTONIC, which every container of a machine shares; null for what did not happen.
"""

import json
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


def listens(path):
    """Whether somebody listens on the path, by the kernel's table; nothing is connected to."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
        fields = [line.split() for line in table]
    return any(words[-1] == path and int(words[3], 16) & 0x10000 for words in fields if len(words) == 8)


def rounds(path):
    """How many rounds the console tells of."""
    with open(path, encoding="utf-8", errors="replace") as console:
        return sum(" round " in line for line in console)


def main(admin, volume, console, seconds):
    """Watch until all of it happened, or the time is over."""
    began = rounds(console)
    seen: dict[str, float | None] = {"answers": None, "served": None, "goes_on": None}
    tests = {
        "answers": lambda: answers(admin),
        "served": lambda: listens(volume),
        "goes_on": lambda: rounds(console) > began,
    }
    end = time.monotonic() + float(seconds)
    while None in seen.values() and time.monotonic() < end:
        for name, test in tests.items():
            if seen[name] is None and test():
                seen[name] = time.monotonic()
        time.sleep(0.02)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])

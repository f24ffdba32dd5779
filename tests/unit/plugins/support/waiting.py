"""Waiting for something to become true, with a deadline instead of a fixed sleep."""

import os
import time


def until(condition, seconds=10.0):
    """Poll `condition()` until it is true; AssertionError when `seconds` have passed without."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not become true within %s s" % seconds
        time.sleep(0.005)


def gone(pid):
    """Whether the process `pid` is no more (a zombie that waits for its parent counts as gone)."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as handle:
            return handle.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def open_files():
    """The descriptors that this process has open, as a set of (number, what it leads to).

    What a test opened and left is `open_files() - before`. A count would fail where one of an earlier test is closed meanwhile, by the
    garbage collector or by a thread that ends.
    """
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add((number, os.readlink("/proc/self/fd/" + number)))
        except OSError:  # the listing's own, or closed since
            continue
    return found

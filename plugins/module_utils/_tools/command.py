# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a program: an argument list, a deadline, an end.

Never a shell, never an open-ended wait: a program that can't even be killed (state D) is left behind
when the deadline is over, since waiting for it would hang the tick of the whole fleet.
"""

import contextlib
import errno
import heapq
import os
import selectors
import signal
import subprocess

from .errors import ZbsError, system_words

# What a command may print before the rest is dropped: far above any honest answer, far below a host's memory.
MAX_OUTPUT = 4 * 1024 * 1024
# How long a killed process group may take to go before it is left behind.
KILL_GRACE = 0.5
# How long a program that has ended may still have output in its streams, and how often is looked whether it has ended.
DRAIN = 1.0
POLL = 0.2

MASK = "********"


class Result:
    """What a command did: `rc` (int, None when it timed out), `out` and `err` (str), `timed_out` and `cut` (bool: it said more)."""

    def __init__(self, rc, out, err, timed_out=False, cut=False):
        self.rc = rc
        self.out = out
        self.err = err
        self.timed_out = timed_out
        self.cut = cut

    def sentence(self):
        """The last thing it said, on one line of at most 300 characters, for an error message."""
        # Of megabytes only the end is looked at.
        text = self.err[-4096:].strip() or self.err.strip() or self.out[-4096:].strip() or self.out.strip()
        return " ".join(text[-4096:].split())[-300:]


def mask(text, secrets):
    """`text` with every non-empty secret replaced; secrets that overlap become one mask, so that none leaves a rest."""
    there = [secret for secret in secrets if secret and secret in text]
    if not there:
        return text
    if all(_stands_alone(secret, there) for secret in there):
        for secret in there:
            text = text.replace(secret, MASK)
        return text
    parts, position, end = [], 0, 0
    for start, stop in heapq.merge(*[_spans(text, secret) for secret in there]):
        if start >= end:
            parts += [text[position:start], MASK]
        end = position = max(end, stop)
    return "".join(parts) + text[position:]


def _stands_alone(secret, secrets):
    """Whether no other one, and no mask, can share a letter with it wherever both stand."""
    shared = any(
        other.startswith(secret[-size:])
        for other in secrets
        for size in range(1, min(len(secret), len(other)) + (other != secret))
    )
    return not shared and not any(other in secret for other in secrets if other != secret) and MASK[0] not in secret


def _spans(text, secret):
    start = text.find(secret)
    while start >= 0:
        yield start, start + len(secret)
        start = text.find(secret, start + 1)


def run(argv, deadline, secrets=(), environ=None, kill_grace=KILL_GRACE, most=None):
    """Run `argv` (list of str) until `deadline` and return a Result; secrets are masked in what it printed.

    environ     variables that the program gets besides those of this process; None takes one away
    kill_grace  seconds past the deadline that a killed program may take to go, before it is left behind
    most        bytes of each stream that are kept, MAX_OUTPUT without it

    A program that is not there or may not be run raises ZbsError with the code `command_missing` or `command_denied`.
    """
    env = dict(os.environ, LC_ALL="C", LANG="C")
    env.update(environ or {})
    env = {name: value for name, value in env.items() if value is not None}
    try:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function  # run_command has no deadline, and kills no group
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            start_new_session=True,  # its children must die with it
        )
    except OSError as exc:
        if exc.errno in (errno.EACCES, errno.EPERM, errno.ENOEXEC):
            raise ZbsError(
                "%s can't be run (%s); check its mode and type" % (argv[0], system_words(exc)), "command_denied"
            )
        raise ZbsError(
            "%s is missing (%s); install it or give its path" % (argv[0], system_words(exc)), "command_missing"
        )
    most = MAX_OUTPUT if most is None else most
    out, err, ended = _read(process, deadline, most)
    if not ended:
        _kill(process, kill_grace)
    text = [mask(part.decode("utf-8", "replace"), secrets) for part in (out, err)]
    cut = max(len(out), len(err)) >= most
    return Result(process.returncode if ended else None, text[0], text[1], timed_out=not ended, cut=cut)


def _read(process, deadline, most):
    """Collect both streams until they end and the process does: (out, err, whether it ended in time)."""
    chunks: dict = {process.stdout: [], process.stderr: []}
    sizes = {process.stdout: 0, process.stderr: 0}
    with selectors.DefaultSelector() as selector:
        for stream in chunks:
            selector.register(stream, selectors.EVENT_READ, stream)
        until = deadline
        while selector.get_map() and not until.spent():
            events = selector.select(min(until.left(), POLL))
            if until is deadline and process.poll() is not None:
                # It has ended; a child of its own may keep the streams open for ever (an ssh master does).
                until = deadline.share(DRAIN)
            for key, _events in events:
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.data)
                    key.data.close()
                elif sizes[key.data] < most:
                    chunks[key.data].append(data)
                    sizes[key.data] += len(data)
    try:
        process.wait(timeout=deadline.left())
        ended = True
    except subprocess.TimeoutExpired:
        ended = False
    for stream in chunks:
        stream.close()
    return b"".join(chunks[process.stdout]), b"".join(chunks[process.stderr]), ended


def _kill(process, grace):
    """Kill the whole group; wait a little, then leave it behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace)

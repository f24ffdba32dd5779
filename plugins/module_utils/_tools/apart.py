# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that a disk may hold for ever, done by a child process: who waits for it can give up, which no thread allows."""

import contextlib
import json
import os
import select
import signal

from .deadline import Deadline

_CHUNK = 65536


def within(seconds, work):
    """What `work()` returns (JSON types), None where it takes longer than `seconds` or ends without an answer.

    A child that hangs in the kernel is killed and left behind: it ends when the kernel lets it go, and holds no descriptor of ours.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(reader, writer, work)
    os.close(writer)
    text = b""
    try:
        text = _read(reader, Deadline(seconds))
    finally:
        os.close(reader)
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
        # What has answered is gone in a moment; what hangs is nobody's to wait for.
        with contextlib.suppress(OSError):
            os.waitpid(child, 0 if text else os.WNOHANG)
    return json.loads(text.decode("utf-8")) if text else None


def _answer(reader, writer, work):
    """The child: never returns. Its standard streams would keep whoever reads ours waiting."""
    try:
        os.close(reader)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        text = json.dumps(work()).encode("utf-8")
        while text:
            text = text[os.write(writer, text) :]
    finally:
        os._exit(0)


def _read(reader, deadline):
    """All that comes until the other end is closed; nothing where the time is over first."""
    parts: list[bytes] = []
    while select.select([reader], [], [], max(0.0, deadline.left()))[0]:
        part = os.read(reader, _CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return b""

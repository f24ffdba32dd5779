"""Running programs: argument lists only, a deadline always, and all of them ended when the lab is interrupted.

Every child gets a session of its own, so that Ctrl-C reaches the lab alone and the lab decides what ends, and when.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable, Mapping, Optional, Sequence, Union

from . import procs
from .errors import LabError

_LIVING: dict[int, tuple["subprocess.Popen[bytes]", bool]] = {}
_LOCK = threading.Lock()
_CANCELLED = threading.Event()
# A Docker client that is in the middle of making something is waited for this long before it is ended with the rest,
# or the engine would finish the thing after the clean-up has looked for it.
_GRACE = 15.0


@dataclass(frozen=True)
class Result:
    """How a program ended: exit status, and both outputs as text."""

    argv: Sequence[str]
    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Exit status 0."""
        return self.status == 0

    @property
    def last_words(self) -> str:
        """The last line the program had to say, for an error's sentence."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("e:", "error", "docker: error"))]
        spoken = [line.strip() for line in self.err.splitlines() if line.strip()]
        return (errors or spoken or lines or ["no output"])[-1]


def environment(extra: Optional[Mapping[str, str]] = None, job: bool = True) -> dict[str, str]:
    """The environment for a child: plain C messages, the system folders on PATH, the lab's mark when it is a job."""
    child = {name: value for name, value in os.environ.items() if name != procs.MARK_JOB}
    folders = child.get("PATH", "").split(":")
    system = [folder for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin") if folder not in folders]
    child["PATH"] = ":".join([folder for folder in folders if folder] + system)
    child.update({"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", **(extra or {})})
    if job:
        child[procs.MARK_JOB] = str(os.getpid())
    return child


def run(
    argv: Sequence[Union[str, Path]],
    timeout: float,
    stdin: Optional[bytes] = None,
    check: str = "",
    finish: bool = False,
    env: Optional[Mapping[str, str]] = None,
) -> Result:
    """Run a program to its end, at most `timeout` seconds.

    `check` is what it was to do, as in "make the network": with it, failing and running over raise LabError; without
    it, status 124 stands for the deadline and 127 for a program that is not there. `finish` asks an interruption to let
    it come to its end first.
    """
    words = [str(word) for word in argv]
    began = time.monotonic()
    try:
        child = _start(words, finish, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL, env=env)
    except OSError as error:
        result = Result(words, 127, "", f"{words[0]}: {error.strerror}")
    else:
        try:
            out, err = child.communicate(stdin, timeout=timeout)
            status = child.returncode
        except subprocess.TimeoutExpired:
            _end(child)
            out, err = child.communicate()
            status, err = 124, err + f"\nno end after {time.monotonic() - began:.0f} s".encode()
        finally:
            # An interruption comes through here with the child alive: `cancel` then deals with it.
            if child.poll() is not None:
                _forget(child)
        result = Result(words, status, out.decode(errors="replace"), err.decode(errors="replace"))
    if check and not result.ok:
        raise LabError(
            f"Could not {check}: {result.last_words} (`{' '.join(words[:6])}`, exit status {result.status})."
        )
    return result


def stream(
    argv: Sequence[Union[str, Path]],
    timeout: float,
    log: Path,
    on_line: Callable[[str], None],
    env: Optional[Mapping[str, str]] = None,
) -> int:
    """Run a long program, both its outputs going to `log` and line by line to `on_line`; its exit status.

    Status 124 stands for the deadline. Raises LabError when the program is not there.
    """
    words = [str(word) for word in argv]
    try:
        child = _start(words, False, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=env)
    except OSError as error:
        raise LabError(f"Cannot run {words[0]}: {error.strerror}.") from None
    timer = threading.Timer(timeout, _end, [child])
    timer.daemon = True
    timer.start()
    try:
        with log.open("ab") as sink:
            assert child.stdout is not None
            for line in child.stdout:
                sink.write(line)
                on_line(line.decode(errors="replace").rstrip())
        status = child.wait()
    finally:
        over = not timer.is_alive()
        timer.cancel()
        _end(child)
        _forget(child)
    return 124 if over and status < 0 else status


def pipe(source: Sequence[Union[str, Path]], sink: Sequence[Union[str, Path]], timeout: float, check: str) -> str:
    """Run `source | sink` and give the sink's output; LabError when either fails or the deadline passes."""
    first = _start([str(word) for word in source], False, stdin=subprocess.DEVNULL)
    second = None
    try:
        second = _start([str(word) for word in sink], False, stdin=first.stdout)
        assert first.stdout is not None
        first.stdout.close()  # so that the source is told when the sink ends early
        out, err = second.communicate(timeout=timeout)
        statuses = (first.wait(timeout=10), second.returncode)
    except subprocess.TimeoutExpired:
        raise LabError(f"Could not {check}: no end after {timeout:.0f} s.") from None
    finally:
        for child in (first, second):
            if child is not None:
                _end(child)
                _forget(child)
    if any(statuses):
        words = (err.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise LabError(f"Could not {check}: {words} (exit status {statuses[0]} and {statuses[1]}).")
    return out.decode(errors="replace").strip()


def cancel() -> None:
    """End every running child, and refuse to start more until `resume`; for an interruption."""
    _CANCELLED.set()
    deadline = time.monotonic() + _GRACE
    while True:
        with _LOCK:
            living = [(child, finish) for child, finish in _LIVING.values() if child.poll() is None]
        for child, finish in living:
            if not finish or time.monotonic() > deadline:
                _end(child)
        if not any(finish for _, finish in living):
            return
        time.sleep(0.05)


def resume() -> None:
    """Let programs start again: the clean-up after an interruption begins."""
    _CANCELLED.clear()


def _start(
    words: Sequence[str],
    finish: bool,
    stdin: Union[int, IO[bytes], None],
    stderr: int = subprocess.PIPE,
    env: Optional[Mapping[str, str]] = None,
) -> "subprocess.Popen[bytes]":
    with _LOCK:
        if _CANCELLED.is_set():
            raise LabError(f"Did not start {words[0]}: the lab is being interrupted.")
        child = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=environment(env), start_new_session=True
        )
        _LIVING[child.pid] = (child, finish)
    return child


def _forget(child: "subprocess.Popen[bytes]") -> None:
    with _LOCK:
        _LIVING.pop(child.pid, None)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Kill the child's whole session group; nothing when it has ended."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

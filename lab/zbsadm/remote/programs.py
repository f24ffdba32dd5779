"""Running a program on the host: an argument list, a deadline."""

from __future__ import annotations

import subprocess


class Silent(Exception):
    """The program did not end in time; it was killed."""


def run(argv: list[str], seconds: float) -> tuple[int, str, str]:
    """Status, output and last error line. FileNotFoundError when there is no such program; Silent past the deadline."""
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Silent from None
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return process.returncode, output, lines[-1] if lines else "it gave no reason"

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file's mutants through cosmic-ray, on a copy of what its tests need."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .subjects import FOLDER, LEFT_OUT, example_tests

ROOT = Path(__file__).resolve().parents[2]
# Per mutant. Far above what its tests take (seconds): only a loop without an end meets it.
SECONDS = 60
POLL = 15.0


@dataclass(frozen=True)
class Mutant:
    """One change: the line before and after it, and what the tests said: `killed`, `timeout`, `survived` or `broken`."""

    subject: str
    line: int
    operator: str
    before: str
    after: str
    outcome: str


class _Place:
    """The copy and how programs run in it: no plugin of pytest's is needed, and loading them takes longer than the tests."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        path = f"{python.parent}:{os.environ['PATH']}"
        more = {"PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.environment = {**os.environ, **more}

    def run(self, *argv: str, seconds: float = 600) -> str:
        """What a program of the virtual environment prints; its own words are in the error when it fails."""
        program = [str(self.python.with_name(argv[0])), *argv[1:]]
        done = subprocess.run(
            program,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)} failed: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def items(self) -> list[list]:
        """[work, result or None] of every mutant that is not left out."""
        items = [json.loads(line) for line in self.run("cosmic-ray", "dump", "session.sqlite").splitlines()]
        return [item for item in items if (item[1] or {}).get("worker_outcome") != "skipped"]


def run(name: str, python: Path) -> list[Mutant]:
    """Make every mutant of the subject and run its tests on each; says how far it is."""
    with _copy() as folder:
        place = _Place(folder, python)
        _write_configuration(folder, name, python)
        # What does not pass unchanged would call every mutant killed.
        place.run(*_tests(name))
        place.run("cosmic-ray", "init", "config.toml", "session.sqlite")
        place.run("cr-filter-operators", "session.sqlite", "config.toml")
        over = threading.Event()
        progress = threading.Thread(target=_tell, args=(name, place, over))
        progress.start()
        try:
            place.run("cosmic-ray", "exec", "config.toml", "session.sqlite", seconds=6 * 3600)
        finally:
            over.set()
            progress.join()
        return _results(name, place)


@contextmanager
def _copy() -> Iterator[Path]:
    """The plugins and their unit tests in a folder of their own; the tests' conftest.py makes a collection of it."""
    with tempfile.TemporaryDirectory(prefix="zbs-mutation-") as text:
        folder = Path(text)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "plugins", folder / "plugins", ignore=ignored)
        shutil.copytree(ROOT / "tests/unit/plugins", folder / "tests/unit/plugins", ignore=ignored)
        shutil.copy2(ROOT / "tests/unit/conftest.py", folder / "tests/unit/conftest.py")
        yield folder


def _tests(name: str) -> list[str]:
    return ["python", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *example_tests(name)]


def _write_configuration(folder: Path, name: str, python: Path) -> None:
    command = [str(python), *_tests(name)[1:]]
    lines = [
        "[cosmic-ray]",
        f'module-path = ["{FOLDER}/{name}.py"]',
        f"timeout = {SECONDS}.0",
        "excluded-modules = []",
        f"test-command = {json.dumps(shlex.join(command))}",
        "[cosmic-ray.distributor]",
        'name = "local"',
        "[cosmic-ray.filters.operators-filter]",
        f"exclude-operators = {json.dumps(list(LEFT_OUT))}",
    ]
    (folder / "config.toml").write_text("\n".join(lines) + "\n")


def _tell(name: str, place: _Place, over: threading.Event) -> None:
    """Say every now and then how many mutants are done and how many of them survived."""
    while not over.wait(POLL):
        items = place.items()
        done = [result for _work, result in items if result]
        survived = sum(result["test_outcome"] == "survived" for result in done)
        print(f"   {name}: {len(done)} of {len(items)} mutants, {survived} survived", flush=True)


def _results(name: str, place: _Place) -> list[Mutant]:
    found = []
    for work, result in place.items():
        (mutation,) = work["mutations"]
        before, after = changed((result or {}).get("diff") or "")
        operator = mutation["operator_name"].removeprefix("core/")
        found.append(Mutant(name, mutation["start_pos"][0], operator, before, after, outcome(result)))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.operator, mutant.after))


def outcome(result: dict | None) -> str:
    """cosmic-ray's result in one word; what neither passed nor failed its tests is `broken`."""
    if not result or result["worker_outcome"] != "normal" or result["test_outcome"] not in ("killed", "survived"):
        return "broken"
    if result["test_outcome"] == "killed" and result["output"] == "timeout":
        return "timeout"
    return result["test_outcome"]


def changed(diff: str) -> tuple[str, str]:
    """The lines that a mutation took away and put in, without what is the same on all of them around."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+")
    return before, after

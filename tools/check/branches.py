# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the plugins the unit tests reach: a table of every file, and a floor that none may be under.

Both branches and lines count, since a file of straight lines has no branch to miss.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

from .process import LOGS, ROOT, Tally

FLOOR = 95.0
DATA = LOGS / "coverage"
TABLE = LOGS / "coverage.txt"


@dataclass(frozen=True)
class File:
    """One file: its name, (reached, all) of branches and of lines, and the lines that were missed, in words."""

    name: str
    branches: tuple[int, int]
    lines: tuple[int, int]
    missed: str

    def low(self) -> bool:
        """Whether it is under the floor."""
        return min(percent(self.branches), percent(self.lines)) < FLOOR


def percent(part: tuple[int, int]) -> float:
    """(reached, all) in percent; nothing to reach is all of it."""
    reached, whole = part
    return 100.0 * reached / whole if whole else 100.0


def forget() -> None:
    """Remove what an earlier run measured."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    TABLE.unlink(missing_ok=True)


def judge() -> Tally:
    """Put the measurements of all processes together, write the table, and name the files under the floor.

    All of it is one check; each file under the floor is a failure of its own.
    """
    report = DATA / "report.json"
    for words in (["combine", "-q"], ["json", "-q", "-o", str(report)]):
        done = subprocess.run(
            [sys.executable, "-m", "coverage", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            print(f"   coverage {words[0]} FAILED: {(done.stdout + done.stderr).strip()}", flush=True)
            return Tally(failed=1)
    files = read(json.loads(report.read_text()))
    left_out = {str(path.relative_to(ROOT)) for path in (ROOT / "plugins").rglob("*.py")} - {
        file.name for file in files
    }
    TABLE.write_text("\n".join(table(files)) + "\n")
    low = [file for file in files if file.low()]
    total = summed(files)
    print(
        f"   coverage of plugins/: {percent(total.branches):.1f} % of branches, {percent(total.lines):.1f} % of lines; "
        f"{len(low)} of {len(files)} files under {FLOOR:.0f} %; {TABLE}",
        flush=True,
    )
    for name in sorted(left_out):
        print(f"      | {name}: not measured at all", flush=True)
    for file in low:
        print(f"      | {row(file)}", flush=True)
    return Tally(passed=0 if low or left_out else 1, failed=len(low) + len(left_out))


def read(document: dict) -> list[File]:
    """The files of coverage's JSON report, those that reach least first."""
    files = []
    for name, item in document["files"].items():
        counts = item["summary"]
        files.append(
            File(
                name,
                (counts["covered_branches"], counts["num_branches"]),
                (counts["covered_lines"], counts["num_statements"]),
                missed(item["missing_lines"], item["missing_branches"]),
            )
        )
    return sorted(files, key=lambda file: (percent(file.branches), percent(file.lines), file.name))


def missed(lines: list[int], branches: list[list[int]]) -> str:
    """Lines that never ran, and the branches (from->to, a negative one leaves) that were never taken between two that did."""
    never = set(lines)
    words = [str(line) for line in lines]
    words += [
        f"{start}->{end if end > 0 else 'exit'}" for start, end in branches if start not in never and end not in never
    ]
    return ", ".join(words)


def summed(files: list[File]) -> File:
    """All files as one."""
    return File(
        "all of them",
        (sum(file.branches[0] for file in files), sum(file.branches[1] for file in files)),
        (sum(file.lines[0] for file in files), sum(file.lines[1] for file in files)),
        "",
    )


def row(file: File) -> str:
    """A file as a line of the table."""
    text = f"{percent(file.branches):5.1f} {percent(file.lines):5.1f}  {file.name}"
    return text + (f"  misses {file.missed}" if file.missed else "")


def table(files: list[File]) -> list[str]:
    """The table: percent of branches, percent of lines, the file, what it misses."""
    return ["branch  line  file", *(row(file) for file in files), row(summed(files))]

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of README.md and README.zh-CN.md that says what every ansible-core was tested with: made of what the matrix found.

Usage: python -m tools.check.table write|check. `write` takes over the cells that the last run of the matrix has
(.cache/check/matrix.json), `check` says where one differs; cells that did not run stay as they are.
"""

import json
import re
import sys
from pathlib import Path
from typing import Mapping, Sequence

from .cores import Core
from .process import LOGS, ROOT

FILES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
RESULTS = LOGS / "matrix.json"
# What a row is made of, after the core's patch and Python.
PARTS = ("sanity", "units", "hosts", "story")
_NONE = "–"
# The head, in the README's own language, and the rows.
_TABLE = re.compile(r"^(\| ansible-core \|.*\n\|.*\n)((?:\|.*\n)*)", re.M)
# A row: patch, Python, and a cell a part.
Row = list[str]


def found(
    chosen: Sequence[Core], cells: Mapping[tuple[str, str], "bool | None"], hosts: Mapping[str, str]
) -> list[Row]:
    """A row for each core that ran, in the README's words; a part that did not run is empty. `hosts`: Python -> core."""
    rows = []
    for core in chosen:
        marks = [{True: "✓", False: "✗", None: ""}[cells.get((core.version, part))] for part in PARTS]
        old = next((python for python, by in hosts.items() if by == core.version), "")
        if not old:
            marks[2] = _NONE
        elif marks[2]:
            marks[2] = f"Python {old} {marks[2]}"
        rows.append([core.patch, core.python, *marks])
    return rows


def keep(rows: list[Row]) -> None:
    """Write down what the matrix found, for `write`."""
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False))


def rows_of(text: str) -> list[Row]:
    """The rows of the table in a README."""
    table = _TABLE.search(text)
    assert table, "no table of ansible-core"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group(2).splitlines()]


def merged(said: list[Row], rows: list[Row]) -> list[Row]:
    """The rows `said` with what the newer `rows` know; a cell that neither knows is an open one."""
    known = {_version(row): row for row in said}
    for row in rows:
        before = known.get(_version(row), [])
        same = before[:2] == row[:2]  # another patch or Python was not tested by what the table has
        known[_version(row)] = [new or (before[place] if same else "not run") for place, new in enumerate(row)]
    return [known[version] for version in sorted(known, key=lambda version: [int(part) for part in version.split(".")])]


def differing(rows: list[Row], files: Sequence[Path] = FILES) -> list[str]:
    """A sentence for each README that says something else than `rows`."""
    wrong = []
    for file in files:
        said = rows_of(file.read_text(encoding="utf-8"))
        new = [row for row in merged(said, rows) if row not in said]
        wrong += [f"{file.name} has no row {' | '.join(row)}, which the matrix found" for row in new]
    return wrong


def write(rows: list[Row], files: Sequence[Path] = FILES) -> None:
    """Take `rows` over into the table of each README."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        lines = [f"| {' | '.join(row)} |\n" for row in merged(rows_of(text), rows)]
        place = _TABLE.search(text)
        assert place
        text = text[: place.start(2)] + "".join(lines) + text[place.end() :]
        file.write_text(text, encoding="utf-8")


def _version(row: Row) -> str:
    return ".".join(row[0].split(".")[:2])


def main(words: list[str]) -> int:
    """The command."""
    if words not in (["write"], ["check"]):
        print(__doc__)
        return 2
    if not RESULTS.exists():
        print("The matrix has not run here; `make matrix` does.")
        return 1
    rows = json.loads(RESULTS.read_text())
    if words == ["write"]:
        write(rows)
        return 0
    wrong = differing(rows)
    print("\n".join(wrong) or "Both say what the matrix found.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

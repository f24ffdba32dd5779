# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every ansible-core: sanity and unit tests with its own ansible-test, and the story of a site on one lab for all of them.

ZBS_MATRIX_CORES=`2.16 2.19` and ZBS_MATRIX_PARTS=`sanity units hosts story` run a part of it. A core runs on a Python of its
own (cores.py), and is left out, with a word, where this machine has none. The closing table goes to .cache/check/matrix.md as
well, and what README.md and README.zh-CN.md say of the cells that ran is held against it (table.py).
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import cores, pythons, sanity, story, table, tree, units
from .cores import Core
from .process import LOGS, ROOT, Tally, check, environment

PARTS = ("sanity", "units", "hosts", "story")
# Which ansible-core's ansible-test still runs the hosts' old Pythons.
HOSTS = {"3.6": "2.16", "3.7": "2.17"}


@dataclass(frozen=True)
class Cell:
    """What came of a part: `words` for the log's table, and whether it passed; None where it could not run here."""

    words: str
    passed: "bool | None"


Cells = dict[tuple[str, str], Cell]


def run() -> Tally:
    """Run what the environment asks for, all of it by default."""
    try:
        asked, parts = cores.wanted(), _parts()
    except ValueError as error:
        print(f"   {error}")
        return Tally(failed=1)
    chosen = [core for core in asked if core.python]
    total = Tally(skipped=len(asked) - len(chosen))
    for core in asked:
        if core.python:
            core.provide()
        else:
            names = " or ".join(cores.PYTHONS[core.version])
            print(f"   {core.version}: no Python {names} on this machine, so that nothing of it runs", flush=True)
    cells: Cells = {}
    total.add(_tests(chosen, parts, cells))
    if "story" in parts and chosen:
        total.add(_stories(chosen, cells))
    text = described(chosen, cells)
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / "matrix.md").write_text(text)
    print("\n" + text, flush=True)
    total.add(_readmes(chosen, cells))
    return total


def _readmes(chosen: list[Core], cells: Cells) -> Tally:
    """Whether the README in each language says of what ran what this run found."""
    found = table.found(chosen, {key: told.passed for key, told in cells.items()}, HOSTS)
    table.keep(found)
    wrong = table.differing(found)
    for line in wrong:
        print(f"   {line}; `make matrix-table` takes over what was found", flush=True)
    return Tally(passed=0 if wrong else 1, failed=1 if wrong else 0)


def _parts() -> list[str]:
    names = os.environ.get("ZBS_MATRIX_PARTS", "").replace(",", " ").split() or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise ValueError(f"ZBS_MATRIX_PARTS names {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    return names


def _tests(chosen: list[Core], parts: list[str], cells: Cells) -> Tally:
    """Sanity and unit tests; two at a time, each keeps a core of the machine busy."""
    total = Tally()
    with tree.copied() as folder, ThreadPoolExecutor(2) as pool:
        running = {
            (core.version, part): pool.submit(_test, core, part, folder)
            for part in PARTS[:-1]
            for core in chosen
            if part in parts and (part != "hosts" or core.version in HOSTS.values())
        }
        for key, future in running.items():
            tally = future.result()
            ran = tally.passed + tally.failed > 0
            cells[key] = Cell(tally.words(), tally.failed == 0 if ran else None)
            total.add(tally)
    return total


def _test(core: Core, part: str, folder: Path) -> Tally:
    """One cell, in a copy of the tree of its own, since ansible-test writes there."""
    name = f"{core.version} {part}"
    home = tree.home(core.version)
    with tree.copied_from(folder) as own:
        if part == "sanity":
            return sanity.sanity(name, own, core.programs, home, core.python)
        if part == "units":
            return units.here(name, own, core.programs, home, core.python)
        python = next(version for version, by in HOSTS.items() if by == core.version)
        if not pythons.find(python):
            print(f"   {name}: no Python {python} on this machine; vermin alone answers for it", flush=True)
            return Tally(skipped=1)
        return units.on_hosts(f"{name} with Python {python}", own, core.programs, home, python)


def _stories(chosen: list[Core], cells: Cells) -> Tally:
    """One lab, bare at first, for the stories of all cores one after the other."""
    total = Tally()
    lab = [sys.executable, "-m", "lab"]
    # For this lab alone: the stages after this one have labs of their own.
    env = environment(ZBS_LAB_HOSTS=os.environ.get("ZBS_LAB_HOSTS", "2"))
    try:
        if not (
            check("matrix build", _build(), limit=120) and check("matrix lab up", [*lab, "up"], env=env, limit=900)
        ):
            return Tally(failed=1)
        artifact = next((ROOT / ".cache/build").glob("zstack-zbs-*.tar.gz"))
        for core in chosen:
            core.install(artifact)
            told = story.tell(core)
            cells[core.version, "story"] = Cell(told.words(), not told.failed)
            total.add(Tally(passed=told.passed, failed=1 if told.failed else 0))
            if told.failed:
                break  # the next one would not begin on bare hosts
    finally:
        if not check("matrix lab down", [*lab, "down"], limit=300, cleaning=True):
            total.failed += 1
    return total


def _build() -> list[str]:
    return ["ansible-galaxy", "collection", "build", "--force", "--output-path", str(ROOT / ".cache/build")]


def described(chosen: list[Core], cells: Cells) -> str:
    """The cells as a table in Markdown, with their counts."""
    lines = ["| ansible-core | Python | sanity | units | units of hosts | site and heal on the lab |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for core in chosen:
        row = [cells[core.version, part].words if (core.version, part) in cells else "not run" for part in PARTS]
        if core.version in HOSTS.values():
            python = next(version for version, by in HOSTS.items() if by == core.version)
            row[2] = f"Python {python}: {row[2]}"
        else:
            row[2] = "–"
        lines.append(f"| {core.patch} | {core.python} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"

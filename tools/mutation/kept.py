# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of an earlier run, for as long as nothing that decides them has changed: a run of all takes many minutes."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from .session import ROOT, Mutant
from .session import run as run_session
from .subjects import FOLDER, LEFT_OUT, example_tests

KEPT = ROOT / ".cache/mutation"


def run(name: str, python: Path) -> list[Mutant]:
    """The mutants of the subject with what became of them, from the cache where that is as good as a run."""
    path = KEPT / f"{name}.json"
    wanted = fingerprint(name)
    if path.exists():
        document = json.loads(path.read_text())
        if document["fingerprint"] == wanted:
            print(f"   {name}: {len(document['mutants'])} mutants, nothing has changed since they were run", flush=True)
            return [Mutant(**item) for item in document["mutants"]]
    mutants = run_session(name, python)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"fingerprint": wanted, "mutants": [asdict(mutant) for mutant in mutants]}, indent=1))
    alive = sum(mutant.outcome == "survived" for mutant in mutants)
    print(f"   {name}: all of {len(mutants)} mutants, {alive} survived", flush=True)
    return mutants


def fingerprint(name: str) -> str:
    """Hash of what decides the results: the mutated file, all that it may call, its tests and what they stand on."""
    files = [ROOT / test for test in example_tests(name)]
    files += (ROOT / FOLDER).rglob("*.py")
    files += (ROOT / "tests/unit/plugins/support").glob("*.py")
    files += (ROOT / "tests/unit").glob("**/conftest.py")
    files += [ROOT / "requirements/mutation.txt", ROOT / "requirements/constraints.txt"]
    digest = hashlib.sha256(json.dumps(LEFT_OUT).encode())
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutate the decisions and see which changes their tests don't notice.

Usage: python3 -m tools.mutation [_window/backoff] [_observe/health] [_observe/down] [_target/plan] [_window/ledger] [_window/ledger_writing]; all of them without a name, and then docs/mutation.md is written.
What neither changed nor had its tests changed since an earlier run is taken from there.
Exit status 0 only when every survivor is explained in equivalent.py.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tools import venv

from . import kept, session, summary
from .equivalent import REASONS
from .subjects import SUBJECTS

VENV = session.ROOT / ".cache/mutation/venv"
PAGE = session.ROOT / "docs/mutation.md"


def main(names: list[str]) -> int:
    """Run the subjects `names` side by side, since their tests wait more than they work, and return the exit status."""
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        print(f"Unknown file {', '.join(unknown)}; choose from: {', '.join(SUBJECTS)}")
        return 2
    wanted = names or list(SUBJECTS)
    started = time.monotonic()
    venv.provide(VENV, session.ROOT / "requirements/mutation.txt")
    python = VENV / "bin/python"
    with ThreadPoolExecutor(len(wanted)) as pool:
        mutants = [mutant for found in pool.map(lambda name: kept.run(name, python), wanted) for mutant in found]
    judged = summary.judge(mutants, tuple(reason for reason in REASONS if reason.subject in wanted))
    if not names:
        PAGE.write_text(summary.page(mutants, judged))
        print(f"The page is {PAGE.relative_to(session.ROOT)}")
    for mutant in judged.unexplained:
        print(f"   {mutant.outcome}, and no reason why: {mutant.subject}.py line {mutant.line} ({mutant.operator})")
        print(f"      - {mutant.before}\n      + {mutant.after}")
    for subject, before, after in judged.stale:
        print(f"   a reason whose mutant did not survive: {subject}.py: {before} -> {after}")
    print(
        f"{len(mutants)} mutants, {len(judged.explained)} survivors that are explained, {len(judged.unexplained)} that are not, "
        f"{len(judged.stale)} reasons too many, in {time.monotonic() - started:.0f} s"
    )
    return 0 if mutants and judged.passed() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of all mutants: counts by file, and every survivor with why no test can tell it from the original. Pure."""

from collections import Counter
from dataclasses import dataclass

from .equivalent import Reason
from .session import Mutant
from .subjects import FOLDER, LEFT_OUT, SUBJECTS, TESTS

HEAD = """# Mutation testing

`make mutation` changes the decisions one operator at a time ([cosmic-ray](https://cosmic-ray.readthedocs.io/)) and runs their example
tests on each change. It sets itself up, works on copies, and writes this page. A mutant that no test notices is listed here with
the reason why nobody could notice it, kept in `tools/mutation/equivalent.py`; one without a reason fails the run, and so does a
reason whose mutant is gone.
"""


@dataclass(frozen=True)
class Judged:
    """The survivors with their reasons, those without, and the reasons that nothing needs."""

    explained: list[tuple[Mutant, str]]
    unexplained: list[Mutant]
    stale: list[tuple[str, str, str]]

    def passed(self) -> bool:
        """Whether every survivor has its reason and every reason its survivor."""
        return not self.unexplained and not self.stale


def judge(mutants: list[Mutant], reasons: tuple[Reason, ...]) -> Judged:
    """Put reasons to survivors. What is broken was not tested, so it is a survivor too, and no reason is good for it."""
    because = {(item.subject, *change): item.because for item in reasons for change in item.changes}
    explained, unexplained = [], []
    used = set()
    for mutant in mutants:
        key = (mutant.subject, mutant.before, mutant.after)
        if mutant.outcome == "survived" and key in because:
            explained.append((mutant, because[key]))
            used.add(key)
        elif mutant.outcome in ("survived", "broken"):
            unexplained.append(mutant)
    return Judged(explained, unexplained, [key for key in because if key not in used])


def page(mutants: list[Mutant], judged: Judged) -> str:
    """The page in Markdown."""
    lines = [
        HEAD,
        "| file | mutants | killed | without an end | survived | tests |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in SUBJECTS:
        counts = Counter(mutant.outcome for mutant in mutants if mutant.subject == name)
        tests = ", ".join(f"`{test}`" for test in SUBJECTS[name])
        numbers = (
            f"{counts.total()} | {counts['killed']} | {counts['timeout']} | {counts['survived'] + counts['broken']}"
        )
        lines.append(f"| `{name}.py` | {numbers} | {tests} |")
    lines += ["", f"The files are in `{FOLDER}/`, the tests in `{TESTS}/`. Left out:", ""]
    lines += [f"- `{pattern}`: {because}" for pattern, because in LEFT_OUT.items()]
    lines += ["", "## Survivors", ""]
    for because in dict.fromkeys(because for _mutant, because in judged.explained):
        lines += [because, "", "| file | before | after |", "| --- | --- | --- |"]
        lines += [_row(mutant) for mutant, reason in judged.explained if reason == because]
        lines.append("")
    if judged.unexplained:
        lines += ["## Without a reason", "", "| file | before | after |", "| --- | --- | --- |"]
        lines += [_row(mutant) for mutant in judged.unexplained] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _row(mutant: Mutant) -> str:
    return f"| `{mutant.subject}.py` | {_code(mutant.before)} | {_code(mutant.after)} |"


def _code(text: str) -> str:
    """Code in a cell, where a pipe would end it."""
    return "`` " + text.replace("|", "\\|") + " ``"

"""What becomes of a mutant: its outcome, its reason, its row on the page."""

from __future__ import annotations

import re

import pytest

from tools.mutation import session, summary
from tools.mutation.equivalent import REASONS, Reason
from tools.mutation.session import ROOT, Mutant
from tools.mutation.subjects import FOLDER, SUBJECTS, example_tests

DIFF = "--- mutation diff ---\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-    if x == 1:\n+    if x != 1:\n b"
WHY = (Reason("_target/plan", "Nobody can tell.", (("a < b", "a <= b"),)),)


def mutant(outcome: str, after: str = "a <= b", subject: str = "_target/plan") -> Mutant:
    return Mutant(subject, 7, "Some_Operator", "a < b", after, outcome)


def test_what_a_mutation_changed() -> None:
    assert session.changed(DIFF) == ("if x == 1:", "if x != 1:")


@pytest.mark.parametrize(
    "result, outcome",
    [
        (None, "broken"),
        ({"worker_outcome": "exception", "test_outcome": "killed", "output": ""}, "broken"),
        ({"worker_outcome": "normal", "test_outcome": "incompetent", "output": ""}, "broken"),
        ({"worker_outcome": "normal", "test_outcome": "killed", "output": "timeout"}, "timeout"),
        ({"worker_outcome": "normal", "test_outcome": "killed", "output": "1 failed"}, "killed"),
        ({"worker_outcome": "normal", "test_outcome": "survived", "output": ""}, "survived"),
    ],
)
def test_an_outcome_in_one_word(result: dict | None, outcome: str) -> None:
    assert session.outcome(result) == outcome


def test_a_survivor_needs_its_own_reason() -> None:
    judged = summary.judge([mutant("survived"), mutant("killed", "x"), mutant("timeout", "y")], WHY)
    assert judged.passed() and judged.explained == [(mutant("survived"), "Nobody can tell.")]
    for other in (mutant("survived", "a > b"), mutant("survived", subject="_observe/health"), mutant("broken")):
        judged = summary.judge([mutant("survived"), other], WHY)
        assert judged.unexplained == [other] and not judged.passed()


def test_a_reason_whose_mutant_is_killed_is_one_too_many() -> None:
    judged = summary.judge([mutant("killed")], WHY)
    assert judged.stale == [("_target/plan", "a < b", "a <= b")] and not judged.passed()


def test_the_page_counts_and_names() -> None:
    mutants = [mutant("survived"), mutant("killed", "x | y"), mutant("timeout", "z"), mutant("survived", "p | q")]
    page = summary.page(mutants, summary.judge(mutants, WHY))
    assert "| `_target/plan.py` | 4 | 1 | 1 | 2 | `test_plan` |" in page
    assert "Nobody can tell." in page and "| `_target/plan.py` | `` a < b `` | `` a <= b `` |" in page
    assert page.index("## Without a reason") < page.index(r"`` p \| q ``")


def test_every_subject_and_each_of_its_tests_is_there() -> None:
    for name in SUBJECTS:
        assert (ROOT / FOLDER / f"{name}.py").is_file()
        assert example_tests(name) and all((ROOT / test).is_file() for test in example_tests(name))


def test_a_reason_is_of_a_line_that_is_there_and_stands_on_the_page() -> None:
    page = (ROOT / "docs/mutation.md").read_text()
    for reason in REASONS:
        code = re.sub(r"\s+", " ", (ROOT / FOLDER / f"{reason.subject}.py").read_text())
        assert reason.because in page
        for before, _after in reason.changes:
            assert before in code, before

"""What the table of coverage says of a file, and which ones are under the floor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.check import branches
from tools.check.branches import File


def measured(name: str, branch: tuple[int, int], line: tuple[int, int], **missing: list) -> tuple[str, dict]:
    """A file as coverage's JSON report has it."""
    keys = ("covered_branches", "num_branches", "covered_lines", "num_statements")
    summary = dict(zip(keys, branch + line, strict=True))
    return name, {
        "summary": summary,
        "missing_lines": missing.get("lines", []),
        "missing_branches": missing.get("branches", []),
    }


@pytest.mark.parametrize(
    "branch, line, low",
    [
        ((19, 20), (100, 100), False),
        ((18, 20), (100, 100), True),
        ((20, 20), (94, 100), True),
        ((0, 0), (95, 100), False),
        ((0, 0), (0, 0), False),
        ((0, 2), (1, 1), True),
    ],
)
def test_the_floor_is_for_branches_and_for_lines(branch: tuple[int, int], line: tuple[int, int], low: bool) -> None:
    assert File("a.py", branch, line, "").low() is low


def test_a_branch_is_told_only_between_lines_that_ran() -> None:
    assert branches.missed([7, 8], [[3, 7], [5, 9], [6, -1], [8, 9]]) == "7, 8, 5->9, 6->exit"


def test_those_that_reach_least_come_first_and_the_sum_last() -> None:
    files = branches.read(
        {
            "files": dict(
                [
                    measured("good.py", (4, 4), (10, 10)),
                    measured("bad.py", (1, 2), (9, 10), lines=[3], branches=[[2, 3]]),
                ]
            )
        }
    )
    assert branches.table(files) == [
        "branch  line  file",
        " 50.0  90.0  bad.py  misses 3",
        "100.0 100.0  good.py",
        " 83.3  95.0  all of them",
    ]


@pytest.mark.parametrize(
    "lines, passed, failed, told",
    [((10, 10), 1, 0, "0 of 1 files"), ((1, 10), 0, 1, "a.py  misses 5")],
)
def test_a_file_under_the_floor_fails_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lines: tuple[int, int],
    passed: int,
    failed: int,
    told: str,
) -> None:
    _prepare(tmp_path, monkeypatch, dict([measured("plugins/a.py", (0, 0), lines, lines=[5])]))
    tally = branches.judge()
    assert (tally.passed, tally.failed) == (passed, failed)
    assert told in capsys.readouterr().out
    assert "plugins/a.py" in branches.TABLE.read_text()


def test_a_file_that_nobody_measured_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _prepare(tmp_path, monkeypatch, {})
    assert branches.judge().failed == 1
    assert "plugins/a.py: not measured at all" in capsys.readouterr().out


def test_a_coverage_that_fails_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _prepare(tmp_path, monkeypatch, {}, "import sys; sys.exit('No data to combine')")
    assert branches.judge().failed == 1
    assert "coverage combine FAILED: No data to combine" in capsys.readouterr().out


def _prepare(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict, program: str | None = None) -> None:
    """A checkout with plugins/a.py, and a `coverage` that reports these files."""
    (folder / "plugins").mkdir()
    (folder / "plugins/a.py").write_text("")
    report = repr(json.dumps({"files": files}))
    program = program or f"import sys\nif sys.argv[1] == 'json': open(sys.argv[-1], 'w').write({report})"
    (folder / "coverage.py").write_text(program)
    monkeypatch.setattr(branches, "ROOT", folder)
    monkeypatch.setattr(branches, "LOGS", folder)
    monkeypatch.setattr(branches, "DATA", folder / "data")
    monkeypatch.setattr(branches, "TABLE", folder / "table.txt")
    # The module coverage of the checkout's root is found first, and no measurement starts in it.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    branches.forget()

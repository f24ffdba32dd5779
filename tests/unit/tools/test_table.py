"""The README's table is made of what the matrix found, in each language."""

import json

import pytest

from tools.check import table
from tools.check.cores import Core

README = """\
before

| ansible-core | x |
| --- | --- |
| 2.16.19 | 3.11 | ✓ | ✓ | Python 3.6 ✓ | ✓ |
| 2.19.14 | 3.11 | ✓ | ✓ | – | ✓ |

after
"""
HOSTS = {"3.6": "2.16"}


@pytest.fixture
def readmes(tmp_path, monkeypatch):
    files = (tmp_path / "README.md", tmp_path / "README.zh-CN.md")
    for file in files:
        file.write_text(README)
    monkeypatch.setattr(table, "FILES", files)
    monkeypatch.setattr(table, "RESULTS", tmp_path / "matrix.json")
    monkeypatch.setattr(table.differing, "__defaults__", (files,))
    monkeypatch.setattr(table.write, "__defaults__", (files,))
    return files


def found(version, patch, python, **cells):
    return table.found([Core(version, patch, python)], {(version, part): ok for part, ok in cells.items()}, HOSTS)


def test_what_ran_is_marked_and_the_rest_is_open():
    assert found("2.16", "2.16.19", "3.11", sanity=True, hosts=False) == [
        ["2.16.19", "3.11", "✓", "", "Python 3.6 ✗", ""]
    ]
    assert found("2.16", "2.16.19", "3.11", hosts=None)[0][4] == ""
    assert found("2.21", "2.21.5", "3.13", story=True) == [["2.21.5", "3.13", "", "", "–", "✓"]]


def test_a_part_of_the_matrix_that_agrees_changes_nothing(readmes):
    rows = found("2.19", "2.19.14", "3.11", sanity=True)
    assert table.differing(rows) == []
    table.write(rows)
    assert table.rows_of(readmes[0].read_text()) == table.rows_of(README)


@pytest.mark.parametrize(
    "rows, row",
    [
        (found("2.19", "2.19.14", "3.11", sanity=False), "2.19.14 | 3.11 | ✗ | ✓ | – | ✓"),
        # Nothing of the older patch, or of the other Python, is known of this one.
        (found("2.19", "2.19.15", "3.11", units=True), "2.19.15 | 3.11 | not run | ✓ | – | not run"),
        (found("2.19", "2.19.14", "3.12", units=True), "2.19.14 | 3.12 | not run | ✓ | – | not run"),
        (
            found("2.18", "2.18.1", "3.11", sanity=True, units=True, story=True),
            "2.18.1 | 3.11 | ✓ | ✓ | – | ✓",
        ),
    ],
)
def test_what_differs_is_named_and_taken_over(readmes, capsys, rows, row):
    table.keep(rows)
    assert table.main(["check"]) == 1
    assert f"README.zh-CN.md has no row {row}" in capsys.readouterr().out
    assert table.main(["write"]) == 0
    assert f"| {row} |\n" in readmes[1].read_text()
    text = readmes[0].read_text()
    assert text == readmes[1].read_text() and text.startswith("before\n\n|") and text.endswith("|\n\nafter\n")
    versions = [line[0] for line in table.rows_of(text)]
    assert versions == sorted(versions)
    assert table.main(["check"]) == 0


def test_without_a_run_there_is_nothing_to_take_over(readmes, capsys):
    assert table.main(["write"]) == 1
    assert "make matrix" in capsys.readouterr().out
    assert table.main([]) == 2
    table.keep([])
    assert json.loads(table.RESULTS.read_text()) == []

"""What the checks, the pages and the collection say of versions is the same wherever it is said."""

import pytest
import yaml
from packaging.requirements import Requirement

from tools.check import cores, lint, matrix, pythons, table
from tools.check.process import ROOT


def floor():
    """The oldest Python of managed hosts, as ansible-test has it."""
    wanted = yaml.safe_load((ROOT / "tests/config.yml").read_text())["modules"]["python_requires"]
    assert wanted.startswith(">=")
    return wanted[2:]


def test_the_matrix_begins_with_the_oldest_core_that_is_promised():
    promised = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    oldest = cores.every()[0].version
    assert promised == f">={oldest}.0"
    assert f"ansible-core {oldest} or newer" in (ROOT / "README.md").read_text()


def test_every_core_is_named_by_the_file_that_pins_it():
    assert len(cores.every()) >= 4
    for core in cores.every():
        assert core.patch.startswith(core.version + ".")


def test_the_checks_know_the_floor_of_the_hosts_python():
    assert lint.CHECKS["vermin hosts"].count(f"--target={floor()}-") == 1
    assert pythons.HOSTS[0] == floor() == min(matrix.HOSTS)
    assert f"Python {floor()} or newer on the hosts" in (ROOT / "README.md").read_text()


def test_old_pythons_are_tested_by_a_core_of_the_matrix():
    assert tuple(matrix.HOSTS) == pythons.HOSTS
    assert set(matrix.HOSTS.values()) <= {core.version for core in cores.every()}


def test_the_readme_s_table_has_every_core_and_every_old_python():
    rows = table.rows_of((ROOT / "README.md").read_text())
    assert [row[0] for row in rows] == [core.patch for core in cores.every()]
    for row, core in zip(rows, cores.every(), strict=True):
        assert row[1] in cores.PYTHONS[core.version]
    for python, version in matrix.HOSTS.items():
        (cell,) = [row[4] for row in rows if row[0].startswith(version + ".")]
        assert cell.startswith(f"Python {python} ")


def test_both_readmes_have_the_same_table():
    english, chinese = (table.rows_of(file.read_text()) for file in table.FILES)
    assert english == chinese


def test_every_core_has_its_pythons():
    assert list(cores.PYTHONS) == [core.version for core in cores.every()]


def test_the_tools_have_the_newest_core_that_their_python_runs():
    lines = (ROOT / "requirements/core.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line.startswith("ansible-core==")]
    resolver = [line for line in lines if line.startswith("resolvelib==")]
    for python in sorted({python for names in cores.PYTHONS.values() for python in names}):
        newest = [core for core in cores.every() if python in cores.PYTHONS[core.version]][-1]
        found = [str(pin.specifier) for pin in pins if pin.marker and pin.marker.evaluate({"python_version": python})]
        assert found == [f"=={newest.patch}"], python
        assert resolver[0] in (cores.FOLDER / f"{newest.version}.txt").read_text().splitlines()


def test_who_says_from_where_to_where_says_the_matrix():
    """`2.16 to 2.21`, in every language."""
    first, last = cores.every()[0].version, cores.every()[-1].version
    named = {
        "Makefile": "ansible-core {} to {}",
        "README.md": "ansible-core {} to {}",
        "docs/first-site.md": "{} to {}",
    }
    named.update({"README.zh-CN.md": "ansible-core {} 至 {}", "docs/awx.md": "{} to {}"})
    for name, words in named.items():
        assert words.format(first, last) in (ROOT / name).read_text(), name


def test_a_part_of_the_matrix():
    assert [core.version for core in cores.wanted({"ZBS_MATRIX_CORES": "2.19, 2.16"})] == ["2.19", "2.16"]


def test_the_python_of_a_core_is_chosen_among_those_here(monkeypatch):
    monkeypatch.setattr(pythons, "own_or_found", lambda version: "" if version == "3.11" else f"/bin/python{version}")
    found = {core.version: core.python for core in cores.wanted({})}
    assert found == {"2.16": "3.12", "2.17": "3.12", "2.18": "3.12", "2.19": "3.12", "2.20": "3.12", "2.21": "3.13"}
    found = {core.version: core.python for core in cores.wanted({"ZBS_MATRIX_PYTHON": "3.13"})}
    assert found == {"2.16": "3.12", "2.17": "3.12", "2.18": "3.13", "2.19": "3.13", "2.20": "3.13", "2.21": "3.13"}
    with pytest.raises(ValueError, match="ZBS_MATRIX_PYTHON is 3.9"):
        cores.wanted({"ZBS_MATRIX_PYTHON": "3.9"})


def test_a_core_that_no_python_here_runs(monkeypatch):
    monkeypatch.setattr(pythons, "own_or_found", lambda version: "/usr/bin/python3" if version == "3.13" else "")
    assert [core.version for core in cores.wanted({}) if not core.python] == ["2.16", "2.17"]

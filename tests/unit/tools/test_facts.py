"""What the checks, the pages and the collection say of versions is the same wherever it is said."""

import re

import yaml

from tools.check import cores, lint, matrix, pythons
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
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (2\.\d+) \|.*\|$", text, re.M)
    assert rows == [core.version for core in cores.every()]
    for python, core in matrix.HOSTS.items():
        (row,) = re.findall(rf"^\| {re.escape(core)} \|.*$", text, re.M)
        assert f"Python {python}" in row


def test_a_part_of_the_matrix():
    assert [core.version for core in cores.wanted({"ZBS_MATRIX_CORES": "2.19, 2.16"})] == ["2.19", "2.16"]

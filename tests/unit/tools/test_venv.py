"""A virtual environment is of the Python that was asked for, and is left alone where nothing changed."""

import subprocess
import sys

import pytest

from tools import venv


@pytest.fixture
def made(monkeypatch, tmp_path):
    """venv.provide() on a folder whose interpreter says what `says` has: (folder, requirements, says, what was made with)."""
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    folder, requirements = tmp_path / "venv", tmp_path / "run.txt"
    requirements.write_text("pytest\n")
    says, created = {"/other/python": "3.13.0 (other)"}, []

    def create(where, python):
        created.append(python)
        (where / "bin").mkdir(parents=True, exist_ok=True)
        (where / "bin/pip").touch()
        says[str(where / "bin/python")] = says.get(python, sys.version)

    monkeypatch.setattr(venv, "create", create)
    monkeypatch.setattr(venv, "version_of", lambda python: says.get(python, sys.version))
    monkeypatch.setattr(subprocess, "run", lambda argv, check: subprocess.CompletedProcess(argv, 0))
    return folder, requirements, says, created


def test_it_is_made_once(made):
    folder, requirements, _says, created = made
    for _ in range(2):
        venv.provide(folder, requirements)
    assert created == [sys.executable]
    requirements.write_text("pytest\nruff\n")
    venv.provide(folder, requirements)
    assert created == [sys.executable]  # more is installed into the same one


def test_another_python_makes_it_anew(made):
    folder, requirements, _says, created = made
    venv.provide(folder, requirements)
    venv.provide(folder, requirements, python="/other/python")
    venv.provide(folder, requirements, python="/other/python")
    assert created == [sys.executable, "/other/python"]
    venv.provide(folder, requirements)
    assert created[-1] == sys.executable


def test_what_an_interpreter_says_of_itself(tmp_path):
    assert venv.version_of(sys.executable) == sys.version
    other = tmp_path / "python3"
    other.symlink_to(sys.executable)
    assert venv.version_of(str(other)) == sys.version
    assert venv.version_of(str(tmp_path / "none")) == ""

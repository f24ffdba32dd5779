"""Fixtures that several of these tests share."""

import os

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import programs, target, ticks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import short_folder


@pytest.fixture
def tick(tmp_path, monkeypatch):
    """Run a phase of a tick while the target is of a verdict: see ticks.runner."""
    return ticks.runner(tmp_path, monkeypatch)


@pytest.fixture
def no_fsync(monkeypatch):
    """Nothing crashes in these tests, and thousands of them would only wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture
def folder():
    with short_folder() as path:
        yield path


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Put a fake docker on PATH: docker(answer, ...) as target.write_docker."""
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    return lambda *args, **more: target.write_docker(tmp_path / "bin", *args, **more)

"""Fixtures that several of these tests share."""

import os

import pytest
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ticks


@pytest.fixture
def tick(tmp_path, monkeypatch):
    """Run a phase of a tick while the target is of a verdict: see ticks.runner."""
    return ticks.runner(tmp_path, monkeypatch)


@pytest.fixture
def no_fsync(monkeypatch):
    """Nothing crashes in these tests, and thousands of them would only wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)

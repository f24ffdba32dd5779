"""Fixtures that several of these tests share."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import live_state
from ansible_collections.zstack.zbs.tests.unit.plugins.support.engine import FakeEngine


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """An installed engine that does not run yet; engine.options are options for it."""
    made = FakeEngine(tmp_path / "root", tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(live_state.look, "__defaults__", ("docker", str(made.root)))
    made.options = {"path": str(made.json)}
    yield made
    made.stop()

"""What every test of the plugins stands on."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import sockets


@pytest.fixture(autouse=True)
def no_target_elsewhere(monkeypatch):
    """Another target on the machine that runs the tests (a lab, a second test run) is none of their business."""
    monkeypatch.setattr(sockets, "find_elsewhere", lambda _table, _folder: [])

"""What the tests of the tick's action share."""

import pytest
from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick


@pytest.fixture
def ran(monkeypatch):
    """The calls of modules: {module_name, module_args, ...} each."""
    calls = []

    def run(_self, **call):
        calls.append(call)
        return {"changed": False, "decisions": {"vhost": "well"}}

    monkeypatch.setattr(zbs_vhost_tick.ActionModule, "_execute_module", run)
    return calls

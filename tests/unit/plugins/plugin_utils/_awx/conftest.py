"""A controller as it is after its installation."""

import pytest


@pytest.fixture
def controller():
    from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx import awx_support

    found = awx_support.Controller()
    yield found
    found.standin._server.server_close()

"""What the tests of the lab have in common."""

import pytest

from lab.zstack import cloud
from lab.zstack.server import Standin


@pytest.fixture(autouse=True)
def only_programs_with_the_collection_in_them_are_measured(request, monkeypatch):
    """The stand-ins hold no code of the plugins: measuring each of their processes would only take time."""
    if not request.path.name.startswith("test_zstack_"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def manager():
    """A stand-in manager with five hosts, from which every session is logged out in the end."""
    with Standin(cloud.generate(5)) as standin:
        yield standin
        assert standin.logins.open == 0, "a session was not logged out"

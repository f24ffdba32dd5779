"""What the tests of the lab have in common."""

import pytest


@pytest.fixture(autouse=True)
def only_programs_with_the_collection_in_them_are_measured(request, monkeypatch):
    """The stand-ins hold no code of the plugins: measuring each of their processes would only take time."""
    if not request.path.name.startswith("test_zstack_"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)

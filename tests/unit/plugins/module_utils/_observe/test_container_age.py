"""How old a container is, from the times that Docker and podman write."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe.container import Container

NOON = 1767355200  # 2026-01-02T12:00:00Z


def container(status, created=None, started=None, finished=None):
    """A container with these times."""
    state = {"Status": status, "StartedAt": started, "FinishedAt": finished}
    return Container("found", data={"Created": created, "State": state})


@pytest.mark.parametrize(
    "started, age",
    [
        ("2026-01-02T12:00:00Z", 10.0),
        ("2026-01-02T11:59:59.500000000Z", 10.5),
        ("2026-01-02T14:00:00.25+02:00", 9.75),
        ("2026-01-02T06:30:00-05:30", 10.0),
        ("2026-01-02T12:00:10.9Z", 0.0),
        ("2026-01-02T12:00:20Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-02-31T12:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_age_since_its_start(started, age):
    found = container("running", "2020-01-01T00:00:00Z", started).age(NOON + 10)
    assert found == (age if age is None else pytest.approx(age))


def test_one_that_never_started_is_as_old_as_its_making():
    never = "0001-01-01T00:00:00Z"
    assert container("created", "2026-01-02T12:00:00Z", never).age(NOON + 3) == 3.0


def test_no_container_has_no_age():
    assert Container("missing").age(NOON) is None


@pytest.mark.parametrize(
    "finished, shown", [("0001-01-01T00:00:00Z", None), ("2026-01-02T12:00:00Z", "2026-01-02T12:00:00Z"), (None, None)]
)
def test_a_container_that_never_ended_has_no_end(finished, shown):
    assert container("running", finished=finished).as_dict()["finished_at"] == shown

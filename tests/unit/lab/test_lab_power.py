"""Freezing, stopping and starting a lab host."""

from __future__ import annotations

import pytest

from lab import docker, hosts, power
from lab.errors import LabError
from lab.settings import from_environment


@pytest.mark.parametrize(
    ("verb", "state", "asked"),
    [
        ("freeze", "running", ["pause"]),
        ("freeze", "paused", []),
        ("thaw", "paused", ["unpause"]),
        ("thaw", "running", []),
        ("stop", "running", ["kill"]),
        ("stop", "exited", []),
        ("start", "exited", ["start", "wait"]),
        ("start", "running", ["wait"]),
    ],
)
def test_what_is_asked_of_the_engine(monkeypatch: pytest.MonkeyPatch, verb: str, state: str, asked: list[str]) -> None:
    said: list[str] = []
    made = from_environment({"ZBS_LAB_ADMINS": "3"})
    monkeypatch.setattr(docker, "inspect", lambda _container: {"State": {"Status": state}})
    monkeypatch.setattr(docker, "docker", lambda *words, **_options: said.append(words[0]))
    monkeypatch.setattr(hosts, "wait", lambda *_hosts: said.append("wait"))
    power.change(made, made.admins[1], verb)
    assert said == asked


def test_a_frozen_host_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    made = from_environment({})
    monkeypatch.setattr(docker, "inspect", lambda _container: {"State": {"Status": "paused"}})
    with pytest.raises(LabError, match="python3 -m lab thaw admin"):
        power.change(made, made.admin, "start")

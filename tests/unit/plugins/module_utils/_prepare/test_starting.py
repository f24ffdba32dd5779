"""An engine that a prepare starts, and those that it leaves alone."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._engine import docker_engine, starting


def engine(service=None, **more):
    found = docker_engine.Engine(True, iptables=False, detail="x", **more)
    found.service = service
    return found


@pytest.mark.parametrize(
    "found, words",
    [
        (engine(unfit="snap's"), "snap's"),
        (engine("docker-latest.service"), "runs as docker-latest.service and does not answer"),
        (engine(""), "runs as a process that systemd did not start"),
        (docker_engine.Engine(False), "no Docker Engine is installed"),
        (docker_engine.Engine(True, True, config_file="/data/d.json"), "change the firewall"),
    ],
)
def test_what_is_not_started(found, words):
    missing, actions = [], []
    assert starting.provide(found, "/", True, actions, missing) is found
    assert actions == [] and [words in item["detail"] for item in missing] == [True]
    assert found.config_file in missing[0]["remedy"] or "firewall" not in words


@pytest.mark.parametrize("service", [None, "docker.service"])
def test_what_is(service):
    actions = []
    assert starting.provide(engine(service), "/", True, actions, []).active and actions == ["start docker.service"]

"""Probing again until the host is Connected or the time is over."""

import os
from types import SimpleNamespace

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import waiting
from ansible_collections.zstack.zbs.plugins.module_utils._tools.deadline import Deadline
from ansible_collections.zstack.zbs.tests.unit.plugins.support import target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, settings


def test_a_real_target_and_none(folder, docker):
    docker(**target.NO_CONTAINER)
    health, probes = waiting.probe_until(settings(folder), 0.0, 0.5)
    assert (health["status"], probes) == ("Disconnected", 1)
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        assert waiting.probe_until(settings(folder), 60.0, 30.0)[1] == 1


DOWN, STARTING, UP = "Disconnected", "Connecting", "Connected"


@pytest.mark.parametrize(
    "statuses, wait, cost, probes, seconds",
    [
        # statuses, the last one for all that follow; seconds: to wait, that a probe takes; what was done
        ([UP], 0, 0, 1, 0),
        ([DOWN], 0, 0, 1, 0),
        ([DOWN], 0, 9, 1, 9),
        ([DOWN], 3, 0, 4, 3),
        ([DOWN], 3, 1, 2, 3),
        ([DOWN], 3, 9, 1, 9),
        ([DOWN, DOWN, UP], 3, 0, 3, 2),
        ([STARTING], 0, 0, 1, 0),  # not waited for at all
        ([STARTING], 3, 0, 14, 13),  # for its grace of ten seconds more
        ([STARTING] * 9 + [UP], 3, 0, 10, 9),
        ([STARTING] * 9 + [DOWN], 3, 0, 10, 9),
    ],
)
def test_until_connected_or_the_end(monkeypatch, statuses, wait, cost, probes, seconds):
    """On a clock of the test's own, where a probe takes as long as it says, whatever the machine is busy with."""
    now = [0.0]

    def move(more):
        now[0] += more

    def probe(_settings, recheck):
        assert recheck == 7.0
        move(cost)
        seen.append(statuses[min(len(seen), len(statuses) - 1)])
        return {"status": seen[-1]}

    seen: list[str] = []
    monkeypatch.setattr(waiting, "probe_twice", probe)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=move))
    monkeypatch.setattr(waiting, "Deadline", lambda given: Deadline(given, lambda: now[0]))
    health, number = waiting.probe_until(SimpleNamespace(start_grace=10.0), wait, 1.0, 7.0)
    assert (health["status"], number, len(seen), now[0]) == (seen[-1], probes, probes, seconds)

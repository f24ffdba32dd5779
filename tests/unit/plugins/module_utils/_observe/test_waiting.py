"""Probing again until the host is Connected or the time is over."""

import os
import time

from ansible_collections.zstack.zbs.plugins.module_utils._observe import waiting
from ansible_collections.zstack.zbs.tests.unit.plugins.support import target
from ansible_collections.zstack.zbs.tests.unit.plugins.support.peer import Peer
from ansible_collections.zstack.zbs.tests.unit.plugins.support.probing import GOOD, settings


def test_until_connected_or_the_end(folder, docker):
    docker(**target.NO_CONTAINER)
    started = time.monotonic()
    health, probes = waiting.probe_until(settings(folder), 0.3, 0.05)
    assert time.monotonic() - started < 5
    assert health["status"] == "Disconnected" and probes >= 2
    health, probes = waiting.probe_until(settings(folder), 0.0, 0.5)
    assert (health["status"], probes) == ("Disconnected", 1)
    docker(target.container("running", folder + "/admin.sock", os.getpid()))
    with Peer(folder + "/admin.sock", target.behave(GOOD)):
        assert waiting.probe_until(settings(folder), 60.0, 30.0)[1] == 1

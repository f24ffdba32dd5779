"""A host for the phases of a tick that are about volumes."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._observe import disks
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases, volume_phases
from ansible_collections.zstack.zbs.tests.unit.plugins.support.demands import DB, WEB, need
from ansible_collections.zstack.zbs.tests.unit.plugins.support.ticks import health


@pytest.fixture
def host(tick, monkeypatch):
    """A host whose target, VMs and volumes the test sets; `run(phase)` is a phase on it."""

    class Host:
        """verdict of the target, needs of the VMs, controllers of the target, the target's process."""

        verdict = "healthy"
        needs = [need("a", WEB, "arguments", "connection")]
        volumes = []
        process = {"pid": 9, "started_s_after_boot": 1.0}

        def look(self, settings):
            """What a probe would return."""
            volumes = self.volumes if self.verdict == "healthy" else []
            seen = dict(health(self.verdict), volumes=volumes, process=self.process)
            found = {"vms": [WEB, DB], "connections_known": True, "needs": self.needs}
            disks.enter(seen, found, settings.disks)
            return seen

        def run(self, phase, **more):
            """A phase of a tick."""
            with monkeypatch.context() as context:
                context.setattr(volume_phases, "probe", self.look)
                context.setattr(phases, "probe_twice", lambda settings, *_more: self.look(settings))
                return tick(phase, self.verdict, **more)

    return Host()

"""A host for an attempt: what a prepare finds and what a probe sees are given by the test, ledger and evidence are real."""

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils import _attempt_arguments, _recovery_arguments
from ansible_collections.zstack.zbs.plugins.module_utils._attempt import beginning, ending
from ansible_collections.zstack.zbs.plugins.module_utils._observe import disks, probe
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import whole
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases, volume_phases
from ansible_collections.zstack.zbs.plugins.module_utils._window.ledger import read_ledger
from ansible_collections.zstack.zbs.tests.unit.plugins.support import demands, programs, ticks

PREPARED = {"changed": False, "missing": [], "warn": [], "diff": {"before": {}, "after": {}}, "cpuset": {"cpus": [1]}}
PREPARED["hugetlbfs"] = {"dir": "/dev/hugepages2m"}


class Host:
    """verdicts: what each look sees, in order, the last one for ever; needs: what the VMs need; prepared: what a prepare returns; broken: what it raises."""

    def __init__(self, folder):
        self.folder = folder
        self.verdicts = ["stopped"]
        self.prepared = dict(PREPARED)
        self.broken = None
        self.order = []
        self.needs = []

    def probe(self, settings):
        self.order.append("look")
        verdict = self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]
        container = {"answer": "found", "id": "c1", "image": "zbs:1"}
        seen = dict(
            ticks.health(verdict), volumes=[], container=container, process={"pid": 9, "started_s_after_boot": 1.0}
        )
        disks.enter(seen, demands.found([demands.WEB], *self.needs), settings.disks)
        return seen

    def prepare(self, params, check_mode):
        self.order.append("prepare")
        assert params["guest_memory"] == "0" and params["docker"] == "require" and params["best_effort"]
        if self.broken is not None:
            raise self.broken
        return dict(self.prepared)

    def params(self, phase, **more):
        """The parameters of zbs_vhost_attempt."""
        found = {name: spec.get("default") for name, spec in _attempt_arguments.SPEC.items()}
        found.update(host_ip="h", phase=phase, facts_dir=str(self.folder), evidence_dir=str(self.folder / "log"))
        found.update(dict({"wait": 0.0, "hung_recheck": 0.0, "who": "job 1"}, **more))
        return _attempt_arguments.checked(found)

    def begin(self, check_mode=False, **more):
        return beginning.begin(self.params("begin", **more), check_mode)

    def finish(self, check_mode=False, **more):
        return ending.finish(self.params("finish", **more), check_mode)

    def tick(self):
        """An observe of the heal."""
        found = {name: spec.get("default") for name, spec in _recovery_arguments.SPEC.items()}
        found.update(host_ip="h", phase="observe", facts_dir=str(self.folder), hung_recheck=0.0)
        return phases.run(found, False)

    def entry(self):
        """The ledger's entry of vhost."""
        return read_ledger(str(self.folder)).get("zbs", "vhost")

    def evidence(self):
        """The names of the files that were kept, without time and number."""
        folder = self.folder / "log"
        return sorted(path.name.split("-")[2] for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def host(tmp_path, monkeypatch, no_fsync):
    """A Host whose target is stopped."""
    made = Host(tmp_path)
    programs.write_program(tmp_path / "bin", "docker", "exit 1")
    monkeypatch.setenv("PATH", programs.path_with(tmp_path / "bin"))
    monkeypatch.setattr(probe, "probe", made.probe)
    monkeypatch.setattr(volume_phases, "probe", made.probe)
    monkeypatch.setattr(whole, "run", made.prepare)
    return made

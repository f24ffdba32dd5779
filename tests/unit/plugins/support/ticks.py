"""The phases of a tick, with the probe's health given by the test and the ledger real."""

from ansible_collections.zstack.zbs.plugins.module_utils import _arguments
from ansible_collections.zstack.zbs.plugins.module_utils._observe import probe as observe_probe
from ansible_collections.zstack.zbs.plugins.module_utils._tick import phases
from ansible_collections.zstack.zbs.tests.unit.plugins.support import ledgers


def health(verdict, reason="because"):
    """A health of vhost alone."""
    from ansible_collections.zstack.zbs.plugins.module_utils._observe.health import host_status
    from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import Verdict

    found = Verdict(verdict, None if verdict == "healthy" else reason)
    status, why = host_status({"vhost": found})
    row = {"status": status, "verdict": verdict, "reason": found.reason, "latency_ms": 1.0}
    found = {"status": status, "reason": why, "protocols": {"vhost": row}, "volumes": [], "warnings": []}
    return dict(found, process=None, vms=[], demand=[], connections_known=True)


def runner(tmp_path, monkeypatch):
    """Run a phase while the target is `verdict`: result."""
    monkeypatch.setattr(observe_probe.time, "sleep", lambda _seconds: None)

    def run(phase, verdict, check_mode=False, **more):
        def probe(_settings):
            return health(verdict)

        monkeypatch.setattr(observe_probe, "probe", probe)
        params = {name: spec.get("default") for name, spec in _arguments.PROBE.items()}
        params.update(host_ip="h", phase=phase, primary_storage="zbs", max_skip=64, attempt_timeout=900.0)
        params.update(reset_after=1, flap_limit=2, flap_window=30, hold=False)
        params.update(restore_volumes=True, restored=None, deploy_timeout=None, lease_id=ledgers.lease_id(tmp_path))
        params.update(hung_recheck=0.0, who="job 1", outcome="auto", error=None, facts_dir=str(tmp_path))
        params.update(more)
        return phases.run(params, check_mode)

    return run

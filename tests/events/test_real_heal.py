"""The rulebook with the real collection: its heal over a host that is this machine, held, without a target, with a ledger of its own."""

import json
import os
import time

import yaml
from conftest import ROOT, alert, group, listens, site, started, stop


def test_the_real_heal_runs_over_the_host_of_the_alert_and_counts_no_tick(tmp_path):
    environment = dict(site(tmp_path), ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".cache/collections"))
    facts = tmp_path / "facts"
    facts.mkdir()
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "ansible_become": os.geteuid() != 0,
        "zbs_vhost_target_host_ip": "192.0.2.1",  # nobody's, so no container bears its name
        "zbs_vhost_target_admin_socket": str(tmp_path / "admin.sock"),
        "zbs_vhost_target_facts_dir": str(facts),
        "zbs_vhost_heal_hold": True,
        "zbs_vhost_heal_max_skip": 8,
        "zbs_vhost_heal_json": str(tmp_path / "tick.json"),
    }
    hosts = {"zbs_admin": {"hosts": {"mds1": {}}}, "zbs_vhost": {"hosts": {"kvm1": {}, "kvm2": {}}, "vars": local}}
    (tmp_path / "inventory/hosts.yml").write_text(yaml.safe_dump({"all": {"children": hosts}}))
    window = {"failures": 2, "skip": 4, "last_attempt": None, "lease": None, "status": "Disconnected"}
    window.update(verdict="absent", reason=None, since="2026-01-02T03:04:05Z")
    ledger = facts / "zbs_vhost.fact"
    ledger.write_text(json.dumps({"version": 1, "entries": {"zbs": {"vhost": window}}}))
    ledger.chmod(0o644)
    running = started(tmp_path, environment, "zstack.zbs.heal")
    try:
        listens(running)
        assert running.post("alertmanager", group(alert("kvm1:9100"))) == 200
        end = time.monotonic() + 180
        while not (tmp_path / "tick.json").exists():
            assert time.monotonic() < end, running.log()
            time.sleep(0.5)
        (row,) = json.loads((tmp_path / "tick.json").read_text())["rows"]
        assert (row["host"], row["status"], row["result"]) == ("kvm1", "Disconnected", "held"), row
        # By the clock it would be 3.
        assert json.loads(ledger.read_text())["entries"]["zbs"]["vhost"]["skip"] == 4
    finally:
        stop(running)

"""A job as AWX runs it: ansible-runner, the inventory file in the project, the login injected as environment."""

import os
import sys
from pathlib import Path

import pytest
from zstack_support import ROOT

from lab.zstack import cloud, logins
from lab.zstack.server import Standin

ansible_runner = pytest.importorskip("ansible_runner", reason="ansible-runner is not installed")
_PLAY = """
- hosts: zbs_vhost
  gather_facts: false
  tasks:
    - name: Say who
      ansible.builtin.debug:
        msg: "{{ ansible_host }} {{ zstack_cluster }}"
"""


@pytest.fixture
def job(tmp_path):
    """A private data directory, and a function that runs a play in it against a manager."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "inventory/zbs.zstack.yml").write_text("plugin: zstack.zbs.zstack\n")
    (tmp_path / "project/who.yml").write_text(_PLAY)

    def run(standin, **more):
        environment = {
            "ZSTACK_URL": standin.url,
            "ZSTACK_ACCOUNT": logins.ACCOUNT,
            "ZSTACK_PASSWORD": logins.PASSWORD,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "PATH": "%s:%s" % (Path(sys.executable).parent, os.environ["PATH"]),
            **more,
        }
        return ansible_runner.run(
            private_data_dir=str(tmp_path), playbook="who.yml", envvars=environment, quiet=True, verbosity=4
        )

    return run


def test_a_job_has_the_managers_hosts(job, tmp_path):
    with Standin(cloud.generate(3)) as standin:
        done = job(standin)
        assert (done.status, done.rc) == ("successful", 0), done.stdout.read()
        assert sorted(done.stats["ok"]) == ["kvm0001", "kvm0002", "kvm0003"]
        said = {event["event_data"]["res"]["msg"] for event in done.events if event["event"] == "runner_on_ok"}
        assert said == {"10.0.0.%d cluster-1" % number for number in (1, 2, 3)}
        assert standin.logins.opened == 1 and standin.logins.open == 0
    # The environment is the runner's own to keep (AWX keeps it in memory); nothing that Ansible did repeats it.
    for file in tmp_path.glob("artifacts/*/*"):
        if file.is_file() and file.name != "command":
            assert logins.PASSWORD not in file.read_text(errors="replace"), file


def test_a_job_without_its_manager_does_nothing_and_fails(job):
    with Standin(cloud.generate(3)) as standin:
        standin.faults.switch_on("html", "/v1/hosts")
        done = job(standin)
        assert done.status == "failed" and "an HTML page" in done.stdout.read().replace("\n", " ")
        assert not done.stats and standin.logins.open == 0

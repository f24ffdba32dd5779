"""One lab of two hosts for all stories, and jobs on it. Root; `python -m tools.check runner` brings the lab and takes it away."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from runner_job import Job  # noqa: E402

from lab import docker, status  # noqa: E402
from lab.settings import from_environment  # noqa: E402


def _lab(word):
    done = subprocess.run(
        [sys.executable, "-m", "lab", word], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Site:
    """The lab as a job sees it, and a way in beside it."""

    settings: object
    inventory: dict
    key: str

    def on(self, host, *argv, check=True):
        """Run a command on a host; what it printed."""
        container = {one.name: one.container for one in self.settings.everyone}[host]
        done = docker.exec_in(container, argv, 60)
        assert done.ok or not check, (host, argv, done)
        return done.out

    def standin(self, *words):
        """A word to the zbsadm stand-in."""
        return self.on("admin", "zbsadm", "standin", *words)

    def deploys(self, host=None):
        """How often zbsadm was told to deploy a target since its log was cleared."""
        words = ["--host", self.address(host)] if host else []
        return int(self.standin("calls", "--command", "vhost deploy", *words, "--count"))

    def address(self, host):
        return {one.name: one.ip for one in self.settings.everyone}[host]

    def kill(self, host):
        """The target dies and stays dead."""
        self.on(host, "docker", "kill", "zbsvhost-%s" % self.address(host))

    def target(self, host):
        """The container's id and start, which no healthy target changes; empty where none runs."""
        form = "{{if .State.Running}}{{.Id}} {{.State.StartedAt}}{{end}}"
        return self.on(host, "docker", "inspect", "--format", form, "zbsvhost-%s" % self.address(host)).strip()

    def ledger(self, host):
        """The entry of vhost, None where there is none. What is no JSON fails here."""
        text = self.on(host, "cat", "/etc/ansible/facts.d/zbs_vhost.fact", check=False)
        return _entry(json.loads(text)) if text.strip() else None


def _entry(document):
    """The one entry of vhost in a ledger, wherever it lies."""
    if isinstance(document, dict):
        if "failures" in document and "lease" in document:
            return document
        for value in document.values():
            found = _entry(value)
            if found:
                return found
    return None


@pytest.fixture(scope="session")
def site():
    """Two bare hosts and an admin node."""
    if os.geteuid() != 0:
        pytest.skip("the lab needs root")
    os.environ["ZBS_LAB_HOSTS"] = "2"
    _lab("up")
    try:
        settings = status.record_of(from_environment())
        listed = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(settings.inventory), "--list"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        yield Site(settings, _as_awx(json.loads(listed.stdout)), (settings.ssh / "id_ed25519").read_text())
    finally:
        _lab("down")


def _as_awx(inventory):
    """The inventory without its login: a job's comes from the machine credential, through an agent."""
    for variables in inventory["_meta"]["hostvars"].values():
        del variables["ansible_ssh_private_key_file"], variables["ansible_user"]
        words = shlex.split(variables["ansible_ssh_common_args"])
        variables["ansible_ssh_common_args"] = shlex.join(words).replace("-o IdentitiesOnly=yes ", "")
    return inventory


@pytest.fixture
def job(site, tmp_path_factory):
    """job(playbook, answers, ...): a job that was not started yet."""

    def make(playbook, answers=None, **more):
        # A short name: the sockets of SSH lie in it, and their paths may have 108 bytes.
        return Job(tmp_path_factory.mktemp("j"), site, playbook, {**answers_of(playbook), **(answers or {})}, **more)

    yield make
    site.standin("clear")


def answers_of(playbook):
    """Every number and boolean of every role as a string, with its default; and the survey's answers as AWX hands them over."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Knows Ansible's tag for texts that are no templates."""

    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    answers = {}
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.load(path.read_text(), Loader)["argument_specs"].values():
            for name, option in entry["options"].items():
                # Some have no default of their own: a template of another variable, or none that the specification tells.
                if option["type"] in ("int", "float", "bool") and "{{" not in str(option.get("default", "{{")):
                    answers[name] = str(option["default"]).lower()
    surveys = yaml.load((ROOT / "roles/zbs_awx/vars/surveys.yml").read_text(), Loader)
    for question in surveys.get("__zbs_awx_survey_%s" % playbook, {}).get("spec", []):
        # Of an integer AWX hands a number over, of everything else a string.
        number = question["type"] == "integer"
        answers[question["variable"]] = question["default"] if number else str(question["default"])
    return {**answers, **LAB}


#: What the lab's hosts are like, as strings too: small targets, one pool of hugepages for all.
LAB = {}


@pytest.fixture(scope="session", autouse=True)
def _of_the_lab(site):
    some = site.inventory["_meta"]["hostvars"]["compute1"]
    for name in ("zbs_hugepages_count", "zbs_vhost_target_hugepage_size_mib", "zbs_vhost_target_concurrency"):
        LAB[name] = str(some[name])
    LAB["zbs_vhost_heal_concurrency"] = "1"
    LAB["zbs_vhost_target_hung_recheck"] = "1.0"


@pytest.fixture(scope="session")
def deployed(site, _of_the_lab, tmp_path_factory):
    """The site, after its first job; that job."""
    done = Job(tmp_path_factory.mktemp("first"), site, "site", answers_of("site")).run()
    assert done.ok, done.said[-4000:]
    return done


@pytest.fixture
def well(site, deployed, job):
    """A site whose targets all answer, whose ledgers are empty and whose zbsadm counts from now on."""
    site.standin("clear")
    for host in ("compute1", "compute2"):
        site.on(host, "rm", "-f", "/etc/ansible/facts.d/zbs_vhost.fact")
    if not all(site.target(host) for host in ("compute1", "compute2")):
        assert job("site").run().ok
    site.standin("calls", "--clear")
    return site

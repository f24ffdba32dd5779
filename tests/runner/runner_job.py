"""A job's private data directory as AWX lays it out, run by AWX's own engine.

project/            a copy of the repository, as the project's checkout
inventory/hosts     a program that prints the inventory as JSON, mode 0700
env/                settings, envvars, cmdline, extravars, passwords, ssh_key, and a file for what a credential injects
artifacts/<job id>/ events, stdout, fact_cache
"""

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path

import ansible_runner
import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[2]


class Unsafe(str):
    """A text that AWX marks, so that Ansible takes it as it is."""


class _Dumper(yaml.SafeDumper):
    """Writes those with their tag."""


_Dumper.add_representer(Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value), style="'"))


class Job:
    """One job. `start()` and `wait()`, or `run()` for both; `cancel()` is AWX's button."""

    _numbers = iter(range(4000, 5000))

    def __init__(self, folder, site, playbook, answers=None, limit="", credential=None):
        """`answers` are the survey's; `credential` is (injectors, inputs) of a custom credential."""
        self.number = next(self._numbers)
        self.private = folder / ("awx_%d" % self.number)
        self.artifacts = self.private / "artifacts" / str(self.number)
        self.runner = None
        self._cancelled = threading.Event()
        self._thread = None
        for name in ("project", "inventory", "env", "artifacts", "cp"):
            (self.private / name).mkdir(parents=True, mode=0o700)
        shutil.copytree(ROOT / "playbooks", self.private / "project/playbooks")
        shutil.copy2(ROOT / "ansible.cfg", self.private / "project")
        self._write("inventory/hosts", "#! %s\nprint(%r)\n" % (sys.executable, json.dumps(site.inventory)), 0o700)
        self._write("env/ssh_key", site.key)
        self._write("env/passwords", json.dumps({r"SSH password:\s*?$": "", r"BECOME password.*:\s*?$": ""}))
        self._write("env/settings", json.dumps({"idle_timeout": 0, "job_timeout": 600, "pexpect_timeout": 5}))
        words = ["-u", "root"] + (["-l", limit] if limit else [])
        if credential:
            injectors, inputs = credential
            rendered = {
                name: Unsafe(jinja2.Template(text).render(inputs)) for name, text in injectors["extra_vars"].items()
            }
            self._write("env/injected", yaml.dump(rendered, Dumper=_Dumper))
            words += ["-e", "@%s" % (self.private / "env/injected")]
        self._write("env/cmdline", " ".join(words))
        given = {"awx_job_id": self.number, "tower_job_id": self.number, "awx_user_name": "operator", **(answers or {})}
        safe = {name: Unsafe(value) if isinstance(value, str) else value for name, value in given.items()}
        self._write("env/extravars", yaml.dump(safe, Dumper=_Dumper))
        environment = {
            "JOB_ID": str(self.number),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.private / "cp"),
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            # Where an execution environment has it from; AWX puts the project's own collections before.
            "ANSIBLE_COLLECTIONS_PATH": "%s:%s"
            % (self.private / "requirements_collections", ROOT / ".cache/collections"),
            "PATH": "%s:%s" % (Path(sys.executable).parent, os.environ["PATH"]),
        }
        self._write("env/envvars", json.dumps(environment))
        self._playbook = "playbooks/%s.yml" % playbook

    def start(self):
        """Begin, and give the job back."""
        self._thread, self.runner = ansible_runner.run_async(
            private_data_dir=str(self.private),
            playbook=self._playbook,
            ident=str(self.number),
            quiet=True,
            verbosity=1,
            cancel_callback=self._cancelled.is_set,
        )
        return self

    def wait(self):
        """Until it is over; its runner."""
        self._thread.join(900)
        assert not self._thread.is_alive(), "the job did not end"
        return self.runner

    def run(self):
        """Both."""
        self.start().wait()
        return self

    def cancel(self):
        """What AWX does to a job that somebody cancels: runner kills the whole group of processes."""
        self._cancelled.set()

    @property
    def said(self):
        """What it printed."""
        return (self.artifacts / "stdout").read_text(errors="replace")

    @property
    def ok(self):
        """Whether it ended well; AWX's green."""
        return (self.runner.status, self.runner.rc) == ("successful", 0)

    @property
    def artifact_data(self):
        """What `set_stats` hands over to a workflow."""
        (end,) = [event for event in self.runner.events if event["event"] == "playbook_on_stats"]
        return end["event_data"]["artifact_data"]

    def facts(self, host):
        """The text of the host's facts in the cache, None where there are none; ansible-core 2.19 puts a prefix before the name."""
        for path in (self.artifacts / "fact_cache").glob("*%s" % host):
            return path.read_text()
        return None

    def _write(self, name, text, mode=0o600):
        path = self.private / name
        path.write_text(text)
        path.chmod(mode)


def until(wanted, what, patience=120.0):
    """Ask until there is an answer."""
    deadline = time.monotonic() + patience
    while True:
        found = wanted()
        if found:
            return found
        assert time.monotonic() < deadline, what
        time.sleep(0.3)

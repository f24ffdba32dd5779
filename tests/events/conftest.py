"""A real ansible-rulebook with the shipped rulebooks, on a collection whose heal only tells what it was told."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".cache/events/bin"
HOSTS = [f"kvm{number:02}" for number in range(1, 31)]
TOKEN = "0123456789abcdef0123456789abcdef"
# What the heal would be: it writes down its hosts and what it knows of the event, through a real connection of Ansible's.
HEAL = """
- name: Tell
  hosts: "{{ zbs_vhost_group | default('zbs_vhost') }}"
  gather_facts: false
  connection: local
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Tell
      ansible.builtin.copy:
        dest: "{{ runs }}/{{ now().strftime('%s%f') }}.json"
        mode: "0600"
        content: "{{ {'hosts': ansible_play_hosts_all, 'by_event': zbs_vhost_heal_by_event, 'eda': ansible_eda} | to_json }}"
      run_once: true
    - name: Take some time, once that is asked for
      ansible.builtin.wait_for:
        timeout: "{{ busy | int }}"
      run_once: true
      when: busy | default(0) | int > 0
"""


class Rulebook:
    """The running rulebook: `post` to it, `runs` that it made."""

    def __init__(self, folder, process, port, token=TOKEN):
        self.folder, self.process, self.port, self.token = folder, process, port, token

    def post(self, endpoint, payload, token="", raw=None):
        """The status of a post; with the right token unless another one or none (None) is given."""
        token = self.token if token == "" else token
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps(payload).encode() if raw is None else raw
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{endpoint}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def all_at_once(self, posts):
        """The statuses of posts (endpoint, payload) that come together."""
        with ThreadPoolExecutor(len(posts)) as pool:
            return list(pool.map(lambda post: self.post(*post), posts))

    def runs(self):
        """What each run told, the first one first."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "runs").iterdir())]

    def forget(self):
        for path in (self.folder / "runs").iterdir():
            path.unlink()

    def wait_for_runs(self, number, seconds=180):
        """The runs, as soon as there are so many; then a little longer, for one too many."""
        end = time.monotonic() + seconds
        while len(self.runs()) < number:
            assert time.monotonic() < end and self.process.poll() is None, self.log()
            time.sleep(0.2)
        time.sleep(3)
        return self.runs()

    def quiet(self, seconds=6):
        """Whether no run is made for longer than a burst and a play take."""
        before = len(self.runs())
        time.sleep(seconds)
        return len(self.runs()) == before and self.process.poll() is None

    def log(self):
        return (self.folder / "log").read_text()


def alert(host, status="firing", **labels):
    """An alert as Alertmanager posts it."""
    found = dict({"alertname": "ZbsVhostHealNow", "zbs_vhost_heal": "now", "instance": host}, **labels)
    return {
        "status": status,
        "labels": found,
        "annotations": {"summary": "{{ lookup('pipe', 'touch EVIL') }}"},
        "startsAt": "2026-01-02T03:04:05Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph?x=$(touch EVIL)",
        "fingerprint": "a1",
    }


def down(host):
    """A post of a guard's."""
    return {"event": "zbs_vhost_target_down", "host_ip": host, "host": host, "state": "gone", "reason": "{{ 'EVIL' }}"}


def group(*alerts):
    """A post of Alertmanager's."""
    return {"version": "4", "status": "firing", "receiver": "zbs", "truncatedAlerts": 0, "alerts": list(alerts)}


def site(folder):
    """A collection with the shipped event plugins and rulebooks and a heal that tells, and an inventory; the environment."""
    place = folder / "collections/ansible_collections/zstack/zbs"
    (place / "playbooks").mkdir(parents=True)
    (place / "extensions").symlink_to(ROOT / "extensions")
    for name in ("galaxy.yml", "meta"):
        (place / name).symlink_to(ROOT / name)
    (place / "playbooks/heal.yml").write_text(HEAL)
    (folder / "runs").mkdir()
    (folder / "inventory/group_vars").mkdir(parents=True)
    (folder / "inventory/hosts.yml").write_text(
        yaml.safe_dump(
            {
                "all": {
                    "children": {
                        "zbs_admin": {"hosts": {"mds1": {"ansible_host": "10.0.0.10"}}},
                        "zbs_vhost": {
                            "hosts": {name: {"ansible_host": f"10.0.0.{11 + at}"} for at, name in enumerate(HOSTS)}
                        },
                    }
                }
            }
        )
    )
    # It stands beside the hosts, and a run has to get it.
    (folder / "inventory/group_vars/all.yml").write_text(yaml.safe_dump({"runs": str(folder / "runs")}))
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    (folder / "ansible.cfg").write_text("")
    return dict(
        os.environ,
        PATH=f"{PROGRAMS}:{os.environ['PATH']}",
        ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"),
        ANSIBLE_HOME=str(folder / "home"),
        ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
    )


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def started(folder, environment, rulebook, **variables):
    """ansible-rulebook with variables, once it listens."""
    port = free_port()
    given = dict(
        {
            "zbs_events_inventory": str(folder / "inventory"),
            "zbs_events_token_file": str(folder / "token"),
            "zbs_events_port": port,
            "zbs_events_collect": 2,
        },
        **variables,
    )
    (folder / "events.yml").write_text(yaml.safe_dump(given))
    argv = ["ansible-rulebook", "--rulebook", rulebook, "--inventory", str(folder / "inventory")]
    argv += ["--vars", str(folder / "events.yml"), "--max-concurrent-actions", "1", "-v"]
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            argv, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Rulebook(folder, process, port)


def listens(running, seconds=120):
    end = time.monotonic() + seconds
    while True:
        try:
            running.post("", {})
            return
        except OSError:
            assert time.monotonic() < end and running.process.poll() is None, running.log()
            time.sleep(0.2)


def stop(running):
    """End it and all that it started."""
    if running.process.poll() is None:
        os.killpg(running.process.pid, signal.SIGTERM)
        try:
            running.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait(30)


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory):
    assert shutil.which("java"), "ansible-rulebook needs a Java 17; `python -m tools.check events` has it installed"
    assert PROGRAMS.exists(), f"there is no {PROGRAMS}; run `{Path(sys.executable).name} -m tools.check events`"
    folder = tmp_path_factory.mktemp("rulebook")
    running = started(folder, site(folder), "zstack.zbs.heal")
    try:
        listens(running)
        yield running
    finally:
        stop(running)


@pytest.fixture(autouse=True)
def nothing_of_before(request):
    """Each test sees its own runs only, and each host may be handed on anew."""
    if "rulebook" in request.fixturenames:
        running = request.getfixturevalue("rulebook")
        running.post("alertmanager", group(*(alert(name, "resolved") for name in HOSTS)))
        running.forget()

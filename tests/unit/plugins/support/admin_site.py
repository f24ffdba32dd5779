"""A site to run ansible-playbook on: this collection, with what would touch this machine replaced, and admin nodes that misbehave.

An admin node is this machine behind a connection plugin, which does what the node's script says: one word for each time that it is asked
whether it is there, the last one for ever.

    up       a node
    down     refuses the connection
    frozen   accepts it and never answers
    freezes  answers, then freezes while a module runs
    lost     answers, then loses the connection while a module runs
    deaf     says nothing, and ends
"""

import json
import shutil
import sys
from pathlib import Path

from ansible_collections.zstack.zbs.tests.unit.plugins.support import playbooks

ROOT = Path(__file__).resolve().parents[4]

_CONNECTION = '''
DOCUMENTATION = """
name: zbs_fake
options:
  node: {description: Its name., vars: [{name: zbs_fake_node}]}
  script: {description: What it does., vars: [{name: zbs_fake_script}]}
"""
import os, time
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

LOG = os.environ["ZBS_FAKE_LOG"]


class Connection(Local):
    transport = "zbs_fake"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        node, script = self.get_option("node"), self.get_option("script").split(",")
        looked = "zbs-admin-node-answers" in cmd
        with open(LOG, "a+") as log:
            log.seek(0)
            count = sum(line.split() == [node, "look"] for line in log)
            log.write("%s %s\\n" % (node, "look" if looked else "work"))
        word = script[min(count if looked else max(0, count - 1), len(script) - 1)]
        if word == "down" or (word == "lost" and not looked):
            raise AnsibleConnectionFailure("Connection\\n  refused by %s." % node)
        if word == "frozen" or (word == "freezes" and not looked):
            time.sleep(120)
        if word == "deaf":
            return 1, b"", b"no container of that name"
        return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
'''


def make(folder, nodes, hosts=("c1",), **variables):
    """A Site in `folder`. nodes: {name: script}; hosts: compute hosts, which are this machine; variables: of all hosts."""
    ours = folder / "collections/ansible_collections/zstack/zbs"
    for name in ("plugins", "roles", "playbooks", "meta"):
        shutil.copytree(ROOT / name, ours / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", ours)
    calls = ours / "plugins/module_utils/_admin/calls.py"
    calls.write_text(calls.read_text().replace('LOCK_DIR = "/run"', "LOCK_DIR = %r" % str(folder)))
    (folder / "connections").mkdir()
    (folder / "connections/zbs_fake.py").write_text(_CONNECTION)
    inventory = {
        "all": {
            "vars": dict({"ansible_python_interpreter": sys.executable, "ansible_become": False}, **variables),
            "children": {
                "zbs_admin": {
                    "vars": {"ansible_connection": "zbs_fake"},
                    "hosts": {
                        name: {"zbs_fake_node": name, "zbs_fake_script": script} for name, script in nodes.items()
                    },
                },
                "zbs_vhost": {
                    "vars": {"ansible_connection": "local"},
                    "hosts": {name: {"ansible_host": name} for name in hosts},
                },
            },
        }
    }
    (folder / "inventory.json").write_text(json.dumps(inventory))
    return Site(folder, ours)


class Site:
    """What was made: `collection` is the copy's folder."""

    def __init__(self, folder, collection):
        self.folder = folder
        self.collection = collection
        self.log = folder / "log"

    def run(self, playbook, *arguments, ok=True):
        """What ansible-playbook prints for a playbook, ours by its name or the plays given."""
        if not isinstance(playbook, str):
            (self.folder / "play.json").write_text(json.dumps(playbook))
            playbook = str(self.folder / "play.json")
        self.log.write_text("")
        done = playbooks.run(
            self.folder,
            *("-i", str(self.folder / "inventory.json"), *arguments, playbook),
            timeout=120,
            ANSIBLE_COLLECTIONS_PATH=str(self.folder / "collections"),
            ANSIBLE_CONNECTION_PLUGINS=str(self.folder / "connections"),
            ANSIBLE_LOCALHOST_WARNING="0",
            ANSIBLE_LOCAL_TEMP=str(self.folder / "tmp"),
            ANSIBLE_REMOTE_TMP=str(self.folder / "remote"),
            ZBS_FAKE_LOG=str(self.log),
        )
        assert (done.returncode == 0) is ok, done.stdout[-6000:]
        return done.stdout

    def looks(self, node):
        """How often a node was asked whether it is there."""
        return self.log.read_text().splitlines().count("%s look" % node)

    def works(self, node):
        """Whether anything else was done on it."""
        return "%s work" % node in self.log.read_text().splitlines()


def program(folder, name, body):
    """A shell script that logs its arguments to NAME.log; its path."""
    path = folder / name
    path.write_text('#!/bin/sh\necho "$*" >> %s.log\n%s\n' % (path, body))
    path.chmod(0o755)
    return str(path)


def calls(folder, name):
    """The arguments of each call of a program."""
    path = folder / (name + ".log")
    return path.read_text().splitlines() if path.exists() else []


#: What stands instead of the modules of the compute hosts: each host's target was killed, and a VM needs one disk of it.
_HOST_MODULE = """#!/usr/bin/python
# WANT_JSON: a module that takes any option
import json
import sys

params = json.load(open(sys.argv[1]))
bdev = json.load(open(%(bdevs)r)).get(params.get("host_ip"))
disk = {"bdev": bdev, "socket": "/s", "vm": {"name": "web", "pid": 3}, "path": None}
down = dict.fromkeys(%(due)r, {"status": "Disconnected", "failures": 0, "skip": 0, "lease": None, "verdict": "absent", "since": "x"})
volume = "volume:%%s" %% bdev
volumes = {"begun": [volume], "decisions": {volume: "begun"}, "lease_id": "2", "restore": [disk], "entries": {}}
answer = params.get("answer") or {}
error = params.get("error") or (answer.get("msg") if answer.get("failed") else None)
health = {
    "status": "Connected", "reason": None, "protocols": {"vhost": {"verdict": "healthy", "status": "Connected", "reason": None}},
    "volumes": [], "demand": [dict(disk, broken=True)], "container": {"id": "x"}, "warnings": [],
}
if %(down)r and not params.get("phase", "").startswith("finish"):  # until it is verified
    health["status"] = "Disconnected"
    health["protocols"]["vhost"] = {"verdict": "absent", "status": "Disconnected", "reason": "gone"}
volumes["health"] = health
said = {
    "observe": {"due": %(due)r, "decisions": dict.fromkeys(%(due)r, "due"), "status": "Disconnected", "entries": down},
    "begin": {
        "begun": %(due)r, "decisions": dict.fromkeys(%(due)r, "begun"), "lease_id": "1",
        "entries": {name: dict(entry, failures=1) for name, entry in down.items()},
        "client": {"path": "/etc/zbs/client.conf", "state": "present", "needed": False, "seconds": 220.0},
        "prepared": {"cpuset": {"cpus": [1]}, "hugetlbfs": {}}, "observed": health, "evidence": None,
    },
    "finish": {"outcome": "failed" if error else "healed", "error": error, "decisions": {}, "lease_id": "1", "volumes": dict(volumes)},
    "begin_volumes": volumes,
    "finish_volumes": {"outcomes": {volume: {"outcome": "healed", "error": None}}, "decisions": {}},
}.get(params.get("phase"), {})
with open(%(log)r, "a") as log:
    logged = {key: value for key, value in params.items() if key not in ("observed", "answer")}
    log.write(json.dumps(dict(logged, error=error)) + "\\n")
judged = {"rows": [], "fit": True, "lines": [], "zbsadm_version": None}  # of a preflight
print(json.dumps(dict(health, changed=False, health=health, **dict(judged, **said))))
"""


def fake_hosts(site, bdevs, due=("vhost",), down=False):
    """Put stand-ins for what would touch this machine.

    bdevs  {host: the disk that its VM needs}
    due    the protocols that are due
    down   whether a deploy finds the target down
    """
    (site.folder / "bdevs.json").write_text(json.dumps(bdevs))
    body = _HOST_MODULE % {
        "bdevs": str(site.folder / "bdevs.json"),
        "due": list(due),
        "down": down,
        "log": str(site.folder / "hosts.log"),
    }
    for name in ("recovery", "health", "attempt", "preflight"):
        (site.collection / ("plugins/modules/zbs_vhost_%s.py" % name)).write_text(body)


def told(site):
    """The parameters of each call on a compute host."""
    return [json.loads(line) for line in (site.folder / "hosts.log").read_text().splitlines()]

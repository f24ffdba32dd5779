"""A heal of Vhost brings the client first: the role's own tasks in a real run, on hosts that differ in what they have."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick.client import decide
from ansible_collections.zstack.zbs.tests.unit.plugins.support import playbooks

ROOT = Path(__file__).resolve().parents[3]
# In the place of zbs_vhost_deploy: says how it was called, and fails where its zbsadm is named so.
MODULE = """
import json
from ansible.module_utils.basic import AnsibleModule

names = ("protocol", "host_ip", "zbsadm", "timeout", "ssh_port", "ssh_username", "ssh_password")
module = AnsibleModule({name: {"no_log": name == "ssh_password"} for name in names})
with open("%s/" + module.params["host_ip"], "a") as calls:
    calls.write(json.dumps({name: module.params[name] for name in ("protocol", "timeout", "ssh_username")}) + "\\n")
module.fail_json(msg="no client today") if module.params["zbsadm"] == "bad" else module.exit_json(changed=True)
"""
LOGIN = {"zbs_vhost_heal_cbd_ssh_username": "root", "zbs_vhost_heal_cbd_ssh_password": "hunter2-x"}

# what the host has: whether the client is asked for, whether the attempt goes on, words that are said
CASES = {
    "login": (LOGIN, 1, True, None),
    "no_login": ({}, 0, True, None),
    "fails": (dict(LOGIN, zbs_vhost_target_zbsadm="bad"), 1, True, "the client was not deployed: no client today"),
    "fails_hung": (
        dict(LOGIN, zbs_vhost_target_zbsadm="bad", needed=True),
        1,
        False,
        "was not deployed: no client today",
    ),
    "login_hung": (dict(LOGIN, needed=True), 1, True, None),
    "hung_no_login": ({"needed": True}, 0, True, None),
    "never": (dict(LOGIN, zbs_vhost_heal_client="never"), 0, True, None),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(what each host was asked, what the run said) of one run over all hosts."""
    folder = tmp_path_factory.mktemp("heal")
    collection = folder / "collections/ansible_collections/zstack/zbs"
    (collection / "plugins/modules").mkdir(parents=True)
    (collection / "plugins/modules/zbs_vhost_deploy.py").write_text(MODULE % folder)
    for path in ROOT.glob("plugins/modules/*.py"):
        if path.name != "zbs_vhost_deploy.py":
            (collection / "plugins/modules" / path.name).symlink_to(path)
    for name in ("plugins/action", "plugins/filter", "plugins/module_utils", "plugins/plugin_utils", "roles"):
        (collection / name).symlink_to(ROOT / name)
    hosts = {name: dict({"ansible_host": name}, **given) for name, (given, *_rest) in CASES.items()}
    inventory = {
        "all": {"vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}},
        "zbs_admin": {"hosts": {"admin": None}},
        "zbs_vhost": {"hosts": hosts},
    }
    client = {"path": "/etc/zbs/client.conf", "state": "missing", "needed": False, "seconds": 220.0}
    # The role's own condition, and nothing of the attempt behind it.
    attempt = yaml.safe_load((ROOT / "roles/zbs_vhost_heal/tasks/vhost.yml").read_text())[0]
    condition = {"when": attempt["block"][0]["when"]}
    role = {"name": "zstack.zbs.zbs_vhost_heal", "tasks_from": "client_first.yml"}
    tasks = [
        {"ansible.builtin.include_role": dict(role, public=True), **condition},
        {"ansible.builtin.copy": {"content": "", "dest": "%s/{{ inventory_hostname }}.on" % folder}},
    ]
    defaults = {"zbs_vhost_heal_client": "when_missing", **dict.fromkeys(LOGIN, "")}
    play = {"hosts": "zbs_vhost", "gather_facts": False, "tasks": tasks}
    play["vars"] = {"__zbs_vhost_target_nodes": ["admin"]}
    play["vars"]["zbs_vhost_target_admin_timeout"] = 60
    for given in hosts.values():
        for name, value in defaults.items():
            given.setdefault(name, value)
        # As a task registers it: an expression in its place would be a string where Ansible's cores before 2.19 work it out.
        begun = {name: given.get(name, value) for name, value in client.items()}
        deploy, _why = decide(begun, given["zbs_vhost_heal_client"], [given[name] for name in LOGIN], "host")
        given["__zbs_vhost_heal_begin"] = {"client": dict(begun, deploy=deploy)}
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    collections = str(folder / "collections")
    done = playbooks.run(folder, "-i", "inventory.yml", "play.yml", timeout=180, ANSIBLE_COLLECTIONS_PATH=collections)
    return folder, done.stdout


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_a_host_is_brought(ran, name):
    _given, asked, goes_on, words = CASES[name]
    folder, said = ran
    calls = (folder / name).read_text().splitlines() if (folder / name).exists() else []
    assert [json.loads(call) for call in calls] == asked * [
        {"protocol": "cbd", "timeout": "220.0", "ssh_username": "root"}
    ], said
    assert (folder / ("%s.on" % name)).exists() is goes_on, said
    assert words is None or words in said
    assert words is not None or "/etc/zbs/client.conf is missing on %s" % name not in said


def test_no_password_is_shown(ran):
    assert "hunter2-x" not in ran[1]

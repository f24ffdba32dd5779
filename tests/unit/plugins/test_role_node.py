"""The role zbs_vhost_node: what comes first, and for which hosts the playbook site takes it."""

import re

import pytest
import yaml
from ansible_collections.zstack.zbs.tests.unit.plugins.support import playbooks
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import ROLES, load


def test_the_first_task_is_the_one_that_refuses_a_host_which_can_not_run_the_guard():
    """Nothing is touched before; that the module refuses is action/test_node_action.py's."""
    assert [task["name"] for task in load(ROLES / "zbs_vhost_node/tasks/main.yml")] == [
        "Remove the node part",
        "Install the node part",
    ]
    first = load(ROLES / "zbs_vhost_node/tasks/present.yml")[0]
    assert first["zstack.zbs.zbs_vhost_node"] == {"guard": "{{ zbs_vhost_node_guard }}"}


SITE = {
    "all": {
        "hosts": {"elsewhere": {"zbs_vhost_heal_node": True}},
        "children": {
            "zbs_vhost": {
                "hosts": {
                    "plain": {},
                    "asked": {"zbs_vhost_heal_node": True},
                    "text": {"zbs_vhost_heal_node": "{{ as_awx }}", "as_awx": "true"},
                    "refused": {"zbs_vhost_heal_node": "false"},
                }
            }
        },
    }
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """site(*arguments): the hosts that the last play of the playbook site takes, and what the run says.

    What comes before it is one task here.
    """
    folder = tmp_path_factory.mktemp("site")
    (folder / "inventory.yml").write_text(yaml.safe_dump(SITE))
    last = load(ROLES.parent / "playbooks/site.yml")[-1]
    assert last["roles"] == [{"role": "zstack.zbs.zbs_vhost_node"}]
    plays = [{"hosts": "{{ zbs_vhost_group | default('zbs_vhost') }}"}, {"hosts": last["hosts"]}]
    for play, says in zip(plays, ("before", "node")):
        say = {"name": "Say so", "ansible.builtin.debug": {"msg": says + " on {{ inventory_hostname }}"}}
        play.update(name=says, gather_facts=False, tasks=[say])
    (folder / "play.yml").write_text(yaml.safe_dump(plays))

    def run(*arguments):
        done = playbooks.run(folder, "-i", "inventory.yml", "-c", "local", "play.yml", *arguments)
        assert done.returncode == 0, done.stdout
        return set(re.findall(r"node on (\w+)", done.stdout)), done.stdout

    return run


@pytest.mark.parametrize(
    "arguments, hosts",
    [
        ([], {"asked", "text"}),
        (["-e", "zbs_vhost_heal_node=true"], {"plain", "asked", "text", "refused"}),
        (["--limit", "asked,plain"], {"asked"}),
        (["-e", "zbs_vhost_group=text:refused"], {"text"}),
    ],
)
def test_a_site_run_puts_it_where_it_is_asked_for(site, arguments, hosts):
    assert site(*arguments)[0] == hosts


def test_a_site_run_without_it_costs_no_host_a_task(site):
    """Not even one that is skipped: that costs the controller a worker process."""
    found, said = site("-e", "zbs_vhost_heal_node=false")
    assert found == set() and "no hosts matched" in said and "WARNING" not in said
    assert len(re.findall(r"ok=1 .* skipped=0 ", said)) == 4

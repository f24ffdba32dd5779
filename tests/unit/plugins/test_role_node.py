"""The role zbs_vhost_node: what comes first, and for which hosts the playbook site takes it."""

from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import ROLES, load


def test_the_first_task_is_the_one_that_refuses_a_host_which_can_not_run_the_guard():
    """Nothing is touched before; that the module refuses is action/test_node_action.py's."""
    assert [task["name"] for task in load(ROLES / "zbs_vhost_node/tasks/main.yml")] == [
        "Remove the node part",
        "Install the node part",
    ]
    first = load(ROLES / "zbs_vhost_node/tasks/present.yml")[0]
    assert first["zstack.zbs.zbs_vhost_node"] == {"guard": "{{ zbs_vhost_node_guard }}"}

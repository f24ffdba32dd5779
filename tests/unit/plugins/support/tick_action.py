"""The action of a tick, with the variables of its roles."""

from ansible_collections.zstack.zbs.plugins.action import zbs_vhost_tick
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import run_action
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import defaults

VALUES = dict(defaults("zbs_vhost_target"), **defaults("zbs_vhost_heal"), zbs_vhost_target_host_ip="192.0.2.1")
VALUES.update(
    zbs_vhost_heal_cbd_ssh_port=22,
    __zbs_vhost_target_nodes=["m1"],
    groups={"all": ["m1", "compute1"]},
    inventory_hostname="compute1",
)
WHOLE = dict(VALUES, **defaults("zbs_hugepages"))


def tick(values=None, timeout=0, pipelining=True, environment=(), become=None, **arguments):
    """What the action returns for these variables (those of VALUES) and the task's arguments."""
    more = {"timeout": timeout, "pipelining": pipelining, "environment": environment, "become": become}
    return run_action(zbs_vhost_tick, arguments, values or VALUES, **more)

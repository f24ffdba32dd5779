"""One inventory into another."""

from ansible.inventory.data import InventoryData
from ansible_collections.zstack.zbs.plugins.plugin_utils._inventory import copying


def test_an_inventory_is_copied_whole():
    source, target = InventoryData(), InventoryData()
    source.add_group("outer")
    source.add_group("inner")
    source.add_child("outer", "inner")
    source.add_host("h1", group="inner")
    source.set_variable("h1", "a", 1)
    source.set_variable("inner", "b", 2)
    target.add_host("h1")
    target.set_variable("h1", "c", 3)
    copying.copy(source, target)
    target.reconcile_inventory()
    found = target.get_host("h1")
    assert (found.vars["a"], found.vars["c"], target.groups["inner"].vars) == (1, 3, {"b": 2})
    assert {group.name for group in found.get_groups()} == {"all", "outer", "inner"}

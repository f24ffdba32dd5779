"""Hosts that the site names, once named, or that a manager brought."""

import json

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import hosts
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import NAMES

MDS = {"name": "mds1", "address": "10.0.0.10"}
KVM = [{"name": "kvm%d" % number, "address": "10.0.0.1%d" % number} for number in (1, 2)]


def place(controller, admin=(MDS,), compute=(), manager=False):
    """What is done, which a check has said before and another run does not do again."""
    wanted = {"hosts": {"zbs_admin": list(admin), "zbs_vhost": list(compute)}, "manager": manager}
    before = controller.store.dump()
    said = hosts.placed(controller.site(), {**wanted, "check": True})
    assert controller.store.dump() == before and controller.writes() == []
    done = hosts.placed(controller.site(), {**wanted, "check": False})
    assert done == said
    assert hosts.placed(controller.site(), {**wanted, "check": False}) == []
    return done


def members(controller, group):
    store = controller.store
    ids = store.linked("groups", store.named("groups", group)["id"], "hosts")
    return sorted(store.tables["hosts"][number]["name"] for number in ids)


def test_they_are_made_and_given_up(controller):
    controller.set_up(manager=False)
    assert place(controller, compute=KVM)[0] == "makes the host mds1"
    assert members(controller, "zbs_vhost") == ["kvm1", "kvm2"]
    assert json.loads(controller.store.named("hosts", "kvm1")["variables"]) == {"ansible_host": "10.0.0.11"}
    assert place(controller, compute=KVM[:1]) == ["takes kvm2 out of zbs_vhost", "takes away the host kvm2"]
    assert controller.names("hosts") == ["kvm1", "mds1"]
    assert place(controller, admin=[MDS, KVM[0]]) == ["puts kvm1 into zbs_admin", "takes kvm1 out of zbs_vhost"]
    assert members(controller, "zbs_admin") == ["kvm1", "mds1"] and members(controller, "zbs_vhost") == []


def test_what_people_added_stays(controller):
    inventory = controller.set_up(manager=False)["inventory"]["id"]
    place(controller, compute=KVM)
    mine = controller.api.post("hosts/", name="mine", inventory=inventory, description="by hand")["id"]
    group = controller.store.named("groups", "zbs_vhost")["id"]
    controller.api.post("groups/%d/hosts/" % group, id=mine)
    known = controller.store.named("hosts", "kvm1")
    known["variables"] = "ansible_host: 10.9.9.9\nansible_port: 2222"
    place(controller, compute=KVM[:1])
    assert members(controller, "zbs_vhost") == ["kvm1", "mine"]
    assert json.loads(known["variables"]) == {"ansible_host": "10.0.0.11", "ansible_port": 2222}
    place(controller)
    assert controller.names("hosts") == ["mds1", "mine"] and members(controller, "zbs_vhost") == ["mine"]


def test_one_that_an_earlier_release_made_is_taken_over(controller):
    inventory = controller.set_up(manager=False)["inventory"]["id"]
    controller.api.post("hosts/", name="kvm1", inventory=inventory, variables='{"ansible_host": "10.0.0.11"}')
    assert "changes the host kvm1" in place(controller, compute=KVM[:1])
    assert "takes away the host kvm1" in place(controller)


def test_a_name_with_two_addresses_is_refused(controller):
    controller.set_up(manager=False)
    with pytest.raises(AwxError, match="The host mds1 is named with the addresses 10.0.0.10 and 10.0.0.99; give one."):
        place(controller, compute=[{"name": "mds1", "address": "10.0.0.99"}])


def brought(controller, *names):
    """Hosts as an update of the source leaves them."""
    store = controller.store
    source, inventory = (
        store.named("inventory_sources", NAMES["source"])["id"],
        store.named("inventories", NAMES["inventory"])["id"],
    )
    groups = {thing["name"]: thing["id"] for thing in store.tables["groups"].values()}
    for group in ("zbs_vhost", "zstack_zone_z1"):
        groups.setdefault(group, None)
        groups[group] = groups[group] or controller.api.post("groups/", name=group, inventory=inventory)["id"]
        store.linked("inventory_sources", source, "groups").append(groups[group])
    for name in names:
        known = [thing["id"] for thing in store.tables["hosts"].values() if thing["name"] == name]
        number = (
            known[0]
            if known
            else controller.api.post("hosts/", name=name, inventory=inventory, description="imported")["id"]
        )
        store.linked("inventory_sources", source, "hosts").append(number)
        controller.api.post("groups/%d/hosts/" % groups["zbs_vhost"], id=number)


def test_from_names_to_a_manager(controller):
    controller.set_up()
    place(controller, compute=KVM, manager=True)
    brought(controller, "kvm1", "cloud1")
    assert place(controller, manager=True) == [
        "takes kvm2 out of zbs_vhost",
        "leaves the host kvm1 to the manager",
        "takes away the host kvm2",
    ]
    assert members(controller, "zbs_vhost") == ["cloud1", "kvm1"]


def test_from_a_manager_to_names(controller):
    controller.set_up()
    place(controller, manager=True)
    brought(controller, "kvm1", "cloud1")
    done = place(controller, compute=KVM[:1])
    assert done[-5:] == [
        "takes away the host cloud1",
        "takes away the group zstack_zone_z1",
        "takes away the schedule 'ZBS hosts from ZStack, by the clock'",
        "takes away the inventory source 'ZBS hosts from ZStack'",
        "takes away the login 'ZBS ZStack'",
    ]
    assert controller.names("hosts") == ["kvm1", "mds1"] and members(controller, "zbs_vhost") == ["kvm1"]
    assert controller.names("inventory_sources") == [] and NAMES["sync"] not in controller.names("schedules")
    assert NAMES["zstack"] not in controller.names("credentials")


def test_a_manager_that_is_being_asked_is_not_given_up(controller):
    controller.set_up()
    controller.store.named("inventory_sources", NAMES["source"])["status"] = "running"
    with pytest.raises(AwxError, match="The inventory source 'ZBS hosts from ZStack' is being updated"):
        place(controller, compute=KVM)
    assert NAMES["source"] in controller.names("inventory_sources")

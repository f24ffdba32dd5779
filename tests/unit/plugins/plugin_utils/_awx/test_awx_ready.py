"""What is looked at before anything is made."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import ready
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import (
    NAMES,
    SECRET,
    URL,
    Clock,
    rights,
)

WANTED = {
    "organization": "Default",
    "organization_create": False,
    "shared": {"environment": {"image": "a/b"}, "type_zbsadm": {"inputs": SECRET}},
    "scm_credential": "",
    "image_credential": "",
    "notify": [],
    "manager": True,
    "zbsadm": True,
    "node": False,
    "guard": False,
    "check": False,
}


def look(controller, api=None, organization="Default", **changes):
    site = controller.site(api, organization)
    told = ready.ready(site, {**WANTED, "organization": organization, **changes}, 5, Clock())
    assert not controller.writes()
    return told


def refused(controller, api=None, organization="Default", **changes):
    with pytest.raises(AwxError) as error:
        look(controller, api, organization, **changes)
    assert not controller.writes()
    return str(error.value)


def test_it_names_what_is_not_there(controller):
    assert (
        "template 'ZBS heal'" in look(controller)["missing"]
        and "schedule 'ZBS heal every minute'" in look(controller)["missing"]
    )
    assert "login 'ZBS zbsadm'" not in look(controller, zbsadm=False, manager=False)["missing"]
    controller.set_up()
    assert look(controller)["missing"] == []


def test_the_node_part_is_missed_where_it_is_wanted(controller):
    controller.set_up()
    assert look(controller, node=True)["missing"] == ["template 'ZBS node'"]
    assert look(controller, node=True, guard=True)["missing"] == [
        "template 'ZBS node'",
        "login 'ZBS guard'",
        "type of credentials 'ZBS guard login'",
    ]


def test_its_type_of_credentials_is_an_administrator_s_of_awx(controller):
    controller.set_up()
    chief = controller.user(rights.User("chief", 1))
    assert look(controller, chief, node=True)["missing"] == ["template 'ZBS node'"]
    assert refused(controller, chief, node=True, guard=True) == (
        "chief may not make or change the type of credentials 'ZBS guard login'; log in as an administrator of AWX for this setup."
    )


@pytest.mark.parametrize("check", [False, True])
def test_a_template_that_is_to_go_has_no_job(controller, check):
    made = controller.set_up(node=True)
    controller.store.jobs.start("job_templates", made["node"]["id"], "running")
    assert refused(controller, check=check) == (
        "The template 'ZBS node' is no longer wanted, and AWX has jobs of it: ZBS node (job 101, running); let them end or cancel "
        "them, and run the setup again."
    )
    assert look(controller, node=True, guard=True)["missing"] == []
    controller.store.jobs.end()
    assert look(controller, check=check)["missing"] == []


def test_names_of_what_is_there_are_looked_for_in_the_organization(controller):
    other = controller.api.post("organizations/", name="Other")["id"]
    for organization in (1, other):
        controller.api.post("credentials/", name="git", credential_type=2, organization=organization)
    controller.api.post("credentials/", name="registry", credential_type=2, organization=other)
    mine = controller.store.named("credentials", "git")["id"]
    told = look(controller, scm_credential="git", image_credential="registry", notify=["Storage on duty"])
    assert told["ids"] == {"scm_credential": str(mine), "image_credential": "3", "notify": ["1"]}
    words = refused(controller, notify=["Nobody"])
    assert (
        words
        == "zbs_awx_notify_failed is 'Nobody', and AWX has none among its notification_templates; name one that is there once."
    )
    third = controller.api.post("organizations/", name="Third")["name"]
    assert "AWX has 2 of that name among its credentials" in refused(
        controller, organization=third, scm_credential="git"
    )


def test_an_organization_is_there_or_may_be_made(controller):
    words = refused(controller, organization="No")
    assert "AWX has no organization 'No' that storage-admin may see" in words and "zbs_awx_organization_create" in words
    assert len(look(controller, organization="No", organization_create=True)["missing"]) > 10
    chief = controller.user(rights.User("chief", 1))
    assert "chief may not make the organization 'No'" in refused(controller, chief, "No", organization_create=True)


def test_an_administrator_of_the_organization_makes_no_first_setup(controller):
    chief = controller.user(rights.User("chief", 1))
    assert refused(controller, chief) == (
        "chief may not make or change the type of credentials 'ZBS zbsadm login', the type of credentials 'ZBS ZStack login', "
        "the execution environment 'ZBS execution environment'; log in as an administrator of AWX for this setup."
    )
    controller.set_up()
    assert look(controller, chief)["missing"] == []
    words = refused(controller, chief, shared={"environment": {"image": "a/c"}})
    assert words.startswith("chief may not make or change the execution environment 'ZBS execution environment';")


def test_somebody_who_may_only_read_is_told(controller):
    reader = controller.user(rights.User("reader", 1, administers=False))
    assert "reader may not administer the organization 'Default'" in refused(controller, reader)


def test_a_prefix_that_another_organization_has_is_refused(controller):
    controller.set_up()
    controller.api.post("organizations/", name="Other")
    words = refused(controller, organization="Other")
    assert words == (
        "The execution environment 'ZBS execution environment' is of another organization (id 1) of this AWX, which has it once "
        "for all; give another zbs_awx_prefix."
    )
    environment = controller.store.named("execution_environments", NAMES["environment"])
    controller.api.delete("execution_environments/%d/" % environment["id"])
    assert "The type of credentials 'ZBS zbsadm login' is of another organization" in refused(
        controller, organization="Other"
    )
    for which in ("zbsadm", "zstack"):
        controller.api.delete("credentials/%d/" % controller.store.named("credentials", NAMES[which])["id"])
    assert "The inventory source 'ZBS hosts from ZStack' is of another inventory" in refused(
        controller, organization="Other"
    )


def test_a_login_of_the_same_name_elsewhere_does_not_matter(controller):
    controller.set_up()
    other = controller.api.post("organizations/", name="Other")["id"]
    controller.api.post("credentials/", name=NAMES["machine"], credential_type=1, organization=other)
    controller.api.post("inventories/", name=NAMES["inventory"], organization=other)
    controller.api.post("projects/", name=NAMES["project"], organization=other, scm_type="git", scm_url=URL)
    assert look(controller)["missing"] == []


def test_an_inventory_that_is_being_deleted_is_waited_for(controller):
    made = controller.set_up(manager=False)
    controller.store.deletion_lasts = 60
    controller.api.delete(made["inventory"]["url"])
    told = look(controller, check=True, manager=False)
    assert told["waited"] and "inventory 'ZBS hosts'" in told["missing"]
    assert NAMES["inventory"] in controller.names("inventories")
    controller.store._dying[made["inventory"]["id"]] = 13
    assert look(controller, manager=False)["waited"] == ["waited until AWX had deleted the inventory 'ZBS hosts'"]
    assert controller.names("inventories") == []


def test_one_that_takes_too_long_is_told(controller):
    made = controller.set_up(manager=False)
    controller.store.deletion_lasts = 99
    controller.api.delete(made["inventory"]["url"])
    assert "AWX still deletes the inventory 'ZBS hosts' after 5 s" in refused(controller)

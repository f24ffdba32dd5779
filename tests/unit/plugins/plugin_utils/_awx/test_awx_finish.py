"""The end of a setup: AWX itself says whether each template can be launched."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import finish
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import NAMES, rights

SURVEY = {
    "name": "",
    "description": "",
    "spec": [{"question_name": "q", "variable": "v", "type": "integer", "required": True, "default": 1}],
}


def end(controller, zbsadm=True, check=False, node=False, guard=False, api=None):
    wanted = {"manager": True, "zbsadm": zbsadm, "node": node, "guard": guard, "check": check}
    return finish.finished(controller.site(api), wanted)


def test_all_is_well(controller):
    controller.set_up()
    assert end(controller) == ([], []) and controller.writes() == []


def test_a_login_for_zbsadm_that_nothing_uses_goes_with_its_secret(controller):
    controller.set_up()
    assert end(controller, zbsadm=False, check=True)[0] == ["takes away the login 'ZBS zbsadm'"]
    assert NAMES["zbsadm"] in controller.names("credentials")
    assert end(controller, zbsadm=False)[0] == ["takes away the login 'ZBS zbsadm'"]
    assert NAMES["zbsadm"] not in controller.names("credentials") and end(controller, zbsadm=False) == ([], [])


def test_the_node_part_is_asked_like_the_others(controller):
    controller.set_up(node=True)
    assert end(controller, node=True, guard=True) == ([], []) and controller.writes() == []
    controller.api.delete("job_templates/%d/" % controller.store.named("job_templates", NAMES["node"])["id"])
    with pytest.raises(AwxError, match="AWX has no template 'ZBS node'; run the setup again"):
        end(controller, node=True, guard=True)


def test_the_node_part_goes_with_what_was_there_for_it_alone(controller):
    controller.set_up(node=True)
    token = ["takes away the login 'ZBS guard'", "takes away the type of credentials 'ZBS guard login'"]
    assert end(controller, node=True, check=True)[0] == token
    all_of_it = ["takes away the template 'ZBS node'", *token]
    before = controller.store.dump()
    assert end(controller, check=True)[0] == all_of_it and controller.store.dump() == before
    assert end(controller)[0] == all_of_it
    for table, which in (("job_templates", "node"), ("credentials", "guard"), ("credential_types", "type_guard")):
        assert NAMES[which] not in controller.names(table)
    assert end(controller) == ([], []) and controller.writes() == []


def test_its_type_stays_with_the_login_of_people(controller):
    type_ = controller.set_up(node=True)["type_guard"]["id"]
    controller.api.post("credentials/", name="Mine", credential_type=type_, organization=1, inputs={"password": "x"})
    assert end(controller)[0] == ["takes away the template 'ZBS node'", "takes away the login 'ZBS guard'"]
    assert end(controller) == ([], [])
    assert NAMES["type_guard"] in controller.names("credential_types") and "Mine" in controller.names("credentials")


def test_its_type_stays_where_the_user_may_not_take_it_away(controller):
    """It is AWX's own; an administrator of the organization sets up again and is not refused for that."""
    controller.set_up(node=True)
    chief = controller.user(rights.User("chief", 1))
    assert end(controller, api=chief)[0] == ["takes away the template 'ZBS node'", "takes away the login 'ZBS guard'"]
    assert end(controller, api=chief) == ([], [])
    assert end(controller)[0] == ["takes away the type of credentials 'ZBS guard login'"]


def test_what_can_not_be_launched_is_no_success(controller):
    made = controller.set_up()
    controller.api.patch(made["site"]["url"], survey_enabled=True)
    controller.api.post(made["site"]["url"] + "survey_spec/", **SURVEY)
    controller.api.post(
        "workflow_job_template_nodes/",
        identifier="site",
        workflow_job_template=made["workflow"]["id"],
        unified_job_template=made["site"]["id"],
    )
    with pytest.raises(AwxError) as error:
        end(controller)
    assert str(error.value) == (
        "AWX would not launch the template 'ZBS site': it wants answers ('v' value missing); nor the "
        "workflow 'ZBS site, health and heal': nodes whose answers it rejects (1)"
    )
    assert end(controller, check=True)[1][0].startswith("AWX would not launch the template 'ZBS site'")
    controller.store.named("projects", NAMES["project"])["status"] = "failed"
    with pytest.raises(
        AwxError, match="AWX would not launch the templates of the project 'ZBS project', whose last update is: failed"
    ):
        end(controller)

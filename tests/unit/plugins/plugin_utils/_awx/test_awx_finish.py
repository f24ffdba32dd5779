"""The end of a setup: AWX itself says whether each template can be launched."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import finish
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import NAMES

SURVEY = {
    "name": "",
    "description": "",
    "spec": [{"question_name": "q", "variable": "v", "type": "integer", "required": True, "default": 1}],
}


def end(controller, zbsadm=True, check=False):
    return finish.finished(controller.site(), {"zbsadm": zbsadm, "check": check})


def test_all_is_well(controller):
    controller.set_up()
    assert end(controller) == ([], []) and controller.writes() == []


def test_a_login_for_zbsadm_that_nothing_uses_goes_with_its_secret(controller):
    controller.set_up()
    assert end(controller, zbsadm=False, check=True)[0] == ["takes away the login 'ZBS zbsadm'"]
    assert NAMES["zbsadm"] in controller.names("credentials")
    assert end(controller, zbsadm=False)[0] == ["takes away the login 'ZBS zbsadm'"]
    assert NAMES["zbsadm"] not in controller.names("credentials") and end(controller, zbsadm=False) == ([], [])


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

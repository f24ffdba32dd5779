"""The steps of zbs_awx_site as a task runs them."""

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.zstack.zbs.plugins.action import zbs_awx_site
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import login
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx import awx_support
from ansible_collections.zstack.zbs.tests.unit.plugins.support.actions import play, run_action

GIVEN = {"organization": "Default", "names": awx_support.NAMES}
HOSTS = {"zbs_admin": [{"name": "mds1", "address": "10.0.0.10"}]}


@pytest.fixture
def controller(monkeypatch):
    found = awx_support.Controller()
    found.left = 0

    def leave():
        found.left += 1

    monkeypatch.setattr(login, "connected", lambda environment, _warn: (found.seen(environment), leave))
    found.seen = lambda environment: found.api if "CONTROLLER_HOST" in environment else None
    monkeypatch.setenv("CONTROLLER_HOST", "http://awx.invalid")
    yield found
    found.standin._server.server_close()


def run(step, check_mode=False, **more):
    return run_action(zbs_awx_site, {**GIVEN, "step": step, **more}, play({"a": {}}), check_mode=check_mode)


def test_each_step(controller):
    controller.set_up(manager=False)
    assert run("ready")["missing"] == [] and not run("ready")["changed"]
    assert not run("project")["changed"]
    told = run("hosts", hosts=HOSTS, check_mode=True)
    done = run("hosts", hosts=HOSTS)
    assert told == done and done["changed"] and done["diff"]["after"].startswith("makes the host mds1\n")
    assert not run("hosts", hosts=HOSTS)["changed"]
    assert run("finish", zbsadm=True)["warnings"] == []
    assert run("remove")["changed"] and run("remove")["left"] == []
    assert controller.left == 9


def test_a_refusal_is_the_task_s(controller, monkeypatch):
    def refuse(*_words):
        raise AwxError("It can't be.")

    monkeypatch.setattr(zbs_awx_site.hosts, "placed", refuse)
    with pytest.raises(AnsibleActionFail, match="It can't be."):
        run("hosts")
    assert controller.left == 1


def test_names_are_all_given(controller):
    names = {**awx_support.NAMES, "tick": ""}
    with pytest.raises(AnsibleActionFail, match="names has no tick; give the name of each object"):
        run_action(zbs_awx_site, {"step": "ready", "organization": "x", "names": names}, play({"a": {}}))


def test_where_awx_is_may_be_said_by_the_play(controller, monkeypatch):
    monkeypatch.delenv("CONTROLLER_HOST")
    controller.set_up(manager=False)
    given = [{"CONTROLLER_HOST": "template of http://awx.invalid"}, None]
    arguments = {**GIVEN, "step": "ready"}
    assert run_action(zbs_awx_site, arguments, play({"a": {}}), environment=given)["missing"] == []

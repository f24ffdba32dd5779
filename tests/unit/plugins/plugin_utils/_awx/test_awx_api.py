"""Calls of AWX's API, and the login that awx.awx has."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import api, login
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.site import Site
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import NAMES, Clock


def test_a_list_is_read_to_its_end(controller):
    for number in range(230):
        controller.api.post("labels/", name="l%03d" % number, organization=1)
    assert len(controller.api.every("labels")) == 230
    assert (
        controller.api.one("labels", name="l007")["name"] == "l007" and controller.api.one("labels", name="no") is None
    )
    with pytest.raises(api.AwxError, match="AWX has 230 of labels with"):
        controller.api.one("labels", organization=1)


def test_a_refusal_is_a_sentence(controller):
    with pytest.raises(api.AwxError) as error:
        controller.api.post("organizations/", name="Default")
    assert str(error.value) == "AWX refuses POST organizations/ (HTTP 400): organization with this name already exists."


@pytest.mark.parametrize(
    "body, words",
    [
        ({"detail": "No.\n Never."}, "No. Never."),
        ({"name": ["This field is required."], "a": {"b": "c"}}, "a: b: c; name: This field is required."),
        ("<html>", "<html>"),
        (None, "None"),
    ],
)
def test_what_a_body_says(body, words):
    assert api.words(body) == words


def test_a_wait_has_an_end():
    clock = Clock()
    found = iter([None, None, "x"])
    assert api.wait(lambda: next(found), 10, clock) == "x" and clock.now == 4
    assert api.wait(lambda: None, 5, clock) is None and clock.now <= 10


def test_what_is_not_there_is_told(controller):
    site = Site(controller.api, NAMES, "Default")
    with pytest.raises(api.AwxError, match="AWX has no inventory 'ZBS hosts'; run the setup again"):
        site.required("inventory")
    assert site.called("machine") == "login 'ZBS hosts'"


class Module:
    """awx.awx's, as far as it is used here."""

    AUTH_ARGSPEC = {
        "controller_host": {"fallback": (None, ["CONTROLLER_HOST", "TOWER_HOST"])},
        "validate_certs": {"type": "bool", "fallback": (None, ["CONTROLLER_VERIFY_SSL"])},
        "request_timeout": {"type": "float", "fallback": (None, ["CONTROLLER_REQUEST_TIMEOUT"])},
    }
    short_params = {"host": "controller_host", "verify_ssl": "validate_certs", "request_timeout": "request_timeout"}
    left = False

    def __init__(self, argument_spec, direct_params, error_callback, warn_callback):
        self.params, self.fail = direct_params, error_callback
        warn_callback("a warning")

    def make_request(self, method, path, data=None):
        if path == "away/":
            self.fail(msg="There was a network error.", more=1)
        return {"status_code": 200, "json": [method, path, data]} if data else {"status_code": 404, "text": "<html>"}

    def logout(self):
        Module.left = True


def test_the_login_is_that_of_awx_awx(monkeypatch):
    monkeypatch.setattr(login, "_module_class", lambda: Module)
    warned = []
    found, leave = login.connected({"TOWER_HOST": "http://awx"}, warned.append)
    assert found.get("me", a=1) == ["GET", "me", {"a": 1}] and warned == ["a warning"]
    with pytest.raises(api.AwxError, match=r"AWX refuses DELETE x/ \(HTTP 404\): <html>"):
        found.delete("x/")
    with pytest.raises(api.AwxError, match="There was a network error"):
        found.get("away/")
    leave()
    assert Module.left


def test_the_environment_is_read_by_its_table():
    told = {"CONTROLLER_HOST": "a", "TOWER_HOST": "b", "CONTROLLER_VERIFY_SSL": "no", "CONTROLLER_REQUEST_TIMEOUT": "7"}
    assert login.given(Module, told) == {"controller_host": "a", "validate_certs": False, "request_timeout": 7.0}
    with pytest.raises(api.AwxError, match="CONTROLLER_VERIFY_SSL is perhaps; give a bool"):
        login.given(Module, {"CONTROLLER_VERIFY_SSL": "perhaps"})


def test_a_collection_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr(login, "_MODULES", "ansible_collections.nobody.nothing.plugins.x")
    with pytest.raises(api.AwxError, match="The collection awx.awx is not installed"):
        login.connected({}, print)

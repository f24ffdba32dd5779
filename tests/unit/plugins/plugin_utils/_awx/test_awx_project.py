"""The project's last update succeeded, or the setup says why not."""

import pytest
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import project
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.api import AwxError
from ansible_collections.zstack.zbs.tests.unit.plugins.plugin_utils._awx.awx_support import Clock

WANTED = {"scm_credential": "git", "image_credential": "registry", "check": False}


def fetch(controller, timeout=60, **changes):
    return project.fetched(controller.site(), {**WANTED, **changes}, timeout, Clock())


def ended(controller):
    """The project, with the update of its making behind it."""
    made = controller.set_up(manager=False)["project"]
    controller.api.get("ping/")
    return controller.store.get("projects", made["id"])


def test_one_that_succeeded_is_left_alone(controller):
    ended(controller)
    assert fetch(controller) == [] and controller.writes() == []


def test_one_that_failed_is_updated_again(controller):
    known = ended(controller)
    known["status"] = "failed"
    assert fetch(controller, check=True) == ["updates the project 'ZBS project', whose last update is: failed"]
    assert controller.writes() == []
    assert fetch(controller) == ["updates the project 'ZBS project', whose last update is: failed"]
    assert known["status"] == "successful" and fetch(controller) == []


def test_the_reason_is_the_update_s_own(controller):
    known = ended(controller)
    controller.store.update_lasts = 5
    controller.api.patch("projects/%d/" % known["id"], scm_branch="v9")
    with pytest.raises(AwxError) as error:
        fetch(controller)
    assert str(error.value) == (
        "The update 2 of the project 'ZBS project' ended as failed, so no template can be launched: Failed to checkout v9. "
        "See to the git server, zbs_awx_scm_url and zbs_awx_scm_branch, and run the setup again."
    )
    assert controller.writes() == []  # the one that runs already is waited for
    controller.store.branches.add("v9")
    assert fetch(controller) and known["status"] == "successful"


def test_an_update_that_does_not_end_is_not_waited_for_for_ever(controller):
    known = ended(controller)
    known["status"], controller.store.update_lasts = "never updated", 999
    with pytest.raises(AwxError, match="did not end in 7 s; see what keeps it, or give more in zbs_awx_timeout"):
        fetch(controller, timeout=7)


def test_awx_that_starts_none_is_told(controller, monkeypatch):
    ended(controller)["status"] = "failed"
    site = controller.site()
    monkeypatch.setattr(site.api, "post", lambda _path: {})
    with pytest.raises(AwxError, match="AWX started no update of the project 'ZBS project'"):
        project.fetched(site, WANTED, 5, Clock())


def test_a_credential_that_is_not_named_any_longer_is_taken_away(controller):
    known = ended(controller)
    environment = controller.store.named("execution_environments", "ZBS execution environment")
    login = controller.api.post("credentials/", name="git", credential_type=2, organization=1)["id"]
    known["credential"] = environment["credential"] = login
    assert fetch(controller) == []
    none = {"scm_credential": "", "image_credential": ""}
    words = [
        "takes the credential from the project 'ZBS project'",
        "takes the credential from the execution environment 'ZBS execution environment'",
    ]
    assert fetch(controller, check=True, **none) == words and known["credential"] == login
    assert fetch(controller, **none) == words and fetch(controller, **none) == []
    assert known["credential"] is None and environment["credential"] is None


class Events:
    def __init__(self, *found):
        self.found = found

    def every(self, _path, **_query):
        return self.found


@pytest.mark.parametrize(
    "events, update, words",
    [
        ([{"event_data": {"res": {"msg": "a\n b"}}}], {}, "a b"),
        ([{"event_data": {"ignore_errors": True, "res": {"msg": "no"}}}], {"job_explanation": "x"}, "x"),
        ([{"event_data": None}], {"job_explanation": "It was cancelled."}, "It was cancelled."),
        ([], {"result_traceback": "Traceback\n  x\nValueError: c\n"}, "ValueError: c"),
        ([], {}, "AWX gives no reason; see the update's output there."),
    ],
)
def test_where_a_reason_is_found(events, update, words):
    assert project.reason(Events(*events), {"id": 1, **update}) == words

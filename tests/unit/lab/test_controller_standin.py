"""The stand-in of AWX's API refuses what AWX refuses: a playbook that passes it has not passed a doll."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lab.controller import checks, playbooks, rights, server
from lab.controller.fields import Refused

ROOT = Path(__file__).resolve().parents[3]
URL = "https://git.example.com/zbs"


class Controller(server.Standin):
    """With a token of its own."""

    def __enter__(self):
        super().__enter__()
        self.token = self.make_token()
        return self


@pytest.fixture
def controller():
    with Controller({URL: ROOT}) as standin:
        yield standin


def ask(controller, method, path, data=None, **headers):
    """(status, body)"""
    request = urllib.request.Request(controller.url + path, method=method)
    request.add_header("Authorization", headers.get("authorization", "Bearer " + controller.token))
    body = None
    if data is not None:
        request.add_header("Content-Type", headers.get("kind", "application/json"))
        body = json.dumps(data).encode()
    try:
        with urllib.request.urlopen(request, body, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if error.headers["Content-Type"] == "application/json" else text.decode()


def made(controller, table, **data):
    status, body = ask(controller, "POST", f"/api/v2/{table}/", data)
    assert status == 201, body
    return body


def refused(controller, table, **data):
    status, body = ask(controller, "POST", f"/api/v2/{table}/", data)
    assert status == 400, body
    return body


def site(controller):
    """(project, inventory) to make a job template of."""
    project = made(controller, "projects", name="p", organization=1, scm_type="git", scm_url=URL)
    return project, made(controller, "inventories", name="i", organization=1)


def test_it_says_what_it_is_and_lets_nobody_in_without_a_login(controller):
    status, body = ask(controller, "GET", "/api/v2/ping/", authorization="")
    assert status == 200 and "stand-in" in body["active_node"]
    for wrong in ("", "Bearer nothing", "Basic bm90aGluZzpub3RoaW5n", "Basic !"):
        assert ask(controller, "GET", "/api/v2/me/", authorization=wrong)[0] == 401
    assert ask(controller, "GET", "/api/v2/me/")[1]["count"] == 1


@pytest.mark.parametrize(
    "path", ["/", "/api/v2/nothing/", "/api/v2/projects/99/", "/api/v1/projects/", "/api/v2/projects"]
)
def test_what_is_not_there_is_not_found(controller, path):
    status, body = ask(controller, "GET", path)
    assert status == 404 and ("99" in path or body.startswith("<!DOCTYPE html>"))


def test_a_method_a_body_and_a_filter_that_are_not_known(controller):
    assert ask(controller, "DELETE", "/api/v2/projects/")[0] == 405
    assert ask(controller, "POST", "/api/v2/projects/", {}, kind="text/plain")[0] == 415
    status, body = ask(controller, "GET", "/api/v2/projects/?colour=red")
    assert status == 400 and "no field named 'colour'" in body["detail"]


def test_fields_are_known_and_of_their_kind(controller):
    assert "colour" in refused(controller, "organizations", name="o", colour="red")
    assert refused(controller, "organizations") == {"name": ["This field is required."]}
    assert refused(controller, "organizations", name=["a"]) == {"name": ["Not a valid string."]}
    assert refused(controller, "organizations", name="o", max_hosts="many") == {
        "max_hosts": ["A valid integer is required."]
    }
    assert "object does not exist" in refused(controller, "inventories", name="i", organization=7)["organization"][0]
    assert "Cannot parse" in refused(controller, "inventories", name="i", organization=1, variables="{")["variables"][0]
    assert "__all__" in refused(controller, "organizations", name="Default")


def test_a_list_has_pages(controller):
    for number in range(3):
        made(controller, "labels", name=f"l{number}", organization=1)
    _, body = ask(controller, "GET", "/api/v2/labels/?page_size=2")
    assert (body["count"], len(body["results"])) == (3, 2)
    _, rest = ask(controller, "GET", body["next"])
    assert (len(rest["results"]), rest["next"]) == (1, None)
    assert ask(controller, "GET", "/api/v2/labels/?page=9")[0] == 404
    assert ask(controller, "GET", "/api/v2/organizations/Default/")[1]["id"] == 1  # by its name, as AWX gives it too
    assert ask(controller, "GET", "/api/v2/labels/?name=l1")[1]["count"] == 1


def test_a_job_template_needs_a_playbook_of_its_project(controller):
    project, inventory = site(controller)
    one = {"name": "t", "project": project["id"], "inventory": inventory["id"]}
    assert refused(controller, "job_templates", **one, playbook="playbooks/nothing.yml") == {
        "playbook": ["Playbook not found for project."]
    }
    # A file with tasks, or one that holds no play, is not offered.
    found = ask(controller, "GET", f"/api/v2/projects/{project['id']}/playbooks/")[1]
    assert {"playbooks/site.yml", "playbooks/heal.yml"} <= set(found)
    assert (
        not any("tasks/" in name or "roles/" in name for name in found) and "playbooks/awx/zbs.zstack.yml" not in found
    )
    template = made(controller, "job_templates", **one, playbook="playbooks/heal.yml")
    assert template["organization"] == 1
    assert refused(controller, "job_templates", **one, playbook="playbooks/heal.yml", scm_branch="x")["scm_branch"]


def test_a_project_that_can_not_be_fetched_has_no_playbooks(controller):
    project = made(
        controller, "projects", name="p", organization=1, scm_type="git", scm_url="https://git.example.com/no"
    )
    update = project["summary_fields"]["current_update"]["id"]
    statuses = [ask(controller, "GET", f"/api/v2/project_updates/{update}/")[1]["status"] for _ in range(2)]
    assert statuses == ["running", "failed"]
    assert ask(controller, "GET", f"/api/v2/projects/{project['id']}/playbooks/")[1] == []


def test_what_is_hidden_in_a_checkout_is_no_playbook(tmp_path):
    """Somebody else may work there: a file that goes away between a listing and a look must not be the update's end."""
    for name in ("site.yml", "more/heal.yaml", "tasks/main.yml", ".cache/other.yml", "more/.hidden.yml", "vars.yml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("- hosts: all\n" if name != "vars.yml" else "a: 1\n")
    (tmp_path / ".cache" / "gone.yml").symlink_to(tmp_path / "nowhere")
    assert playbooks.below(tmp_path) == ["more/heal.yaml", "site.yml"]


def test_a_mistake_of_the_stand_in_is_an_answer_that_says_so(controller, monkeypatch):
    def wrong(*_words):
        raise KeyError("a table that is not there")

    monkeypatch.setattr(controller.store, "get", wrong)
    status, body = ask(controller, "GET", "/api/v2/organizations/1/")
    assert status == 500 and "KeyError" in body["detail"]


@pytest.mark.parametrize(
    "rule, words",
    [
        ("RRULE:FREQ=MINUTELY;INTERVAL=1", "Valid DTSTART required"),
        ("DTSTART:20260101T000000 RRULE:FREQ=MINUTELY;INTERVAL=1", "naive datetime"),
        ("DTSTART:20260101T000000Z", "rule required"),
        ("DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY", "INTERVAL required"),
        ("DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=0", "invalid 'INTERVAL'"),
        ("DTSTART:20260101T000000Z RRULE:FREQ=SECONDLY;INTERVAL=1", "SECONDLY is not supported"),
        ("DTSTART:20260101T000000Z RRULE:FREQ=OFTEN;INTERVAL=1", "invalid 'FREQ'"),
        ("DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000", "COUNT > 999"),
        ("DTSTART:20260101T000000Z DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1", "Multiple DTSTART"),
    ],
)
def test_schedules_that_awx_does_not_take(rule, words):
    with pytest.raises(Refused) as refusal:
        checks.rrule(rule)
    assert words in " ".join(refusal.value.body["rrule"])
    checks.rrule("DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1")


QUESTION = {"question_name": "q", "variable": "v", "type": "integer", "required": True, "default": 1}


@pytest.mark.parametrize(
    "change, words",
    [
        ({"type": "number"}, "not one of the allowed"),
        ({"required": "yes"}, "expected to be boolean"),
        ({"default": "1"}, "not of the type"),
        ({"default": 5, "max": 4}, "too large"),
        ({"default": 0, "min": 1}, "too small"),
        ({"min": "1"}, "expected to be integer"),
        ({"variable": "no-name"}, "no name for a variable"),
        ({"type": "multiplechoice"}, "must specify choices"),
        ({"type": "multiplechoice", "choices": ["a"], "default": "b"}, "expected to be one of"),
        ({"colour": "red"}, "unknown keys"),
    ],
)
def test_surveys_that_awx_does_not_take(change, words):
    with pytest.raises(Refused) as refusal:
        checks.survey({"name": "", "description": "", "spec": [{**QUESTION, **change}]})
    assert words in refusal.value.body["error"]


def surveyed(controller):
    """A job template that asks a survey, which is still to be given."""
    project, inventory = site(controller)
    return made(
        controller,
        "job_templates",
        name="t",
        project=project["id"],
        inventory=inventory["id"],
        playbook="playbooks/site.yml",
        survey_enabled=True,
    )


def test_a_survey_is_kept_and_its_answers_are_held_to_it(controller):
    template = surveyed(controller)
    path = template["related"]["survey_spec"]
    spec = {"name": "", "description": "", "spec": [QUESTION]}
    assert ask(controller, "GET", path) == (200, {})
    assert ask(controller, "POST", path, {"spec": []})[0] == 400
    assert ask(controller, "POST", path, spec)[0] == 200 and ask(controller, "GET", path)[1] == spec
    schedule = {
        "name": "s",
        "unified_job_template": template["id"],
        "rrule": "DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1",
    }
    assert "not allowed on launch" in str(refused(controller, "schedules", **schedule, extra_data={"other": 1}))
    assert "not of the type" in str(refused(controller, "schedules", **schedule, extra_data={"v": "1"}))
    assert "not configured to prompt" in str(
        refused(controller, "schedules", **schedule, limit="a", extra_data={"v": 2})
    )
    # A default is no answer to a question that is required.
    assert "'v' value missing" in str(refused(controller, "schedules", **schedule))
    made(controller, "schedules", **schedule, extra_data={"v": 2})
    assert ask(controller, "DELETE", template["url"])[0] == 204
    assert ask(controller, "GET", "/api/v2/schedules/")[1]["count"] == 0  # it goes with its template


FIELDS = {"fields": [{"id": "password", "label": "Password", "secret": True}]}


@pytest.mark.parametrize(
    "change, words",
    [
        ({"kind": "ssh"}, "Must be 'cloud' or 'net'"),
        ({"injectors": {"env": {"ANSIBLE_CONFIG": "{{ password }}"}}}, "may affect Ansible configuration"),
        ({"injectors": {"env": {"A": "{{ other }}"}}}, "undefined field"),
        ({"injectors": {"env": {"A": "{{ password"}}}, "Syntax error"),
        ({"injectors": {"argv": {}}}, "Additional properties"),
        ({"inputs": {"fields": [{"id": "a"}]}}, "Schema validation error"),
        ({"inputs": {"fields": [], "required": ["a"]}}, "Schema validation error"),
    ],
)
def test_types_of_credentials_that_awx_does_not_take(controller, change, words):
    body = refused(controller, "credential_types", **{"name": "t", "kind": "cloud", "inputs": FIELDS, **change})
    assert words in str(body)


def test_a_secret_is_kept_and_never_shown(controller):
    type_ = made(controller, "credential_types", name="t", kind="cloud", inputs=FIELDS)
    one = {"name": "c", "credential_type": type_["id"], "organization": 1}
    assert "Additional properties" in str(refused(controller, "credentials", **one, inputs={"other": "x"}))
    assert "organization" in str(refused(controller, "credentials", **{**one, "organization": None}))
    shown = made(controller, "credentials", **one, inputs={"password": "Pa55"})
    assert shown["inputs"] == {"password": "$encrypted$"}
    assert ask(controller, "PATCH", shown["url"], {"inputs": shown["inputs"]})[0] == 200
    assert controller.store.named("credentials", "c")["inputs"] == {"password": "Pa55"}
    assert ask(controller, "DELETE", type_["url"])[0] == 403
    assert ask(controller, "DELETE", shown["url"])[0] == 204 and ask(controller, "DELETE", type_["url"])[0] == 204


def test_an_ssh_key_is_one(controller):
    one = {"name": "c", "credential_type": 1, "organization": 1}
    assert "Invalid certificate or key" in str(
        refused(controller, "credentials", **one, inputs={"ssh_key_data": "nonsense"})
    )


def test_links_are_made_and_undone(controller):
    _, inventory = site(controller)
    host = made(controller, "hosts", name="h", inventory=inventory["id"])
    path = made(controller, "groups", name="g", inventory=inventory["id"])["related"]["hosts"]
    assert ask(controller, "POST", path, {"id": "h"})[0] == 400 and ask(controller, "POST", path, {"id": 9})[0] == 400
    assert ask(controller, "POST", path, {"id": host["id"]})[0] == 204
    assert ask(controller, "GET", path)[1]["count"] == 1
    assert ask(controller, "POST", path, {"id": host["id"], "disassociate": True})[0] == 204
    assert ask(controller, "GET", path)[1]["count"] == 0
    assert ask(controller, "DELETE", inventory["url"])[0] == 202  # in the background, as AWX does it
    assert ask(controller, "GET", inventory["url"])[1]["pending_deletion"]
    assert ask(controller, "GET", "/api/v2/hosts/")[1]["count"] == 0
    assert ask(controller, "GET", inventory["url"])[0] == 404


def test_a_workflow_has_no_circle(controller):
    workflow = made(controller, "workflow_job_templates", name="w", organization=1)
    first, second = (
        made(controller, "workflow_job_template_nodes", identifier=name, workflow_job_template=workflow["id"])
        for name in ("a", "b")
    )
    assert ask(controller, "POST", first["related"]["success_nodes"], {"id": second["id"]})[0] == 204
    assert ask(controller, "POST", first["related"]["failure_nodes"], {"id": second["id"]})[0] == 400
    assert ask(controller, "POST", second["related"]["always_nodes"], {"id": first["id"]})[1] == {
        "Error": "Cycle detected."
    }


def test_two_credentials_of_a_type_do_not_fit_one_job(controller):
    project, inventory = site(controller)
    template = made(
        controller,
        "job_templates",
        name="t",
        project=project["id"],
        inventory=inventory["id"],
        playbook="playbooks/site.yml",
    )
    path = template["related"]["credentials"]
    ids = [made(controller, "credentials", name=name, credential_type=1, organization=1)["id"] for name in "ab"]
    assert ask(controller, "POST", path, {"id": ids[0]})[0] == 204
    assert "Cannot assign multiple Machine" in str(ask(controller, "POST", path, {"id": ids[1]}))


def test_an_inventory_source_is_what_awx_takes(controller):
    project, inventory = site(controller)
    one = {"name": "s", "inventory": inventory["id"], "source": "scm"}
    assert "source_project" in refused(controller, "inventory_sources", **one)
    one.update(source_project=project["id"])
    assert "prohibited" in str(refused(controller, "inventory_sources", **one, source_vars='{"HOME": "/"}'))
    login = made(controller, "credentials", name="c", credential_type=1, organization=1)
    assert "disallowed" in str(refused(controller, "inventory_sources", **one, credential=login["id"]))
    made(controller, "inventory_sources", **one)


def update_of(controller, project):
    """The end of a project's running update."""
    number = ask(controller, "GET", project["url"])[1]["summary_fields"]["current_update"]["id"]
    for _ in range(5):
        status, update = ask(controller, "GET", f"/api/v2/project_updates/{number}/")
        if status == 200 and update["finished"]:
            return update
    raise AssertionError("it does not end")


def test_a_project_is_failed_until_an_update_succeeds_and_keeps_its_playbooks(controller):
    controller.store.update_lasts = 2
    project, inventory = site(controller)
    assert update_of(controller, project)["status"] == "successful"
    path = f"/api/v2/projects/{project['id']}/"
    found = ask(controller, "GET", path + "playbooks/")[1]
    assert found and ask(controller, "PATCH", path, {"scm_branch": "v9"})[0] == 200
    update = update_of(controller, project)
    assert update["status"] == "failed" and ask(controller, "GET", path)[1]["status"] == "failed"
    events = ask(controller, "GET", f"/api/v2/project_updates/{update['id']}/events/?event=runner_on_failed")[1]
    assert events["results"][0]["event_data"]["res"]["msg"] == "Failed to checkout v9"
    assert ask(controller, "GET", path + "playbooks/")[1] == found
    template = made(
        controller, "job_templates", name="t", project=project["id"], inventory=inventory["id"], playbook=found[0]
    )
    launch = template["related"]["launch"]
    assert ask(controller, "GET", launch)[1]["variables_needed_to_start"] == []  # which does not tell
    assert ask(controller, "POST", launch, {}) == (
        400,
        {"playbook": ["Missing a revision to run due to failed project update."]},
    )
    controller.store.branches.add("v9")
    status, update = ask(controller, "POST", path + "update/", {})
    assert status == 202 and update["id"] == update["project_update"]
    assert update_of(controller, project)["status"] == "successful"
    assert ask(controller, "POST", launch, {})[0] == 201


def test_a_launch_takes_answers_and_drops_what_is_not_asked(controller):
    template = surveyed(controller)
    launch, survey = template["related"]["launch"], template["related"]["survey_spec"]
    spec = {"name": "", "description": "", "spec": [QUESTION]}
    free = {**spec, "spec": [{**QUESTION, "required": False}]}
    assert ask(controller, "POST", survey, spec)[0] == 200
    assert ask(controller, "GET", launch)[1]["variables_needed_to_start"] == ["'v' value missing"]
    assert ask(controller, "POST", launch, {})[1] == {"variables_needed_to_start": ["'v' value missing"]}
    workflow = made(controller, "workflow_job_templates", name="w", organization=1)
    node = made(
        controller,
        "workflow_job_template_nodes",
        identifier="a",
        workflow_job_template=workflow["id"],
        unified_job_template=template["id"],
    )
    told = ask(controller, "GET", workflow["related"]["launch"])[1]
    assert told["node_prompts_rejected"] == [node["id"]]
    assert ask(controller, "POST", survey, free)[0] == 200
    assert ask(controller, "GET", workflow["related"]["launch"])[1]["node_prompts_rejected"] == []
    assert ask(controller, "POST", launch, {})[1]["extra_vars"] == {"v": 1}
    status, job = ask(controller, "POST", launch, {"extra_vars": {"v": 2, "other": 3}, "limit": "a"})
    assert status == 201 and job["extra_vars"] == {"v": 2}
    assert job["ignored_fields"] == {"limit": "a", "extra_vars": {"other": 3}} and job["limit"] == ""
    assert ask(controller, "POST", launch, {"extra_vars": {"v": "2"}})[0] == 400


def test_nothing_is_deleted_that_a_job_uses(controller):
    project, inventory = site(controller)
    one = {"project": project["id"], "inventory": inventory["id"], "playbook": "playbooks/heal.yml"}
    template = made(controller, "job_templates", name="t", **one)
    job = ask(controller, "POST", template["related"]["launch"], {})[1]
    for thing in (project, inventory, template):
        status, body = ask(controller, "DELETE", thing["url"])
        assert status == 409 and body["error"] == "Resource is being used by running jobs."
    path = f"/api/v2/unified_jobs/?unified_job_template__in={template['id']},99&status__in=pending,running"
    assert [one["id"] for one in ask(controller, "GET", path)[1]["results"]] == [job["id"]]
    assert ask(controller, "GET", f"/api/v2/jobs/?inventory={inventory['id']}&status__in=running")[1]["count"] == 0
    controller.store.jobs.end()
    assert ask(controller, "DELETE", template["url"])[0] == 204


def test_an_inventory_is_deleted_in_the_background(controller):
    controller.store.deletion_lasts = 3
    _, inventory = site(controller)
    assert ask(controller, "DELETE", inventory["url"])[0] == 202
    status, body = ask(controller, "DELETE", inventory["url"])
    assert status == 400 and body["error"] == "Inventory is already pending deletion."
    listed = ask(controller, "GET", "/api/v2/inventories/?name=i")[1]["results"]
    assert [one["pending_deletion"] for one in listed] == [True]
    assert ask(controller, "PATCH", inventory["url"], {"description": "lost"})[0] == 200
    assert ask(controller, "GET", "/api/v2/inventories/?name=i")[1]["count"] == 0


def test_the_administrator_of_an_organization_does_not_administer_awx(controller):
    other = made(controller, "organizations", name="Other")
    type_ = made(controller, "credential_types", name="t", kind="cloud", inputs=FIELDS)
    theirs = made(controller, "inventories", name="theirs", organization=1)
    controller.token = controller.make_token(rights.User("chief", other["id"]))
    assert not ask(controller, "GET", "/api/v2/me/")[1]["results"][0]["is_superuser"]
    image = {"name": "e", "image": "a/b", "organization": other["id"]}
    for table, data in (("credential_types", {"name": "u", "kind": "cloud"}), ("execution_environments", image)):
        assert ask(controller, "POST", f"/api/v2/{table}/", data)[0] == 403
    assert ask(controller, "PATCH", type_["url"], {"name": "u"})[0] == 403
    assert ask(controller, "GET", theirs["url"])[0] == 404
    assert ask(controller, "GET", "/api/v2/inventories/")[1]["count"] == 0
    assert ask(controller, "POST", "/api/v2/inventories/", {"name": "x", "organization": 1})[0] == 403
    mine = made(controller, "inventories", name="mine", organization=other["id"])
    assert mine["summary_fields"]["user_capabilities"] == {"edit": True, "delete": True}
    host = made(controller, "hosts", name="h", inventory=mine["id"])
    assert ask(controller, "DELETE", host["url"])[0] == 204
    shown = ask(controller, "GET", type_["url"])[1]
    assert shown["summary_fields"]["user_capabilities"]["delete"] is False
    controller.token = controller.make_token(rights.User("reader", other["id"], administers=False))
    assert ask(controller, "PATCH", mine["url"], {"description": "x"})[0] == 403


def test_an_inventory_source_is_updated_while_its_project_can_be(controller):
    project, inventory = site(controller)
    source = made(
        controller, "inventory_sources", name="s", inventory=inventory["id"], source="scm", source_project=project["id"]
    )
    status, update = ask(controller, "POST", source["related"]["update"], {})
    assert status == 202 and update["inventory_update"]
    assert ask(controller, "POST", source["related"]["hosts"], {"id": 1})[0] == 405
    controller.store.repositories.clear()
    status, update = ask(controller, "POST", source["related"]["update"], {})
    assert status == 400 and "inventory_update" not in update

"""AWX as code, on a stand-in of its API: everything comes to be, once, and no secret is seen on the way."""

import json
import re

import pytest
from awx_site import FEW, KEY, ROOT, SECRETS, SITE, URL

from lab.controller import rights, server


@pytest.fixture(scope="module")
def first(controller, play):
    done = play(controller, "setup", "-vvvv")
    assert done.returncode == 0, done.said[-3000:]
    # People of another organization have things of the same names, where AWX lets them.
    store = controller.store
    other = {"organization": store.create("organizations", {"name": "Other"})["id"]}
    store.create("credentials", {"name": "ZBS hosts", "credential_type": 1, **other})
    store.create("inventories", {"name": "ZBS hosts", **other})
    store.create("projects", {"name": "ZBS project", "scm_type": "git", "scm_url": URL, **other})
    store.create("notification_templates", {"name": "Storage on duty", "notification_type": "webhook", **other})
    for _ in range(3):
        store.pass_time()
    return done


def changed(done):
    return int(re.search(r"changed=(\d+) ", done.stdout).group(1))


def test_a_second_run_changes_nothing(controller, play, first):
    assert changed(first) > 10
    before = controller.store.dump()
    controller.requests.clear()
    again = play(controller, "setup", "-vvvv")
    assert again.returncode == 0 and changed(again) == 0, again.said[-3000:]
    assert controller.store.dump() == before
    assert {line.split()[0] for line in controller.requests} == {"GET"}
    for done in (first, again):
        for name, secret in SECRETS.items():
            for part in secret.strip().splitlines() if secret == KEY else [secret]:
                if "-----" not in part:
                    assert part not in done.said, name


def test_every_template_can_be_launched_without_answers(controller, first):
    jobs = controller.store.jobs
    for table, things in (("job_templates", 5), ("workflow_job_templates", 1)):
        assert len(controller.store.tables[table]) == things
        for number in controller.store.tables[table]:
            assert jobs.launch(table, number, {})["ignored_fields"] == {}
            assert not jobs.asked(table, number).get("node_prompts_rejected")
    jobs.end()


def test_the_administrator_of_the_organization_may_set_up_again(controller, play, first):
    done = play(controller, "setup", user=rights.User("chief", 1))
    assert done.returncode == 0 and changed(done) == 0, done.said[-3000:]
    image = {"zbs_awx_image": "registry.example.com/zbs/ee:next"}
    done = play(controller, "setup", variables=image, user=rights.User("chief", 1))
    assert done.returncode != 0 and "chief may not make or change the execution environment" in done.said


def test_another_organization_needs_another_prefix(controller, play, first):
    before = controller.store.dump()
    done = play(controller, "setup", variables={"zbs_awx_organization": "Other", "zbs_awx_notify_failed": []})
    assert done.returncode != 0 and "of another organization (id 1) of this AWX" in done.said
    done = play(controller, "remove", variables={"zbs_awx_organization": "Other"})
    theirs = {"inventories", "projects", "credentials"}
    assert done.returncode == 0, done.said[-3000:]
    assert "the type of credentials 'ZBS zbsadm login' stays" in done.said
    now = json.loads(controller.store.dump())
    for table, things in json.loads(before)[0].items():
        gone = set(things) - set(now[0][table])
        assert all(things[one]["organization"] == 2 for one in gone) and (table in theirs or not gone)


def test_check_mode_predicts_that_and_writes_nothing(controller, play, first):
    controller.requests.clear()
    done = play(controller, "setup", "--check")
    assert done.returncode == 0 and changed(done) == 0, done.said[-3000:]
    assert {line.split()[0] for line in controller.requests} == {"GET"}


def test_no_secret_is_in_an_address(controller, first):
    for line in controller.requests:
        assert not any(secret in line for secret in SECRETS.values())


def test_the_credentials_are_what_was_wanted(controller, first):
    store = controller.store
    machine = store.named("credentials", "ZBS hosts")
    assert machine["inputs"] == {
        "username": "root",
        "ssh_key_data": KEY,
        "become_password": SECRETS["zbs_awx_become_password"],
    }
    assert store.named("credentials", "ZBS zbsadm")["inputs"] == {
        "username": "zbsdeploy",
        "password": SECRETS["zbs_awx_zbsadm_password"],
        "cbd_only": False,
    }
    zstack = store.named("credentials", "ZBS ZStack")
    assert zstack["inputs"] == {"account": "admin", "password": SECRETS["zbs_awx_zstack_password"]}
    assert "$encrypted$" in json.dumps(store.shown("credentials", zstack))
    assert store.named("credentials", "ZBS guard")["inputs"] == {"token": SECRETS["zbs_awx_node_tell_token"]}
    injectors = store.named("credential_types", "ZBS guard login")["injectors"]
    assert injectors == {"extra_vars": {"zbs_vhost_node_tell_token": "{{ token }}"}}
    injectors = store.named("credential_types", "ZBS zbsadm login")["injectors"]
    assert injectors == {
        "extra_vars": {
            "zbs_vhost_target_ssh_username": "{{ '' if cbd_only else username }}",
            "zbs_vhost_target_ssh_password": "{{ '' if cbd_only else password }}",
            "zbs_vhost_heal_cbd_ssh_username": "{{ username }}",
            "zbs_vhost_heal_cbd_ssh_password": "{{ password }}",
        }
    }


def test_the_job_templates_are_what_was_wanted(controller, first):
    store = controller.store
    project = store.named("projects", "ZBS project")
    assert (project["scm_url"], project["scm_branch"], project["scm_update_on_launch"]) == (URL, "main", False)
    machine, zbsadm, guard = (
        store.named("credentials", name)["id"] for name in ("ZBS hosts", "ZBS zbsadm", "ZBS guard")
    )
    # The token for those that put the node part on hosts; zbsadm has no part in that.
    logins = {"ZBS site": [machine, zbsadm, guard], "ZBS node": [machine, guard]}
    playbooks = {}
    for template in store.tables["job_templates"].values():
        playbooks[template["name"]] = template["playbook"]
        assert not template["allow_simultaneous"] and template["job_slice_count"] == 1 and template["timeout"] >= 600
        assert template["inventory"] == store.named("inventories", "ZBS hosts")["id"]
        assert (
            template["execution_environment"]
            == store.named("execution_environments", "ZBS execution environment")["id"]
        )
        wanted = logins.get(template["name"], [machine, zbsadm])
        assert sorted(store.linked("job_templates", template["id"], "credentials")) == sorted(wanted)
    names = ("site", "health", "heal", "remove", "node")
    assert playbooks == {"ZBS %s" % name: "playbooks/%s.yml" % name for name in names}
    heal, remove = (store.named("job_templates", name) for name in ("ZBS heal", "ZBS remove"))
    assert heal["use_fact_cache"] and not store.named("job_templates", "ZBS site")["use_fact_cache"]
    assert heal["limit"] == "" and remove["limit"] == "!all"
    assert store.linked("job_templates", heal["id"], "notification_templates_error") == [1]
    survey = store.surveys["job_templates", store.named("job_templates", "ZBS site")["id"]]
    assert "zbs_vhost_target_restart" in {question["variable"] for question in survey["spec"]}
    (asked,) = store.surveys["job_templates", store.named("job_templates", "ZBS node")["id"]]["spec"]
    assert (asked["variable"], asked["default"], asked["required"]) == ("zbs_vhost_node_state", "present", False)
    # What the clock launches answers nothing, and is no event.
    (asked,) = store.surveys["job_templates", heal["id"]]["spec"]
    assert (asked["variable"], asked["default"], asked["required"]) == ("zbs_vhost_heal_by_event", "false", False)


def test_the_schedules_are_what_was_wanted(controller, first):
    store = controller.store
    tick = store.named("schedules", "ZBS heal every minute")
    assert tick["unified_job_template"] == store.named("job_templates", "ZBS heal")["id"]
    assert tick["rrule"].endswith("RRULE:FREQ=MINUTELY;INTERVAL=1") and tick["enabled"]
    sync = store.named("schedules", "ZBS hosts from ZStack, by the clock")
    assert sync["unified_job_template"] == store.named("inventory_sources", "ZBS hosts from ZStack")["id"]
    assert sync["rrule"].endswith("RRULE:FREQ=MINUTELY;INTERVAL=15")


def test_the_inventory_is_what_was_wanted(controller, first):
    store = controller.store
    inventory = store.named("inventories", "ZBS hosts")
    assert json.loads(inventory["variables"]) == {"zbs_vhost_heal_node": True, **SITE["zbs_awx_variables"]}
    for group, host, address in (("zbs_admin", "mds1", "10.0.0.10"), ("zbs_vhost", "kvm1", "10.0.0.11")):
        number = store.named("groups", group)["id"]
        assert store.linked("groups", number, "hosts") == [store.named("hosts", host)["id"]]
        assert json.loads(store.named("hosts", host)["variables"]) == {"ansible_host": address}
    source = store.named("inventory_sources", "ZBS hosts from ZStack")
    assert (source["source"], source["source_path"]) == ("scm", "playbooks/awx/zbs.zstack.yml")
    assert source["overwrite"] and not source["update_on_launch"]
    assert source["credential"] == store.named("credentials", "ZBS ZStack")["id"]
    told = json.loads(source["source_vars"])
    assert (told["ZSTACK_URL"], told["ZSTACK_SSH_USERNAME"]) == (SITE["zbs_awx_zstack_url"], "root")


def test_the_workflow_is_what_was_wanted(controller, first):
    store = controller.store
    nodes = store.tables["workflow_job_template_nodes"]
    assert {node["workflow_job_template"] for node in nodes.values()} == {
        store.named("workflow_job_templates", "ZBS site, health and heal")["id"]
    }
    edges = {
        (nodes[number]["identifier"], path, nodes[child]["identifier"])
        for (table, number, path), ids in store.links.items()
        if table == "workflow_job_template_nodes"
        for child in ids
    }
    assert edges == {
        ("site", "always_nodes", "health"),
        ("health", "failure_nodes", "heal"),
        ("heal", "always_nodes", "verdict"),
    }
    runs = {node["identifier"]: store.unified(node["unified_job_template"])[1]["name"] for node in nodes.values()}
    assert runs == {"site": "ZBS site", "health": "ZBS health", "heal": "ZBS heal", "verdict": "ZBS health"}
    verdict = next(node for node in nodes.values() if node["identifier"] == "verdict")
    assert verdict["extra_data"] == {"zbs_vhost_health_fail_on": "down"}


def test_a_secret_is_written_again_when_that_is_asked_for(controller, play, first):
    other = {"zbs_awx_zbsadm_password": "another-Pa55"}
    done = play(controller, "setup", variables={**other, "zbs_awx_update_secrets": "true"})
    assert done.returncode == 0 and changed(done) > 0, done.said[-3000:]
    assert controller.store.named("credentials", "ZBS zbsadm")["inputs"]["password"] == "another-Pa55"


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"zbs_awx_image": ""}, "zbs_awx_image is empty; give the image"),
        ({"zbs_awx_zstack_account": ""}, "is not one whole one; give zbs_awx_zstack_account"),
        ({"zbs_awx_zbsadm_username": ""}, "is empty; give both or none"),
        ({"zbs_awx_heal_timeout": "5"}, "zbs_awx_heal_timeout is 5; give 60 or more"),
        ({"zbs_awx_forks": "many"}, "zbs_awx_forks"),
        (
            {"zbs_awx_variables": {"zbs_vhost_node_tell_token": "guard-T0ken-in-the-open"}},
            "zbs_vhost_node_tell_token is in zbs_awx_variables, which everybody who may see the inventory can read; give it as",
        ),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_asked(controller, play, first, variables, words):
    controller.requests.clear()
    done = play(controller, "setup", "-vvvv", variables=variables)
    assert done.returncode != 0 and words in " ".join(done.said.split())
    assert controller.requests == []
    assert not any(secret in done.said for secret in SECRETS.values())


def test_a_controller_that_refuses_the_login_or_is_not_there(controller, play, first):
    login = {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": server.USERNAME}
    done = play(controller, "setup", "-vvvv", CONTROLLER_PASSWORD="not-the-Pa55word", **login)
    assert done.returncode != 0 and "Failed to get token: HTTP Error 401" in done.said
    assert "not-the-Pa55word" not in done.said
    done = play(controller, "setup", CONTROLLER_PASSWORD=server.PASSWORD, CONTROLLER_HOST="http://127.0.0.1:9", **login)
    assert done.returncode != 0 and "Connection refused" in done.said


def test_a_project_without_the_playbooks_is_not_taken(controller, play, first):
    done = play(
        controller, "setup", variables={"zbs_awx_prefix": "Other", "zbs_awx_scm_url": "https://git.example.com/no"}
    )
    assert done.returncode != 0 and "so no template can be launched: Failed to download remote" in done.said


def test_a_name_and_a_password_do_as_well_and_no_token_is_left(play):
    with server.Standin({URL: ROOT}) as fresh:
        few = {**FEW, "zbs_awx_heal_enabled": "false", "zbs_awx_ssh_private_key": KEY.replace("\n", "\r\n")}
        login = {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": server.USERNAME}
        done = play(fresh, "setup", variables=few, CONTROLLER_PASSWORD=server.PASSWORD, **login)
        assert done.returncode == 0, done.said[-3000:]
        # The one that `play` made for whoever wants it; those of the modules are given back.
        assert len(fresh.tokens) == 1
        assert not fresh.store.tables["inventory_sources"]
        # The node part is off unless it is asked for.
        assert sorted(one["name"] for one in fresh.store.tables["job_templates"].values()) == [
            "ZBS heal",
            "ZBS health",
            "ZBS remove",
            "ZBS site",
        ]
        assert json.loads(fresh.store.named("inventories", "ZBS hosts")["variables"]) == SITE["zbs_awx_variables"]
        types = [one["name"] for one in fresh.store.tables["credential_types"].values()]
        assert "ZBS zbsadm login" in types and "ZBS guard login" not in types
        assert not fresh.store.named("schedules", "ZBS heal every minute")["enabled"]
        machine = fresh.store.named("credentials", "ZBS hosts")
        assert machine["inputs"]["ssh_key_data"] == KEY  # and not with the line ends of Windows
        site = fresh.store.named("job_templates", "ZBS site")["id"]
        assert fresh.store.linked("job_templates", site, "credentials") == [machine["id"]]


def test_before_the_first_setup(play):
    """Check mode tells what is missing; somebody who may not is told what; a git server that is away is told in one sentence."""
    with server.Standin({}) as fresh:
        before = fresh.store.dump()
        done = play(fresh, "setup", "--check")
        assert done.returncode == 0 and changed(done) == 1 and "template 'ZBS heal'" in done.stdout
        done = play(fresh, "setup", user=rights.User("chief", 1))
        assert done.returncode != 0 and "chief may not make or change the type of credentials" in done.said
        assert fresh.store.dump() == before
        done = play(fresh, "setup")
        (sentence,) = {line for line in done.stdout.splitlines() if "[ERROR]" in line}
        assert done.returncode != 0 and re.search(
            r"The update \d of the project 'ZBS project' ended as failed", sentence
        )
        assert "so no template can be launched: Failed to download remote objects and refs" in sentence
        # As long as that lasts no setup is well; once git is back, the next one has the project updated.
        done = play(fresh, "setup")
        assert done.returncode != 0 and "ended as failed, so no template can be launched" in done.said
        fresh.store.repositories[URL] = ROOT
        done = play(fresh, "setup")
        assert done.returncode == 0, done.said[-3000:]
        project = fresh.store.named("projects", "ZBS project")
        assert project["status"] == "successful"
        # It fails later, behind the back of the setup: what is there is not reported as fine.
        project["status"] = "failed"
        assert changed(play(fresh, "setup", "--check")) == 1
        done = play(fresh, "setup")
        assert (done.returncode, changed(done), project["status"]) == (0, 1, "successful")


def test_remove_takes_all_of_it_away_and_nothing_else(play):
    with server.Standin({URL: ROOT}) as fresh:
        store = fresh.store
        other = store.create("inventories", {"name": "Somebody else's", "organization": 1})
        before = {table: set(things) for table, things in store.tables.items()}
        assert play(fresh, "setup").returncode == 0
        store.jobs.start("job_templates", store.named("job_templates", "ZBS heal")["id"], "running")
        whole = store.dump()
        done = play(fresh, "remove")
        assert done.returncode != 0 and "AWX has jobs of it: ZBS heal (job 101, running)" in done.said
        assert store.dump() == whole
        store.jobs.end()
        done = play(fresh, "remove", "--check")
        assert done.returncode == 0 and changed(done) == 1 and store.dump() == whole
        store.deletion_lasts = 400
        done = play(fresh, "remove", variables={"zbs_awx_timeout": 2})
        assert done.returncode == 0 and changed(done) == 1, done.said[-3000:]
        assert "AWX still deletes the inventory 'ZBS hosts'" in done.said
        store._dying = dict.fromkeys(store._dying, 20)
        again = play(fresh, "remove")
        assert again.returncode == 0 and changed(again) == 0, again.said[-3000:]
        assert {table: set(things) for table, things in store.tables.items()} == before
        assert other["id"] in store.tables["inventories"]

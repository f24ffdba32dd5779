"""What the role zbs_awx says of other parts of the collection is true: variables, choices, defaults, playbooks."""

import re
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx.site import BY_SWITCH, LOGINS, ORDER, needed

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/zbs_awx"


class _Loader(yaml.SafeLoader):
    """Knows Ansible's tag for texts that are no templates."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)


def load(path):
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


OPTIONS = {
    name: option
    for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    for entry in load(path)["argument_specs"].values()
    for name, option in entry.get("options", {}).items()
}
SURVEYS = load(ROLE / "vars/surveys.yml")
QUESTIONS = [question for survey in SURVEYS.values() for question in survey["spec"]]
VARS = load(ROLE / "vars/main.yml")
#: Of playbooks, which no role documents: {variable: default}.
OF_PLAYBOOKS = {
    "zbs_vhost_serial": "100%",
    "zbs_vhost_health_fail_on": "never",
    "zbs_vhost_health_compare_zstack": "false",
    "zbs_vhost_remove_hugepages": "false",
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["variable"])
def test_a_question_is_about_a_variable_and_starts_with_its_default(question):
    name = question["variable"]
    if name in OF_PLAYBOOKS:
        used = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("playbooks/*.yml"))
        assert re.search(r"\b%s \| default\('?%s'?\)" % (name, OF_PLAYBOOKS[name]), used)
        assert question["default"] == OF_PLAYBOOKS[name]
        return
    option = OPTIONS[name]
    plain = {True: "true", False: "false"}.get(option["default"], option["default"])
    assert question["default"] == plain
    if option["type"] == "bool":
        assert question["choices"] == ["false", "true"]
    elif "choices" in option:
        assert question["choices"] == option["choices"]
    else:
        assert option["type"] == "int" and question["type"] == "integer"


def test_what_a_credential_injects_is_what_the_role_and_the_inventory_take():
    for kind in ("zbsadm", "guard"):
        assert set(VARS["__zbs_awx_%s_injectors" % kind]) == {"extra_vars"}
        for name in VARS["__zbs_awx_%s_injectors" % kind]["extra_vars"]:
            assert name in OPTIONS
    documented = (ROOT / "plugins/inventory/zstack.py").read_text(encoding="utf-8")
    for name in VARS["__zbs_awx_zstack_injectors"]["env"]:
        assert "- name: %s\n" % name in documented
    for kind in LOGINS:
        ids = {field["id"] for field in VARS["__zbs_awx_%s_inputs" % kind]["fields"]}
        injected = {name for part in VARS["__zbs_awx_%s_injectors" % kind].values() for name in part.values()}
        assert {
            name for text in injected for name in re.findall(r"[a-z_]+", re.sub(r"''|\bif\b|\belse\b", "", text))
        } == ids


@pytest.mark.parametrize("cbd_only", [False, True, None])
def test_a_login_for_cbd_alone_is_none_for_the_target(cbd_only):
    """Newer releases of zbsadm refuse a login for the target; AWX has no value for a box that was never ticked."""
    given = {"username": "root", "password": "Pa55", **({} if cbd_only is None else {"cbd_only": cbd_only})}
    injected = {
        name: jinja2.Template(text).render(given)
        for name, text in VARS["__zbs_awx_zbsadm_injectors"]["extra_vars"].items()
    }
    for part, value in (("username", "root"), ("password", "Pa55")):
        assert injected["zbs_vhost_heal_cbd_ssh_%s" % part] == value
        assert injected["zbs_vhost_target_ssh_%s" % part] == ("" if cbd_only else value)


def test_a_tick_may_take_as_long_in_awx_as_under_the_timer():
    assert OPTIONS["zbs_awx_heal_timeout"]["default"] == OPTIONS["zbs_vhost_heal_timer_deadline"]["default"]


def test_every_secret_is_marked():
    for name, option in OPTIONS.items():
        assert bool(option.get("no_log")) == bool(re.search(r"password|_private_key$|_secret$|_token$", name)), name


def test_every_object_that_is_named_is_known_to_the_steps():
    """By its word: what the role names is what a removal looks for."""
    assert set(VARS["__zbs_awx_name"]) == set(ORDER)
    taken = {
        task["zstack.zbs.zbs_awx_site"]["step"]
        for task in load(ROLE / "tasks/absent.yml")
        if "zstack.zbs.zbs_awx_site" in task
    }
    assert taken == {"remove"}


def test_the_node_part_is_off_unless_it_is_asked_for():
    assert OPTIONS["zbs_awx_node"]["default"] is False
    off = dict.fromkeys(BY_SWITCH, False)
    assert not {"node", "guard", "type_guard"} & set(needed(off))
    assert needed(dict.fromkeys(BY_SWITCH, True)) == list(ORDER)
    # One name for it, in the tick, in the playbook site and in what a setup says to both.
    assert "zbs_vhost_heal_node" in OPTIONS
    for path in ("playbooks/site.yml", "roles/zbs_awx/tasks/inventory.yml", "plugins/action/zbs_vhost_tick.py"):
        assert "zbs_vhost_heal_node" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("node", [False, "false", True, "true"])
@pytest.mark.parametrize("token", ["", None, "t0ken"])
def test_the_token_is_given_with_the_node_part_alone(node, token):
    environment = jinja2.Environment()
    environment.filters["bool"] = lambda value: value in (True, "true", "True")
    given = environment.from_string(VARS["__zbs_awx_guard_given"]).render(
        zbs_awx_node=node, zbs_awx_node_tell_token=token
    )
    assert given == str(node in (True, "true") and token == "t0ken")


#: Modules of awx.awx that look a name up in the organization that they are given, by the option that holds the name.
IN_THE_ORGANIZATION = {
    ("job_template", "project"),
    ("inventory_source", "source_project"),
    ("schedule", "unified_job_template"),
}


def tasks_of_awx():
    for path in sorted((ROLE / "tasks").glob("*.yml")):
        for task in load(path):
            for key, options in task.items():
                if key.startswith("awx.awx."):
                    yield key.removeprefix("awx.awx."), options


@pytest.mark.parametrize(
    "module, options", list(tasks_of_awx()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_another_object_hangs_on_is_given_by_its_id(module, options):
    """A name alone may be another organization's: awx.awx looks it up everywhere, and finds two or the wrong one."""
    for option in ("inventory", "project", "source_project", "credential", "credentials", "execution_environment"):
        if (module, option) not in IN_THE_ORGANIZATION:
            assert "__zbs_awx_name" not in str(options.get(option)), option
    for option in ("credential_type", "default_environment", "notification_templates_error", "unified_job_template"):
        if (module, option) not in IN_THE_ORGANIZATION:
            assert not re.search(r"__zbs_awx_name|zbs_awx_notify", str(options.get(option))), option


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["variable"])
def test_a_question_has_a_default_and_wants_no_answer(question):
    """AWX refuses a launch, a schedule or a node that leaves one out that is required, default or not."""
    assert question["required"] is False and question["default"] not in (None, "")

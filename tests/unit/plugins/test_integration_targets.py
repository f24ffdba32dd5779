"""Every module has an integration target, and each of them calls it four times and has it refuse bad input."""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils import _module
from ansible_collections.zstack.zbs.plugins.plugin_utils._awx import site
from ansible_collections.zstack.zbs.plugins.plugin_utils._tick import options

PLUGINS = Path(_module.__file__).parent.parent
TARGETS = PLUGINS.parent / "tests/integration/targets"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
COMMON = TARGETS / "setup_zbs"


def tasks_of(path):
    """Every task of a file of tasks or plays, those in blocks too."""
    found, left = [], list(yaml.safe_load(path.read_text(encoding="utf-8")))
    while left:
        item = left.pop(0)
        inner = [task for key in ("tasks", "block", "rescue", "always") for task in item.get(key) or []]
        found += [] if inner else [item]
        left = inner + left
    return found


def includes(target, file):
    """The tasks of a target that include a file of setup_zbs."""
    return [
        task
        for path in sorted(target.rglob("*.yml"))
        if path.parent.name == "tasks" or path.parent == target and path.name != "hosts.yml"
        for task in tasks_of(path)
        if (task.get("ansible.builtin.include_role") or {}).get("tasks_from") == file
    ]


def test_every_module_has_a_target_and_no_other_is_there():
    assert sorted(path.name for path in TARGETS.iterdir() if path != COMMON) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_target_has_its_module_called_four_times_and_refuse_bad_input(module):
    for file in ("four.yml", "refused.yml"):
        found = includes(TARGETS / module, file)
        assert found, file
        assert {task["vars"]["setup_zbs_module"] for task in found} == {"zstack.zbs." + module}
    assert all("setup_zbs_changes" in task["vars"] for task in includes(TARGETS / module, "four.yml"))


@pytest.mark.parametrize("module", MODULES)
def test_a_target_says_on_what_it_depends(module):
    target = TARGETS / module
    aliases = (target / "aliases").read_text(encoding="utf-8").splitlines()
    if (target / "runme.sh").exists():
        assert "needs/target/setup_zbs" in aliases
    else:
        assert yaml.safe_load((target / "meta/main.yml").read_text(encoding="utf-8")) == {"dependencies": ["setup_zbs"]}
    # What is done on the site's hosts is not for whoever has none.
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(target.rglob("*.yml")))
    if re.search(r"setup_zbs_admin|tasks_from: (up|alone)\.yml", text):
        assert {"unsupported", "destructive"} <= set(aliases)


def test_no_target_is_taken_for_a_role_of_the_collection():
    # ansible-test runs a target as a role, and looks for it in the collection first: the collection's own would run on the machine.
    roles = {path.name for path in (PLUGINS.parent / "roles").iterdir()}
    assert [name for name in MODULES if name in roles and not (TARGETS / name / "runme.sh").exists()] == []


def test_a_target_gives_its_action_plugin_everything_that_the_roles_give_it():
    tick = (TARGETS / "zbs_vhost_tick/tasks/main.yml").read_text(encoding="utf-8")
    assert [name for name in (*options.SETTINGS.values(), options.PROBES) if name + ":" not in tick] == []
    given = re.search(
        r"objects: >-\n(.*?)\n    names:", (TARGETS / "zbs_awx_site/test.yml").read_text(encoding="utf-8"), re.S
    )
    assert sorted(re.findall(r"\w+", given.group(1).replace(".split()", ""))) == sorted(site.ORDER)


def test_the_four_calls():
    calls = [task for task in tasks_of(COMMON / "tasks/four.yml") if "action" in task]
    assert [task["check_mode"] for task in calls] == [True, False, True, False]
    assert all(task["diff"] is True and task["register"] for task in calls)
    for key in ("action", "args", "delegate_to"):
        assert len({task[key] for task in calls}) == 1
    judged = tasks_of(COMMON / "tasks/four.yml")[-1]
    asked = " ".join(judged["ansible.builtin.assert"]["that"])
    assert "setup_zbs_words[0] == setup_zbs_words[1]" in asked and "setup_zbs_words[2] == setup_zbs_words[3]" in asked
    order = re.findall(r"setup_zbs_\w+", judged["vars"]["setup_zbs_calls"])
    assert order == [task["register"] for task in calls]
